import Call

/// A span of time as the media path counts it: one machine word, made from a `Duration` once per call and not once per frame.
struct Interval: Comparable {
    let nanoseconds: Int64

    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    init(_ duration: Duration) { nanoseconds = duration.nanoseconds }

    static func < (a: Interval, b: Interval) -> Bool { a.nanoseconds < b.nanoseconds }
    static func - (a: Interval, b: Interval) -> Interval { Interval(nanoseconds: a.nanoseconds &- b.nanoseconds) }
}

extension Moment {
    /// The moment so much later. A limit of "for ever" stays in the future: the sum is held inside 64 bits.
    func after(_ interval: Interval) -> Moment {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return Moment(nanoseconds: overflow ? (interval.nanoseconds < 0 ? .min : .max) : sum)
    }
}
