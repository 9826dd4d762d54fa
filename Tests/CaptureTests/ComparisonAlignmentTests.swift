import Call
import Testing

@testable import Capture

@Suite struct ComparisonAlignmentTests {
    private func matches(_ expected: [Int], _ got: [Int]) -> Int {
        let alignment = ComparisonAlignment(
            expected: expected, got: got,
            times: (expected.indices.map { Int64($0) * 20_000 }, got.indices.map { Int64($0) * 20_000 }))
        for (e, g) in alignment.matches { #expect(expected[e] == got[g]) }
        for (a, b) in zip(alignment.matches, alignment.matches.dropFirst()) { #expect(a.expected < b.expected && a.got < b.got) }
        return alignment.matches.count
    }

    /// The length of the longest common subsequence, by the table.
    private func longest(_ a: [Int], _ b: [Int]) -> Int {
        var row = Array(repeating: 0, count: b.count + 1)
        for x in a {
            var corner = 0
            for (index, y) in b.enumerated() {
                let above = row[index + 1]
                row[index + 1] = x == y ? corner + 1 : max(above, row[index])
                corner = above
            }
        }
        return row[b.count]
    }

    @Test(arguments: 0..<200) func `as much is common as can be`(seed: Int) {
        var chance = SplitMix64(state: UInt64(seed))
        let words = UInt64(seed % 5 + 1)
        func side() -> [Int] { (0..<Int(chance.next() % 40)).map { _ in Int(chance.next() % words) } }
        let (a, b) = (side(), side())
        #expect(matches(a, b) == longest(a, b))
    }

    @Test func `two sides that have nothing in common cost no more than the limit`() {
        #expect(matches(Array(0..<5_000), Array(20_000..<25_000)) == 0)
        // Few edits in much is found.
        var changed = Array(0..<10_000)
        for index in stride(from: 500, to: 10_000, by: 1_000) { changed[index] = -1 }
        #expect(matches(Array(0..<10_000), changed) == 9_990)
    }

    @Test func `of equal messages, times tell which is missing`() {
        let alignment = ComparisonAlignment(
            expected: [1, 0, 0, 0, 0, 2], got: [1, 0, 0, 0, 2],
            times: ([0, 20_000, 40_000, 60_000, 80_000, 100_000], [0, 20_000, 60_000, 80_000, 100_000]))
        #expect(alignment.hunks(6, 5) == [ComparisonAlignment.Hunk(expected: 2..<3, got: 2..<2)])
        let extra = ComparisonAlignment(
            expected: [1, 0, 0, 0, 2], got: [1, 0, 0, 0, 0, 2],
            times: ([0, 20_000, 60_000, 80_000, 100_000], [0, 20_000, 40_000, 60_000, 80_000, 100_000]))
        #expect(extra.hunks(5, 6) == [ComparisonAlignment.Hunk(expected: 2..<2, got: 2..<3)])
    }
}
