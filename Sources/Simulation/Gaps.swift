/// Silences inside an utterance, where the next audio came too late.
public struct Gaps: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var total = Duration.zero
    public private(set) var longest = Duration.zero

    public init() {}

    mutating func add(_ length: Duration) {
        guard length > .zero else { return }
        count += 1
        total += length
        longest = max(longest, length)
    }

    mutating func add(_ other: Gaps) {
        count += other.count
        total += other.total
        longest = max(longest, other.longest)
    }
}
