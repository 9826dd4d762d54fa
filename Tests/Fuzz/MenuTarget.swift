import Audio
import Bots
import Call
import Pipeline

extension FuzzTarget {
    /// A file, and behind a line `----` what happens in a call with it: a byte of a key presses it, the others are time and news.
    static let menu = FuzzTarget(
        name: "menu",
        seeds: {
            let events = Array("\n----\n1  2#tt..9a5  r..0h  ....k  i12".utf8)
            return (Fixtures.files("menus/bad", ".json") + Fixtures.files("menus/tones", ".json")).map { $0 + events }
                + Fixtures.findings("menu")
        },
        words: [
            "\"do\":", "\"play\"", "\"record\"", "\"play_back\"", "\"transfer\"", "\"menu\"", "\"hangup\"", "\"echo\"", "\"bot\"",
            "\"then\":", "\"after_retries\":", "\"prompt\":", "\"a.wav\"", "\"keys\":", "\"retries\":0", "\"trunkline_menu\":1",
            "----",
        ],
        longest: 8_192
    ) { bytes in
        let (file, events) = fileAndEvents(bytes)
        let wav = WAV(Tone(hertz: 500, rate: .hz8000).run).encoded()
        do throws(MenuError) {
            let plan = try MenuPlan(parsing: file, bots: ["echo"]) { _ in .success(wav) }
            expect(!plan.names.isEmpty, "a menu file without menus")
            walk(plan, events)
        } catch {
            expect(!error.mistakes.isEmpty && !error.description.isEmpty, "a file that is refused without a word")
        }
    }

    private static func fileAndEvents(_ bytes: [UInt8]) -> (file: [UInt8], events: ArraySlice<UInt8>) {
        let line = Array("\n----\n".utf8)
        let cut = bytes.indices.first { bytes[$0...].starts(with: line) }
        guard let cut else { return (bytes, []) }
        return (Array(bytes[..<cut]), bytes[(cut + line.count)...])
    }

    /// However a caller walks, the menu answers each event at once and never holds more than its lead.
    private static func walk(_ plan: MenuPlan, _ events: ArraySlice<UInt8>) {
        let call = CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fuzz")))
        guard let bot = try? MenuBot(plan).pipeline(for: call) else { broken("a menu refuses a call") }
        var pipeline = Pipeline(bot.processors)
        var now = Moment.zero
        var played = Moment.zero
        func settle() {
            var sink: [Frame] = []
            var source: [Frame] = []
            expect(pipeline.run(at: now, sink: &sink, source: &source), "the menu talks to itself")
            for frame in sink {
                if case .outputAudioRaw(let audio) = frame.content {
                    played = max(played, now) + .nanoseconds(audio.nanoseconds)
                }
                if case .interruption = frame.content { played = now }
            }
            expect(played - now < Playout.longestQueue, "the menu says more than playout holds")
        }
        pipeline.push(Frame(.start(call)), at: now)
        settle()
        for event in events.prefix(2_000) {
            if let content = content(event) {
                pipeline.push(Frame(content), at: now)
            } else {
                now = now + .milliseconds(pause(event))
            }
            settle()
            var wakes = 0
            while let wake = pipeline.wake, wake <= now {
                wakes += 1
                expect(wakes < 1_000, "the menu wants to be woken for ever at one moment")
                pipeline.wakeProcessors(at: now)
                settle()
                if let next = pipeline.wake, next <= now { now = now + .milliseconds(1) }
            }
        }
        pipeline.push(Frame(.cancel(.callerHungUp)), at: now)
        settle()
        expect(pipeline.wake == nil, "a call that is over wants to be woken")
    }

    private static func content(_ event: UInt8) -> Frame.Content? {
        switch event {
        case UInt8(ascii: "i"): .interruption
        case UInt8(ascii: "h"): .botStoppedSpeaking
        case UInt8(ascii: "t"): .inputAudioRaw(PCM16(samples: Array(repeating: 9_000, count: 1_600), rate: .hz8000))
        case UInt8(ascii: "q"): .inputAudioRaw(.silence(milliseconds: 200, rate: .hz8000))
        case UInt8(ascii: "r"): .transferAnswered(.refused(""))
        case UInt8(ascii: "k"): .transferAnswered(.accepted)
        case UInt8(ascii: "e"): .error("")
        case UInt8(ascii: "f"): .recordingChanged(.errored)
        case let other: KeypadEntry(rawValue: String(UnicodeScalar(other))).map { .inputDTMF($0) }
        }
    }

    /// Units: milliseconds.
    private static func pause(_ event: UInt8) -> Int { event == UInt8(ascii: ".") ? 1_000 : Int(event) * 4 }
}

extension Tone {
    /// A tenth of a second.
    fileprivate var run: PCM16 {
        var tone = self
        return tone.next(milliseconds: 100)
    }
}
