/// The lines of one call that wait for the log. A call that repeats itself is thinned out: a hostile peer cannot fill the disk.
struct CallLogbook {
    private enum Kind: Int, CaseIterable {
        case brokenMessage, providerError, botError, playoutFull, interrupted

        init(_ line: CallLog) {
            self =
                switch line {
                case .brokenMessage: .brokenMessage
                case .providerError: .providerError
                case .botError: .botError
                case .playoutFull: .playoutFull
                case .interrupted: .interrupted
                }
        }
    }

    /// Lines of one kind that are all written; of the later ones, every one whose number is a power of two.
    private static let firstLines = 8

    private var lines = Queue<CallLog>()
    private var counts = [Int](repeating: 0, count: Kind.allCases.count)

    var isEmpty: Bool { lines.isEmpty }

    mutating func write(_ line: CallLog) {
        let kind = Kind(line).rawValue
        counts[kind] += 1
        if counts[kind] <= Self.firstLines || counts[kind].nonzeroBitCount == 1 { lines.append(line) }
    }

    mutating func popFirst() -> CallLog? { lines.popFirst() }
}
