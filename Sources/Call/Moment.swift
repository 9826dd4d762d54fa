/// A point on a monotonic clock. The core is told the moment; it never asks.
///
/// - Units: nanoseconds since an origin that the driver chooses (system start, or zero in a test).
public struct Moment: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public static let zero = Moment(nanoseconds: 0)

    public static func < (a: Moment, b: Moment) -> Bool { a.nanoseconds < b.nanoseconds }
    public static func + (a: Moment, b: Duration) -> Moment { Moment(nanoseconds: a.nanoseconds &+ b.nanoseconds) }
    public static func - (a: Moment, b: Duration) -> Moment { Moment(nanoseconds: a.nanoseconds &- b.nanoseconds) }
    /// How long after `b` this moment is; negative when it is before.
    public static func - (a: Moment, b: Moment) -> Duration { .nanoseconds(a.nanoseconds &- b.nanoseconds) }
}

extension Duration {
    /// Whole nanoseconds, rounded toward zero and held inside 64 bits (292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !sumOverflow else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Whole milliseconds, rounded toward zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
