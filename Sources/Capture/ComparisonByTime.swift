/// Pairs what has no equal: messages of the same kind at about the same time are two versions of one message.
enum ComparisonByTime {
    /// Farthest apart that two versions of one message may be. Five message intervals: more is another message.
    ///
    /// - Units: microseconds.
    static let reach: Int64 = 100_000

    /// - Returns: pairs in order; either side is `nil` for what has no counterpart.
    static func pairs(
        _ expected: [ComparedMessage], _ got: [ComparedMessage], in hunk: ComparisonAlignment.Hunk
    ) -> [(expected: Int?, got: Int?)] {
        var pairs: [(expected: Int?, got: Int?)] = []
        var (e, g) = (hunk.expected.lowerBound, hunk.got.lowerBound)
        while e < hunk.expected.upperBound, g < hunk.got.upperBound {
            let delay = got[g].time - expected[e].time
            if expected[e].kind.isLike(got[g].kind), abs(delay) <= reach {
                // One more on a side: its neighbour may be the nearer one.
                if e + 1 < hunk.expected.upperBound, expected[e + 1].kind.isLike(got[g].kind),
                    abs(got[g].time - expected[e + 1].time) < abs(delay), hunk.expected.upperBound - e > hunk.got.upperBound - g
                {
                    pairs.append((e, nil))
                    e += 1
                } else if g + 1 < hunk.got.upperBound, got[g + 1].kind.isLike(expected[e].kind),
                    abs(got[g + 1].time - expected[e].time) < abs(delay), hunk.got.upperBound - g > hunk.expected.upperBound - e
                {
                    pairs.append((nil, g))
                    g += 1
                } else {
                    pairs.append((e, g))
                    (e, g) = (e + 1, g + 1)
                }
            } else if expected[e].time <= got[g].time {
                pairs.append((e, nil))
                e += 1
            } else {
                pairs.append((nil, g))
                g += 1
            }
        }
        pairs += (e..<hunk.expected.upperBound).map { ($0, nil) }
        pairs += (g..<hunk.got.upperBound).map { (nil, $0) }
        return pairs
    }
}
