import Audio
import Call

/// One expectation held against what was heard.
public struct Finding: Equatable, Sendable {
    /// As the scenario file spells the expectation; `script` for a caller who waited in vain, `network` for one that was too full.
    public let name: String
    public let expected: String
    public let got: String
    /// Where in the call, when there is a place. Units: milliseconds from the start of the stream.
    public let at: Double?
    public let isMet: Bool

    /// `stop_ms: expected at most 300, got 412, at 1.24 s`.
    public var sentence: String {
        let place = at.map { ", at \(ReportTable.fixed($0 / 1_000, 2)) s" } ?? ""
        return "\(name): expected \(expected), got \(got)\(place)"
    }
}

/// What is to be said of one rehearsed call.
public struct CallVerdict: Sendable {
    public let provider: PlayedProvider
    /// The call's name in the scenario; empty for the only one.
    public let call: String
    public let ending: CallEnding
    public let duration: Duration
    /// Everything that could be measured, in the order of ``Measure``.
    public let measures: [(measure: Measure, value: Double)]
    /// The numbered tones that were heard, in few words; `nil` when the bot says none.
    public let segments: String?
    public let findings: [Finding]
    /// What was heard, from the start of the stream.
    public let heard: PCM16

    public var failures: [Finding] { findings.filter { !$0.isMet } }
    public var hasPassed: Bool { failures.isEmpty }
}

extension RehearsedCall {
    /// Holds the call against its expectations. Final once the call is over.
    public var verdict: CallVerdict { Judge(self).verdict }
}

/// Measures one call and judges it.
private struct Judge {
    private let line: RehearsedCall
    private let report: CallReport
    private let hearing: Hearing
    private let expectations: [Expectation]
    private let pieces: [HeardPiece]?
    private let values: [Measure: (value: Double, at: Double?)]
    /// Units: milliseconds.
    private let segment: Double

    init(_ line: RehearsedCall) {
        self.line = line
        report = line.side.report
        hearing = Hearing(line.side.heard, line.ear)
        expectations = line.call.expectations(for: line.side.provider)
        segment = line.call.options["segment_ms"].flatMap { Double($0) } ?? 250
        pieces = expectations.contains(where: \.needsSegments) ? hearing.pieces : nil
        values = Measurement(line, report, hearing).values
    }

    var verdict: CallVerdict {
        var findings = expectations.map(finding)
        if !expectations.contains(where: { $0.name == "ending" }) { findings.append(ending(line.call.usualEnding)) }
        if let vain = line.caller.vain {
            findings.insert(
                Finding(
                    name: "script", expected: "a caller who gets to the end of the script", got: vain.words,
                    at: Double(vain.at.milliseconds), isMet: false), at: 0)
        }
        if line.lost > 0 {
            let most = NetworkWay.mostMessages
            findings.append(
                Finding(
                    name: "network", expected: "at most \(most) messages under way", got: "\(line.lost) more, which were dropped",
                    at: nil,
                    isMet: false))
        }
        return CallVerdict(
            provider: line.side.provider, call: line.call.name, ending: report.ending, duration: report.duration,
            measures: Measure.allCases.compactMap { measure in values[measure].map { (measure, $0.value) } },
            segments: pieces.map { HeardText.text($0, length: segment) }, findings: findings, heard: line.side.heard)
    }

    private func finding(_ expectation: Expectation) -> Finding {
        switch expectation {
        case .bound(let measure, let bound): return finding(measure, bound)
        case .segments(let pattern):
            let wrong = pattern.mismatch(pieces ?? [], length: segment)
            return segments("segments", "\(pattern)", wrong)
        case .wholeOnce(let range):
            return segments("whole_once", "\(range.lowerBound)-\(range.upperBound) each whole once", notWholeOnce(range))
        case .voice(let voice):
            let wrong = pieces?.first { $0.tone?.voice != voice }
            let got = wrong.map { piece in
                piece.tone.map { "voice \($0.voice), segment \($0.number) of another call" } ?? piece.text(segment)
            }
            return Finding(
                name: "voice", expected: "voice \(voice) alone", got: got ?? (pieces?.isEmpty == false ? "voice \(voice)" : "none"),
                at: wrong?.start, isMet: wrong == nil)
        case .tone(let hertz, let bound):
            let level = hearing.level(ofHertz: hertz)
            return Finding(
                name: "tone", expected: "\(Bound.text(hertz)) Hz at \(bound) dBFS", got: Bound.text(level), at: nil,
                isMet: bound.holds(level))
        case .exactEcho: return exactEcho
        case .keys(let keys):
            let got = line.side.keysFromServer
            return Finding(
                name: "keys", expected: keys.map(\.rawValue).joined(), got: got.map(\.rawValue).joined(), at: nil,
                isMet: got == keys)
        case .ending(let ending): return self.ending(ending)
        }
    }

