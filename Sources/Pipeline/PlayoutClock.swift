import Audio
import Call

/// Where the provider's playout stands, modelled: what was sent plays in real time from the moment it was sent.
///
/// Deadlines are absolute: the playhead is an origin plus a number of samples, so nothing drifts however long the call is.
struct PlayoutClock {
    let rate: SampleRate
    private var origin: Moment
    private var samples = 0
    /// When all audio that was sent will have played.
    private(set) var playhead: Moment

    init(rate: SampleRate, at now: Moment) {
        self.rate = rate
        origin = now
        playhead = now
    }

    /// Counts samples as sent. When the provider had run dry they play from now on.
    mutating func send(_ count: Int, at now: Moment) {
        if playhead < now { restart(at: now) }
        samples += count
        playhead = Moment(nanoseconds: origin.nanoseconds &+ rate.nanoseconds(ofSamples: samples))
    }

    /// The provider holds nothing any more.
    mutating func restart(at now: Moment) {
        origin = now
        samples = 0
        playhead = now
    }
}
