/// How often each latency was seen, in steps of less than one percent.
///
/// - Shape: one counter a step: each microsecond up to 128, then 128 steps an octave, up to 134 s.
///
/// Histograms of many calls add up to one. One call needs some 5 KiB however long it is.
public struct LatencyHistogram: Equatable, Sendable {
    /// Longer latencies count as this one. Units: microseconds.
    private static let largest = (1 << 27) - 1

    private var counters: [UInt32] = []
    public private(set) var count = 0
    public private(set) var maximum: Duration?

    public init() {}

    public mutating func record(_ latency: Duration) {
        let index = Self.index(of: Int(max(0, min(latency.components.seconds, 134))) * 1_000_000 + Self.microseconds(latency))
        if counters.count <= index { counters.append(contentsOf: repeatElement(0, count: index + 1 - counters.count)) }
        counters[index] &+= 1
        count += 1
        maximum = max(maximum ?? latency, latency)
    }

    public mutating func add(_ other: LatencyHistogram) {
        if counters.count < other.counters.count {
            counters.append(contentsOf: repeatElement(0, count: other.counters.count - counters.count))
        }
        for (index, counter) in other.counters.enumerated() { counters[index] &+= counter }
        count += other.count
        if let theirs = other.maximum { maximum = max(maximum ?? theirs, theirs) }
    }

    /// The latency that the given share of all stays within, at most one percent too long; `nil` when there is none.
    ///
    /// - Parameter percent: 0 to 100.
    public func percentile(_ percent: Double) -> Duration? {
        guard let maximum else { return nil }
        let rank = max(1, Int((Double(count) * percent / 100).rounded(.up)))
        var seen = 0
        for (index, counter) in counters.enumerated() {
            seen += Int(counter)
            if seen >= rank { return min(.microseconds(Self.upperEnd(of: index)), maximum) }
        }
        return maximum
    }

    private static func microseconds(_ latency: Duration) -> Int {
        Int(max(0, latency.components.attoseconds) / 1_000_000_000_000)
    }

    private static func index(of microseconds: Int) -> Int {
        let value = min(microseconds, largest)
        guard value >= 128 else { return value }
        let shift = Int.bitWidth - 1 - value.leadingZeroBitCount - 7
        return (shift + 1) << 7 | (value >> shift) & 127
    }

    /// Units: microseconds.
    private static func upperEnd(of index: Int) -> Int {
        guard index >= 128 else { return index }
        return ((index & 127 | 128) + 1) << (index >> 7 - 1) - 1
    }
}
