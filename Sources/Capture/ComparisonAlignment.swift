/// Which expected message is which that came: the longest common subsequence, found by Myers' greedy algorithm.
///
/// Source: E. W. Myers, *An O(ND) Difference Algorithm and Its Variations*, Algorithmica 1 (1986).
struct ComparisonAlignment {
    /// Most messages that may be on one side only before the sides count as unlike. The work grows with the square of it, so an hour of
    /// call (180,000 messages) with another bot's words costs no more than a short one.
    static let mostEdits = 1_000

    /// A run in which nothing is common: what was expected in it, and what came.
    struct Hunk: Equatable {
        var expected: Range<Int>
        var got: Range<Int>
    }

    /// Messages that are the same, in order.
    private(set) var matches: [(expected: Int, got: Int)] = []

    /// - Parameters:
    ///   - expected: what each message is; equal numbers are the same message.
    ///   - times: when they were. Units: microseconds.
    init(expected: [Int], got: [Int], times: (expected: [Int64], got: [Int64])) {
        var start = 0
        while start < min(expected.count, got.count), expected[start] == got[start] { start += 1 }
        var tail = 0
        while tail < min(expected.count, got.count) - start, expected[expected.count - 1 - tail] == got[got.count - 1 - tail] {
            tail += 1
        }
        matches = (0..<start).map { ($0, $0) }
        matches += Self.middle(expected[start..<(expected.count - tail)], got[start..<(got.count - tail)])
        matches += (0..<tail).reversed().map { (expected.count - 1 - $0, got.count - 1 - $0) }
        slide(expected, got, times)
    }

    /// What lies between the matches.
    func hunks(_ expectedCount: Int, _ gotCount: Int) -> [Hunk] {
        var hunks: [Hunk] = []
        var (expected, got) = (0, 0)
        for match in matches + [(expectedCount, gotCount)] {
            if expected < match.expected || got < match.got {
                hunks.append(Hunk(expected: expected..<match.expected, got: got..<match.got))
            }
            (expected, got) = (match.expected + 1, match.got + 1)
        }
        return hunks
    }

    /// - Returns: nothing when more than ``mostEdits`` are needed.
    private static func middle(_ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> [(expected: Int, got: Int)] {
        guard !a.isEmpty, !b.isEmpty else { return [] }
        // Furthest place in `a` on each diagonal, kept for every number of edits so that the way can be walked back.
        var trace: [[Int]] = []
        let offset = mostEdits + 1
        var furthest = Array(repeating: 0, count: 2 * offset + 1)
        for edits in 0...min(mostEdits, a.count + b.count) {
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let isDown =
                    diagonal == -edits || (diagonal != edits && furthest[offset + diagonal - 1] < furthest[offset + diagonal + 1])
                var x = isDown ? furthest[offset + diagonal + 1] : furthest[offset + diagonal - 1] + 1
                // Diagonals outside the rectangle lead nowhere.
                guard x <= a.count, x - diagonal <= b.count else {
                    furthest[offset + diagonal] = x
                    continue
                }
                while x < a.count, x - diagonal < b.count, a[a.startIndex + x] == b[b.startIndex + x - diagonal] { x += 1 }
                furthest[offset + diagonal] = x
                if x == a.count, x - diagonal == b.count {
                    trace.append(Array(furthest[(offset - edits)...(offset + edits)]))
                    return wayBack(trace, a, b)
                }
            }
            trace.append(Array(furthest[(offset - edits)...(offset + edits)]))
        }
        return []
    }

    private static func wayBack(
        _ trace: [[Int]], _ a: ArraySlice<Int>, _ b: ArraySlice<Int>
    ) -> [(expected: Int, got: Int)] {
        var matches: [(expected: Int, got: Int)] = []
        var (x, y) = (a.count, b.count)
        for edits in trace.indices.reversed() {
            let diagonal = x - y
            // The trace before this edit holds the diagonals from `1 - edits` to `edits - 1`.
            let before = edits > 0 ? trace[edits - 1] : []
            func furthest(_ diagonal: Int) -> Int {
                let index = diagonal + edits - 1
                return before.indices.contains(index) ? before[index] : -1
            }
            let isDown = diagonal == -edits || (diagonal != edits && furthest(diagonal - 1) < furthest(diagonal + 1))
            let start = edits == 0 ? 0 : isDown ? furthest(diagonal + 1) : furthest(diagonal - 1) + 1
            while x > start {
                (x, y) = (x - 1, y - 1)
                matches.append((a.startIndex + x, b.startIndex + y))
            }
            if isDown { y -= 1 } else { x -= 1 }
        }
        return matches.reversed()
    }

    /// Of messages that are alike, such as silence, it is their times that tell which one is missing: each match takes the neighbour
    /// nearest in time.
    private mutating func slide(_ expected: [Int], _ got: [Int], _ times: (expected: [Int64], got: [Int64])) {
        func distance(_ match: (expected: Int, got: Int)) -> Int64 { abs(times.expected[match.expected] - times.got[match.got]) }
        /// Moves a match to a free neighbour of the same content while that is nearer.
        func settle(_ index: Int, _ step: Int) {
            while true {
                let match = matches[index]
                let next = matches.indices.contains(index + step) ? matches[index + step] : nil
                var best = match
                let e = match.expected + step
                let g = match.got + step
                let eIsFree = expected.indices.contains(e) && next?.expected != e && expected[e] == got[match.got]
                let gIsFree = got.indices.contains(g) && next?.got != g && got[g] == expected[match.expected]
                if eIsFree, distance((e, match.got)) < distance(best) { best = (e, match.got) }
                if gIsFree, distance((match.expected, g)) < distance(best) { best = (match.expected, g) }
                if best == match { return }
                matches[index] = best
            }
        }
        for index in matches.indices.reversed() { settle(index, 1) }
        for index in matches.indices { settle(index, -1) }
    }
}
