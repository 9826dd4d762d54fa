import Simulation
import Synchronization

/// What happened over HTTP around all calls of a run, for the thread that reports.
final class CallOpeningLog: Sendable {
    enum Kind: String, CaseIterable {
        case answer = "answer", stream = "stream", callback = "callback", then = "then", note = "note", warning = "warning"
        case complaint = "complaint"
    }

    /// Different lines that are kept. Calls of one run go alike; a server that answers each differently shall not grow the list.
    private static let limit = 64

    private struct Line {
        let kind: Kind
        let text: String
        var count = 1
    }
    private let lines = Mutex<[Line]>([])

    func add(_ kind: Kind, _ text: String) {
        lines.withLock { lines in
            if let index = lines.firstIndex(where: { $0.kind == kind && $0.text == text }) {
                lines[index].count += 1
            } else if lines.count < Self.limit {
                lines.append(Line(kind: kind, text: text))
            }
        }
    }

    /// Whether the provider would object to a document or a callback.
    var hasComplaints: Bool { lines.withLock { $0.contains { $0.kind == .complaint } } }

    /// A line for each different thing, in the order of ``Kind``; `nil` when nothing was fetched.
    ///
    /// - Parameter calls: counts are told only of many.
    func text(calls: Int) -> String? {
        let lines = lines.withLock(\.self)
        guard !lines.isEmpty else { return nil }
        return Kind.allCases.flatMap { kind in lines.filter { $0.kind == kind } }.map { line in
            let label = "\(line.kind.rawValue):"
            let padding = String(repeating: " ", count: max(1, 13 - label.count))
            return "  \(label)\(padding)\(line.text)\(calls > 1 ? " (\(line.count == 1 ? "once" : "\(line.count) times"))" : "")"
        }.joined(separator: "\n")
    }
}
