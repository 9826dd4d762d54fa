import Call
import Wire

/// One scenario with one provider: what became of it.
public struct Rehearsal: Sendable {
    public enum Outcome: Sendable {
        /// The verdicts of its calls, in the scenario's order.
        case judged([CallVerdict])
        /// It makes no sense here, and why.
        case skipped(String)
        /// It could not be played, and why.
        case failed(String)
    }

    public let scenario: String
    /// The file that it was read from, as it was named.
    public let file: String
    /// `nil` when it was skipped with all of them.
    public let provider: PlayedProvider?
    public let outcome: Outcome

    public init(scenario: String, file: String, provider: PlayedProvider?, outcome: Outcome) {
        self.scenario = scenario
        self.file = file
        self.provider = provider
        self.outcome = outcome
    }

    /// `nil` when it was skipped.
    public var hasPassed: Bool? {
        switch outcome {
        case .judged(let verdicts): verdicts.allSatisfy(\.hasPassed)
        case .skipped: nil
        case .failed: false
        }
    }

    /// What failed or was left out, a sentence each.
    public var sentences: [String] {
        let place = "\(scenario)\(provider.map { ", \($0.rawValue)" } ?? "")"
        switch outcome {
        case .judged(let verdicts):
            return verdicts.flatMap { verdict in
                let call = verdict.call.isEmpty ? "" : ", \(verdict.call)"
                return verdict.failures.map { "\(place)\(call): \($0.sentence)" }
            }
        case .skipped(let reason): return ["\(place): skipped: \(reason)"]
        case .failed(let reason): return ["\(place): \(reason)"]
        }
    }
}

/// Scenarios that were played, for people and for machines.
public struct RehearsalReport: Sendable {
    public var rehearsals: [Rehearsal] = []

    public init() {}

    public var passed: Int { rehearsals.count { $0.hasPassed == true } }
    public var failed: Int { rehearsals.count { $0.hasPassed == false } }
    public var skipped: Int { rehearsals.count { $0.hasPassed == nil } }

    /// A line for each call, then what failed, then the sum.
    public var text: String {
        let head = [
            "scenario", "provider", "call", "heard s", "first ms", "reply ms", "stop ms", "gap ms", "level dB", "ended", "verdict",
        ]
        var rows = [head]
        for rehearsal in rehearsals {
            switch rehearsal.outcome {
            case .judged(let verdicts): for verdict in verdicts { rows.append(Self.row(rehearsal, verdict)) }
            case .skipped: rows.append(Self.row(rehearsal, "skipped"))
            case .failed: rows.append(Self.row(rehearsal, "FAILED"))
            }
        }
        let sentences = rehearsals.flatMap(\.sentences).map { $0 + "\n" }.joined()
        return ReportTable.aligned(rows, words: [0, 1, 2, 9, 10]) + sentences
            + "\(passed) passed, \(failed) failed, \(skipped) skipped\n"
    }

    private static func row(_ rehearsal: Rehearsal, _ verdict: String) -> [String] {
        [rehearsal.scenario, rehearsal.provider?.rawValue ?? "-", "", "-", "-", "-", "-", "-", "-", "-", verdict]
    }

    private static func row(_ rehearsal: Rehearsal, _ verdict: CallVerdict) -> [String] {
        let value = { (measure: Measure, scale: Double, decimals: Int) -> String in
            guard let value = verdict.measures.first(where: { $0.measure == measure })?.value, value.isFinite else { return "-" }
            return ReportTable.fixed(value / scale, decimals)
        }
        return [
            rehearsal.scenario, verdict.provider.rawValue, verdict.call, value(.heard, 1_000, 2), value(.firstSound, 1, 0),
            value(.reply, 1, 0), value(.stop, 1, 0), value(.gap, 1, 0), value(.level, 1, 1), verdict.ending.rawValue,
            verdict.hasPassed ? "passed" : "FAILED",
        ]
    }

    /// The form of ``json``: it grows by new keys only, else this number does.
    public static let version = 1

    /// One JSON document: the same for the same calls, byte for byte.
    public var json: JSONValue {
        .object([
            "version": .number(Double(Self.version)), "passed": .number(Double(passed)), "failed": .number(Double(failed)),
            "skipped": .number(Double(skipped)), "rehearsals": .array(rehearsals.map(Self.json)),
        ])
    }

    private static func json(_ rehearsal: Rehearsal) -> JSONValue {
        var members: [String: JSONValue] = [
            "scenario": .string(rehearsal.scenario), "file": .string(rehearsal.file),
            "provider": rehearsal.provider.map { .string($0.rawValue) } ?? .null,
            "outcome": .string(rehearsal.hasPassed.map { $0 ? "passed" : "failed" } ?? "skipped"),
        ]
        switch rehearsal.outcome {
        case .judged(let verdicts): members["calls"] = .array(verdicts.map(json))
        case .skipped(let reason), .failed(let reason): members["reason"] = .string(reason)
        }
        return .object(members)
    }

    private static func json(_ verdict: CallVerdict) -> JSONValue {
        let measures = verdict.measures.map { ($0.measure.rawValue, number($0.value)) }
        return .object([
            "call": .string(verdict.call), "outcome": .string(verdict.hasPassed ? "passed" : "failed"),
            "ending": .string(verdict.ending.rawValue), "duration_ms": .number(Double(verdict.duration.milliseconds)),
            "segments": verdict.segments.map { .string($0) } ?? .null,
            "measures": .object(Dictionary(measures) { first, _ in first }),
            "findings": .array(verdict.findings.map(json)),
        ])
    }

    private static func json(_ finding: Finding) -> JSONValue {
        .object([
            "name": .string(finding.name), "expected": .string(finding.expected), "got": .string(finding.got),
            "at_ms": finding.at.map(number) ?? .null, "met": .bool(finding.isMet),
        ])
    }

    /// To a thousandth. JSON has no infinity.
    private static func number(_ value: Double) -> JSONValue {
        value.isFinite ? .number((value * 1_000).rounded() / 1_000) : .null
    }
}
