import Audio
import Call
import Pipeline
import Wire

@testable import Bots

/// A call with a menu and a far end that plays in real time, in steps of 20 ms.
///
/// The sound `7x500.wav` plays 500 ms of samples of the value 7, so that what was heard can be told: `7x500 0x100`.
final class MenuRun {
    private enum Held {
        case audio(ArraySlice<Int16>, isInterruptible: Bool)
        case utteranceEnd
    }

    static let step = 20
    private var pipeline: Pipeline
    private(set) var now = Moment.zero
    /// What left the menu beside audio, in order.
    private(set) var lines: [String] = []
    private(set) var notes: [[String: String]] = []
    private(set) var transfers: [TransferOrder] = []
    private var heardRuns: [(value: Int16, milliseconds: Int)] = []
    /// Most audio that was held at once. Units: milliseconds.
    private(set) var mostHeld = 0
    /// Whether the far end says what was heard.
    var confirms = true
    private var held: [Held] = []
    private var isOver = false

    init(_ menu: String, resumption: Resumption? = nil) throws {
        pipeline = Pipeline([Menu(try Self.plan(menu))])
        var call = CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake")))
        call.resumption = resumption
        push(.start(call))
    }

    /// - Parameter menu: the members of `menus`, and more.
    static func plan(_ menu: String, bots: [String] = ["echo"]) throws(MenuError) -> MenuPlan {
        let text = menu.hasPrefix("{") ? menu : #"{"trunkline_menu":1,"start":"main",\#(menu)}"#
        return try MenuPlan(parsing: Array(text.utf8), bots: bots) { name in
            let parts = name.dropLast(4).split(separator: "x").compactMap { Int($0) }
            guard parts.count == 2, let value = Int16(exactly: parts[0]) else { return .failure(MenuSoundError("no file \(name)")) }
            let samples = Array(repeating: value, count: 8 * parts[1])
            return .success(WAV(PCM16(samples: samples, rate: .hz8000)).encoded())
        }
    }

    func push(_ content: Frame.Content) {
        pipeline.push(Frame(content), at: now)
        run()
    }

    func press(_ keys: String) {
        for key in KeypadEntry.keys(in: keys) ?? [] { push(.inputDTMF(key)) }
    }

    /// The caller is heard all the time, at a level.
    func pass(_ milliseconds: Int, level: Int16? = nil) {
        for _ in 0..<milliseconds / Self.step {
            now = now + .milliseconds(Self.step)
            if let wake = pipeline.wake, wake <= now {
                pipeline.wakeProcessors(at: now)
                run()
            }
            if let level { push(.inputAudioRaw(PCM16(samples: Array(repeating: level, count: 8 * Self.step), rate: .hz8000))) }
            play()
        }
    }

    /// What was heard, silence as 0.
    var heard: String { heardRuns.map { "\($0.value)x\($0.milliseconds)" }.joined(separator: " ") }
    /// Without silence.
    var sounds: String { heardRuns.filter { $0.value != 0 }.map { "\($0.value)x\($0.milliseconds)" }.joined(separator: " ") }
    func forget() {
        heardRuns = []
        lines = []
    }

    private func run() {
        var sink: [Frame] = []
        var source: [Frame] = []
        if !pipeline.run(at: now, sink: &sink, source: &source) { lines.append("the pipeline talks to itself") }
        for frame in sink { take(frame) }
        mostHeld = max(mostHeld, heldMilliseconds)
    }

    private var heldMilliseconds: Int {
        held.reduce(0) { if case .audio(let samples, _) = $1 { $0 + samples.count / 8 } else { $0 } }
    }

    private func take(_ frame: Frame) {
        switch frame.content {
        case .outputAudioRaw(let audio): held.append(.audio(audio.samples[...], isInterruptible: frame.isInterruptible))
        case .ttsStopped: held.append(.utteranceEnd)
        case .interruption:
            lines.append("interruption")
            held.removeAll { if case .audio(_, let isInterruptible) = $0 { isInterruptible } else { true } }
        case .note(.bot(_, let values)): notes.append(values)
        case .transfer(let order):
            transfers.append(order)
            lines.append("transfer")
        case .handOver(let bot): lines.append("hand over to \(bot)")
        case .recording(let order): lines.append("recording \(order.word)")
        case .end(let word): lines.append("end \(word.rawValue)")
        case .cancel: isOver = true
        default: break
        }
    }

    private func play() {
        var wanted = 8 * Self.step
        var hasHeard = false
        while wanted > 0, let first = held.first {
            switch first {
            case .audio(let samples, let isInterruptible):
                let part = samples.prefix(wanted)
                for sample in part { note(sample, samples: 1) }
                wanted -= part.count
                held[0] = .audio(samples.dropFirst(part.count), isInterruptible: isInterruptible)
                if samples.count == part.count { held.removeFirst() }
            case .utteranceEnd:
                held.removeFirst()
                hasHeard = true
            }
        }
        if case .utteranceEnd? = held.first {
            held.removeFirst()
            hasHeard = true
        }
        note(0, samples: wanted)
        if hasHeard, confirms, !isOver { push(.botStoppedSpeaking) }
    }

    private var rest = 0

    private func note(_ value: Int16, samples: Int) {
        rest += samples
        guard rest >= 8 else { return }
        if heardRuns.last?.value == value {
            heardRuns[heardRuns.count - 1].milliseconds += rest / 8
        } else {
            heardRuns.append((value, rest / 8))
        }
        rest %= 8
    }
}
