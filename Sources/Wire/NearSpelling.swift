/// Which known word a stranger was probably meant to be.
public enum NearSpelling {
    /// Letters that may be wrong.
    public static let mostChanges = 3
    /// Bytes of the stranger that are looked at.
    static let longest = 64

    /// - Returns: the nearest of the known words; `nil` when more than half of its letters would be wrong, or ``mostChanges``.
    public static func of(_ word: String, among known: some Sequence<String>) -> String? {
        let near = known.map { (name: $0, distance: distance(word, $0)) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let near, near.distance <= mostChanges, near.distance * 2 <= word.utf8.count else { return nil }
        return near.name
    }

    /// Letters to change, put in or leave out (Levenshtein).
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, x) in a.utf8.prefix(longest).enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let changed = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
