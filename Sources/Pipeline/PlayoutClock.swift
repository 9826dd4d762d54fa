import Audio
import Call

/// When packets leave.
///
/// Deadlines are absolute: the timeline is an origin plus a number of samples, so nothing drifts however long the call is.
struct PlayoutClock {
    let rate: SampleRate
    private var longestStall: Interval
    private var origin: Moment
    private var samples = 0
    /// Where the timeline of what was sent ends. Packets leave by it.
    private(set) var timeline: Moment

    /// - Parameter longestStall: the longest break that the timeline survives; zero for a source that is not live.
    init(rate: SampleRate, longestStall: Interval, at now: Moment) {
        self.rate = rate
        self.longestStall = longestStall
        origin = now
        timeline = now
    }

    /// Another source speaks from here on.
    mutating func change(longestStall: Interval) { self.longestStall = longestStall }

    /// Counts samples as sent. When the provider had run dry they play from now on.
    mutating func send(_ count: Int, at now: Moment) {
        if timeline < now, samples == 0 || timeline.after(longestStall) < now { restart(at: now) }
        samples += count
        timeline = Moment(nanoseconds: origin.nanoseconds &+ rate.nanoseconds(ofSamples: samples))
    }

    /// The provider holds nothing any more.
    mutating func restart(at now: Moment) {
        origin = now
        samples = 0
        timeline = now
    }
}
