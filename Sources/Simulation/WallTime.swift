import Call

/// The wall clock as text, for the providers that put it into messages.
enum WallTime {
    /// ISO 8601 in UTC with microseconds: `2030-01-02T03:04:05.678000Z`.
    ///
    /// - Parameter milliseconds: since 1970 UTC, not negative.
    static func text(milliseconds: Int64) -> String {
        let total = max(milliseconds, 0)
        let second = total / 1_000
        let fraction = String(1_000 + total % 1_000).dropFirst()
        return "\(CivilDay(number: second / 86_400).text)T\(CivilDay.clock(second % 86_400)).\(fraction)000Z"
    }
}
