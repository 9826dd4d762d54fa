import Wire

/// What became of the captures of one `trunkline replay`.
public struct ReplayReport: Sendable {
    /// One capture's fate.
    public enum Verdict: Sendable {
        case same(Comparison)
        case different(Comparison)
        /// It was different, and holds now what came.
        case updated(Comparison)
        /// It could not be read or played; the sentence says why.
        case failed(String)
    }

    public struct Entry: Sendable {
        /// As it was named, or as it was found in the folder that was named.
        public let name: String
        public let verdict: Verdict

        public init(name: String, _ verdict: Verdict) {
            self.name = name
            self.verdict = verdict
        }
    }

    /// Differences that are shown of one capture, when nothing else is asked for.
    public static let shownDifferences = 20

    public private(set) var entries: [Entry] = []
    private let shown: Int

    /// - Parameter shown: most differences that are told of one capture; of the rest the number.
    public init(shown: Int = shownDifferences) { self.shown = shown }

    public mutating func add(_ entry: Entry) { entries.append(entry) }

    /// Whether every capture was played, and none is different now.
    public var isGood: Bool {
        entries.allSatisfy { entry in
            switch entry.verdict {
            case .same, .updated: true
            case .different, .failed: false
            }
        }
    }

    // MARK: For people

    /// One capture: `ok NAME (61 s of call, 3,050 messages out)`, or `DIFFERENT NAME (…)` and a line for each difference.
    public func text(_ entry: Entry) -> String {
        switch entry.verdict {
        case .same(let comparison): "ok \(entry.name) (\(Self.facts(comparison)))"
        case .different(let comparison):
            "DIFFERENT \(entry.name) (\(Self.facts(comparison)))\n" + lines(comparison, indent: "  ")
        case .updated(let comparison):
            "UPDATED \(entry.name) (\(Self.facts(comparison))); it had\n" + lines(comparison, indent: "  ")
        case .failed(let reason): "ERROR \(entry.name): \(reason)"
        }
    }

    /// `12 captures: 10 ok, 1 different, 1 error`.
    public var summary: String {
        let words = ["ok", "different", "updated", "error"]
        var counts = [0, 0, 0, 0]
        for entry in entries {
            switch entry.verdict {
            case .same: counts[0] += 1
            case .different: counts[1] += 1
            case .updated: counts[2] += 1
            case .failed: counts[3] += 1
            }
        }
        let parts = zip(counts, words).filter { $0.0 > 0 }.map { "\(Self.grouped($0.0)) \($0.1)" }
        return "\(Self.grouped(entries.count)) \(entries.count == 1 ? "capture" : "captures"): \(parts.joined(separator: ", "))"
    }

    private func lines(_ comparison: Comparison, indent: String) -> String {
        var lines = comparison.differences.prefix(shown).map { indent + $0.description }
        let rest = comparison.differences.count - lines.count
        if rest > 0 { lines.append("\(indent)and \(Self.grouped(rest)) more \(rest == 1 ? "difference" : "differences")") }
        return lines.joined(separator: "\n")
    }

    private static func facts(_ comparison: Comparison) -> String {
        let seconds = (comparison.length + 500_000) / 1_000_000
        let facts = ["\(grouped(Int(seconds))) s of call", "\(grouped(comparison.messages)) messages out"] + comparison.notes
        return facts.joined(separator: ", ")
    }

    /// `3050` → `3,050`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text = "," + text }
            text = "\(digit)" + text
        }
        return text
    }

    // MARK: For machines

    /// JUnit's XML: a `testcase` a capture, `failure` for a different one, `error` for one that could not be played.
    ///
    /// It holds no times of day, so that the same captures and the same bot give the same bytes.
    public var junit: String {
        var writer = XMLWriter()
        var (failures, errors) = (0, 0)
        for entry in entries {
            switch entry.verdict {
            case .different: failures += 1
            case .failed: errors += 1
            case .same, .updated: break
            }
        }
        let counts = [("tests", "\(entries.count)"), ("failures", "\(failures)"), ("errors", "\(errors)"), ("skipped", "0")]
        writer.begin("testsuites", counts)
        writer.begin("testsuite", [("name", "trunkline replay")] + counts)
        for entry in entries {
            let parts = Self.parts(entry.name)
            let attributes = [("classname", parts.folder), ("name", parts.file)]
            switch entry.verdict {
            case .same: writer.empty("testcase", attributes)
            case .different(let comparison):
                writer.begin("testcase", attributes)
                let first = comparison.differences.first.map { "\($0)" } ?? ""
                writer.element(
                    "failure", [("type", "different"), ("message", String(first.drop { $0 == " " }))],
                    text: lines(comparison, indent: ""))
                writer.end()
            case .updated(let comparison):
                writer.begin("testcase", attributes)
                writer.element("system-out", text: "updated; it had\n" + lines(comparison, indent: ""))
                writer.end()
            case .failed(let reason):
                writer.begin("testcase", attributes)
                writer.element("error", [("type", "unplayable"), ("message", reason)], text: reason)
                writer.end()
            }
        }
        return writer.document
    }

    /// `calls/twilio/a.jsonl` → `calls.twilio` and `a`, as a tree of tests is shown.
    private static func parts(_ name: String) -> (folder: String, file: String) {
        var folders = name.split(separator: "/").filter { $0 != "." && $0 != ".." }
        let last = folders.popLast() ?? ""
        let file = last.hasSuffix(".jsonl") ? String(last.dropLast(6)) : String(last)
        return (folders.isEmpty ? "captures" : folders.joined(separator: "."), file)
    }
}
