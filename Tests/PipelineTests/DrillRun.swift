import Audio
import Bots
import Call
import Foundation

@testable import Pipeline

/// A call with the drill bot and a far end, in steps: it drains what it holds in real time, returns a mark
/// when it has played up to it, and throws all back when it is told to clear.
final class DrillRun {
    /// What the caller does in one step.
    enum Caller: Equatable {
        case quiet, speech
        /// Sends no message.
        case absent
    }

    private enum Held {
        case audio(ArraySlice<Int16>)
        case mark(String)
    }

    let call: CallRun
    /// What the caller heard; silence where the far end had nothing to play.
    private(set) var heard: [Int16] = []
    /// Messages that are no audio, in order.
    private(set) var words: [String] = []
    /// Marks that were returned because they were played.
    private(set) var confirmed: [String] = []
    /// Whether the far end returns marks.
    var returnsMarks = true
    var counters: CallCounters { call.engine.counters }
    private var held: [Held] = []
    private var samplesTaken = 0
    /// Units: milliseconds.
    private let stepTime: Int
    private let samplesPerStep: Int

    init(_ options: [String: String], dialect: FakeDialect = FakeDialect(), stepTime: Int = 20) throws {
        self.stepTime = stepTime
        samplesPerStep = dialect.outbound.samples(inMilliseconds: stepTime)
        let stream = StreamStart(
            provider: dialect.name, parameters: options, outbound: MediaFormat(.linear16, dialect.outbound))
        let bot = try DrillBot().pipeline(for: CallInfo(id: "1", stream: stream))
        call = CallRun(bot, dialect: dialect, limits: Self.limits)
        call.receive("start")
        take()
    }

    /// The caller may be silent for as long as a test likes.
    private static var limits: CallLimits {
        var limits = CallLimits()
        limits.idle = .seconds(100_000)
        return limits
    }

    func step(_ caller: Caller = .quiet, times: Int = 1) {
        for _ in 0..<times {
            call.advance(.milliseconds(stepTime))
            take()
            switch caller {
            case .quiet: call.receive("level:0")
            // -32 dBFS as a square wave counts.
            case .speech: call.receive("level:1000")
            case .absent: break
            }
            take()
            play()
        }
    }

    func press(_ key: String) {
        call.receive("key:\(key)")
        take()
    }

    var isOver: Bool { !call.ending.isEmpty || words.contains { $0.hasPrefix("finished") } }
    var clears: Int { words.filter { $0 == "clear" }.count }

    private func take() {
        for line in call.takeLines() {
            if line.hasPrefix("audio "), let count = Int(line.dropFirst(6)) {
                held.append(.audio(ArraySlice(Array(call.audio[samplesTaken..<samplesTaken + count]))))
                samplesTaken += count
            } else if line.hasPrefix("mark:") {
                held.append(.mark(line))
            } else if line == "clear" {
                words.append(line)
                clear()
            } else if !line.hasPrefix("log"), line != "admit" {
                words.append(line)
            }
        }
        returnMarks()
    }

    private func clear() {
        let marks = held.compactMap { if case .mark(let mark) = $0 { mark } else { nil } }
        held = []
        for mark in marks where returnsMarks { call.receive(mark) }
        take()
    }

    private func returnMarks() {
        while case .mark(let mark)? = held.first {
            held.removeFirst()
            guard returnsMarks else { continue }
            confirmed.append(String(mark.dropFirst(5)))
            call.receive(mark)
            take()
        }
    }

    private func play() {
        var wanted = samplesPerStep
        while wanted > 0, case .audio(let samples)? = held.first {
            heard += samples.prefix(wanted)
            if samples.count > wanted { held[0] = .audio(samples.dropFirst(wanted)) } else { held.removeFirst() }
            wanted -= min(wanted, samples.count)
            returnMarks()
        }
        heard += Array(repeating: 0, count: wanted)
    }
}

/// What a listener makes of the drill bot's tones: runs of one tone each, in windows of 10 ms, in which the tones of a voice do not
/// disturb each other. The segment number is known modulo 24.
struct HeardTones: Equatable {
    var runs: [Run] = []

    struct Run: Equatable {
        /// `nil` for silence.
        let tone: Int?
        /// Units: milliseconds.
        var milliseconds: Int
    }

    init(_ samples: [Int16], voice: Int) {
        for start in stride(from: 0, to: samples.count - 79, by: 80) {
            let tone = Self.tone(samples[start..<start + 80], voice)
            if runs.last?.tone == tone, !runs.isEmpty {
                runs[runs.count - 1].milliseconds += 10
            } else {
                runs.append(Run(tone: tone, milliseconds: 10))
            }
        }
    }

    /// Without silence.
    var tones: [Run] { runs.filter { $0.tone != nil } }

    private static func tone(_ samples: ArraySlice<Int16>, _ voice: Int) -> Int? {
        guard samples.contains(where: { $0 != 0 }) else { return nil }
        let powers = (0..<24).map { number in
            let step = 2 * Double.pi * Double(300 + 25 * (4 * number + voice)) / 8_000
            var (real, imaginary) = (0.0, 0.0)
            for (index, sample) in samples.enumerated() {
                real += Double(sample) * cos(step * Double(index))
                imaginary += Double(sample) * sin(step * Double(index))
            }
            return real * real + imaginary * imaginary
        }
        return powers.indices.max { powers[$0] < powers[$1] }
    }
}
