import Call

/// What the fates, faults and ids of simulated calls are drawn with. The ids must differ; anybody may guess them.
extension SplitMix64 {
    /// Whether something of this probability happens.
    mutating func happens(_ probability: Double) -> Bool { nextFraction() < probability }

    mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let width = Double((range.upperBound - range.lowerBound).nanoseconds)
        return range.lowerBound + .nanoseconds(Int64(width * nextFraction()))
    }

    /// 32 lower-case hexadecimal digits.
    mutating func hexadecimal() -> String { Self.digits(next()) + Self.digits(next()) }

    /// The 8-4-4-4-12 form, marked as version 4 (RFC 9562 §5.4).
    mutating func uuid() -> String {
        let a = Self.digits(next()), b = Self.digits(next())
        return "\(a.prefix(8))-\(a.dropFirst(8).prefix(4))-4\(a.suffix(3))-8\(b.prefix(3))-\(b.suffix(12))"
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
