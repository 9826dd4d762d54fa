/// Both outbound sides of a call, laid beside each other.
struct ComparedSides {
    enum Pair {
        case both(ComparedMessage, ComparedMessage)
        case missing(ComparedMessage)
        case extra(ComparedMessage)
        /// The same message at another place among the others.
        case moved(ComparedMessage, to: Int64, neighbours: (expected: String, got: String))
    }

    /// A message that is missing here and extra there was moved, when that is no farther than this. Units: microseconds.
    private static let farthestMove: Int64 = 2_000_000

    let expected: [ComparedMessage]
    let got: [ComparedMessage]
    private var expectedNumbers: [Int] = []
    private var gotNumbers: [Int] = []

    init(expected: [ComparedMessage], got: [ComparedMessage], hearsAudio: Bool) {
        self.expected = expected
        self.got = got
        var numbers: [ComparedMessage.Identity: Int] = [:]
        func number(_ message: ComparedMessage) -> Int {
            let identity = message.identity(hearsAudio: hearsAudio)
            if let known = numbers[identity] { return known }
            let new = numbers.count
            numbers[identity] = new
            return new
        }
        expectedNumbers = expected.map(number)
        gotNumbers = got.map(number)
    }

    func pairs() -> [Pair] {
        let alignment = ComparisonAlignment(
            expected: expectedNumbers, got: gotNumbers, times: (expected.map(\.time), got.map(\.time)))
        var alone: [(expected: Int?, got: Int?)] = []
        var pairs: [Pair] = alignment.matches.map { .both(expected[$0.expected], got[$0.got]) }
        for hunk in alignment.hunks(expected.count, got.count) {
            for pair in ComparisonByTime.pairs(expected, got, in: hunk) {
                if let e = pair.expected, let g = pair.got {
                    pairs.append(.both(expected[e], got[g]))
                } else {
                    alone.append(pair)
                }
            }
        }
        return pairs + moves(alone)
    }

    /// Finds what is missing at one place and extra at another.
    private func moves(_ alone: [(expected: Int?, got: Int?)]) -> [Pair] {
        var extras: [Int: [Int]] = [:]
        for case (nil, let g?) in alone { extras[gotNumbers[g], default: []].append(g) }
        var taken: Set<Int> = []
        var pairs: [Pair] = []
        for case (let e?, nil) in alone {
            let candidates = extras[expectedNumbers[e]] ?? []
            guard let g = candidates.first(where: { !taken.contains($0) && isNear(e, $0) }) else {
                pairs.append(.missing(expected[e]))
                continue
            }
            taken.insert(g)
            pairs.append(.moved(expected[e], to: got[g].time, neighbours: (name(expected, e + 1), name(got, g + 1))))
        }
        for case (nil, let g?) in alone where !taken.contains(g) { pairs.append(.extra(got[g])) }
        return pairs
    }

    private func isNear(_ e: Int, _ g: Int) -> Bool { abs(expected[e].time - got[g].time) <= Self.farthestMove }

    private func name(_ messages: [ComparedMessage], _ index: Int) -> String {
        messages.indices.contains(index) ? "\(messages[index])" : "the end"
    }
}
