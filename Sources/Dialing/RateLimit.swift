import Call

/// Even pacing: one create request per interval, with no saving up (the generic cell rate algorithm, ITU-T I.371, burst 1).
///
/// A wake that comes late by up to ``lateness`` costs nothing, so that 50 calls a second are 50 although timers are not exact.
struct RateLimit: Sendable {
    /// How late a wake may come without slowing the pace. Only where ten and more requests a second make single milliseconds count;
    /// below that the interval itself is never undercut. Units: nanoseconds.
    static let lateness: Int64 = 50_000_000
    /// The slowest pace; less is taken as this. Units: requests a second.
    static let slowest = 0.001

    /// Units: nanoseconds.
    let interval: Int64
    private let tolerance: Int64
    /// When the next request is due at an even pace; it may go out at once if this has passed.
    private var due: Moment?
    /// Whether a call stood ready and waited for its turn. Only then is a late wake made up for: an idle time saves nothing up.
    private var isAwaited = false

    /// - Parameter perSecond: may be infinite.
    init(perSecond: Double) {
        let rate = perSecond > Self.slowest ? perSecond : Self.slowest
        interval = Int64((1e9 / rate).rounded(.up))
        tolerance = rate >= 10 ? Self.lateness : 0
    }

    /// Whether a request has gone out: before that nobody can say when those behind it may.
    var hasBegun: Bool { due != nil }

    /// When the next request may go out; `nil`: at any time.
    func free(behind waiting: Int = 0) -> Moment? {
        guard let due, interval > 0 else { return nil }
        let (wait, overflow) = interval.multipliedReportingOverflow(by: Int64(waiting))
        return due + .nanoseconds(overflow ? .max / 2 : wait)
    }

    /// Told whenever the dialer goes to sleep: whether somebody waits for the next turn.
    mutating func sleep(awaited: Bool) { isAwaited = awaited }

    /// One request goes out.
    mutating func take(at now: Moment) {
        let floor = isAwaited ? now - .nanoseconds(tolerance) : now
        due = max(due ?? floor, floor) + .nanoseconds(interval)
    }
}