    private func finding(_ measure: Measure, _ bound: Bound) -> Finding {
        guard let (value, at) = values[measure] else {
            return Finding(name: measure.rawValue, expected: "\(bound)", got: measure.absence, at: nil, isMet: false)
        }
        var got = Bound.text(value)
        if measure == .complaints, let entry = report.complaints.entries.first { got += " (\(entry.complaint))" }
        return Finding(name: measure.rawValue, expected: "\(bound)", got: got, at: at, isMet: bound.holds(value))
    }

    private func ending(_ ending: CallEnding) -> Finding {
        Finding(
            name: "ending", expected: ending.rawValue, got: report.ending.rawValue, at: Double(report.duration.milliseconds),
            isMet: report.ending == ending)
    }

    private func segments(_ name: String, _ expected: String, _ wrong: Int?) -> Finding {
        let pieces = pieces ?? []
        let place = wrong.map { index in index < pieces.count ? pieces[index].start : pieces.last.map { $0.start + $0.length } ?? 0
        }
        return Finding(
            name: name, expected: expected, got: HeardText.text(pieces, length: segment), at: place, isMet: wrong == nil)
    }

    /// - Returns: the number of the first piece that does not fit; `nil` when all do.
    private func notWholeOnce(_ range: ClosedRange<Int>) -> Int? {
        var next = range.lowerBound
        for (index, piece) in (pieces ?? []).enumerated() {
            guard next <= range.upperBound, piece.isSegment(next), piece.length <= segment + SegmentPattern.tolerance else {
                return index
            }
            if piece.isWhole(segment) { next += 1 }
        }
        return next > range.upperBound ? nil : pieces?.count ?? 0
    }

    private var exactEcho: Finding {
        let expected = "every sample that was said"
        var played: [Int16] = []
        let heard = line.side.heard.samples
        var start = 0
        for gap in line.side.unplayed {
            played += heard[start..<gap.lowerBound]
            start = gap.upperBound
        }
        played += heard[min(start, heard.count)...]
        for said in line.saidSamples {
            let match = EchoMatch(of: said, in: played)
            if match.length < match.whole {
                let got = "\(match.length) of \(match.whole) samples in a row"
                return Finding(name: "exact_echo", expected: expected, got: got, at: nil, isMet: false)
            }
        }
        let isMet = !line.saidSamples.isEmpty
        return Finding(
            name: "exact_echo", expected: expected, got: isMet ? "every sample" : "nothing was said", at: nil, isMet: isMet)
    }
}

/// The longest beginning of what was said that is found in what was played, without the silence around it.
private struct EchoMatch {
    private(set) var length = 0
    let whole: Int

    init(of said: [Int16], in played: [Int16]) {
        let silent = { (sample: Int16) in sample.magnitude <= Sound.silencePeak }
        guard let first = said.firstIndex(where: { !silent($0) }), let last = said.lastIndex(where: { !silent($0) }) else {
            whole = 0
            return
        }
        let said = said[first...last]
        whole = said.count
        for start in played.indices where played[start] == said[first] {
            var count = 0
            while count < said.count, start + count < played.count, played[start + count] == said[first + count] { count += 1 }
            length = max(length, count)
            if length == whole { return }
        }
    }
}

extension ScenarioCall {
    /// How the call ends when the script says it all.
    fileprivate var usualEnding: CallEnding {
        if network.dropsAt != nil || script.contains(.drop) { return .dropped }
        let awaitsEnd = script.contains { step in if case .awaitEnd = step { true } else { false } }
        return awaitsEnd ? .serverClosed : .callerHungUp
    }
}

extension Measure {
    /// What is said when there is nothing to measure.
    fileprivate var absence: String {
        switch self {
        case .firstSound, .heard, .gap, .level, .endAfterSound: "no sound"
        case .reply: "no sound after what the caller said"
        case .stop, .stale: "nothing that was interrupted"
        case .clear: "no clear after the interruption"
        case .roundTrip, .lostPackets: "no echo"
        case .clears, .marks, .complaints, .ended: "nothing"
        }
    }
}
