import Audio
import Call

/// Where the provider's playout stands, modelled: what was sent plays in real time from the moment it was sent.
///
/// Deadlines are absolute: the timeline is an origin plus a number of samples, so nothing drifts however long the call is.
struct PlayoutClock {
    let rate: SampleRate
    private let longestStall: Interval
    private var origin: Moment
    private var samples = 0
    /// Where the timeline of what was sent ends. Packets leave by it.
    private(set) var timeline: Moment
    /// When all audio that was sent will have played. Later than the timeline after a stall that a live source has caught up with.
    private(set) var playhead: Moment

    /// - Parameter longestStall: the longest break that the timeline survives; zero for a source that is not live.
    init(rate: SampleRate, longestStall: Interval, at now: Moment) {
        self.rate = rate
        self.longestStall = longestStall
        origin = now
        timeline = now
        playhead = now
    }

    /// Whether the provider may still hold audio, when it plays by `delay` later than modelled.
    func holdsAudio(at now: Moment, delay: Duration) -> Bool { samples > 0 && playhead.after(Interval(delay)) > now }

    /// Counts samples as sent. When the provider had run dry they play from now on.
    mutating func send(_ count: Int, at now: Moment) {
        if timeline < now, samples == 0 || timeline.after(longestStall) < now {
            origin = now
            samples = 0
        }
        samples += count
        timeline = Moment(nanoseconds: origin.nanoseconds &+ rate.nanoseconds(ofSamples: samples))
        playhead = max(timeline, max(playhead, now).after(Interval(nanoseconds: rate.nanoseconds(ofSamples: count))))
    }

    /// The provider holds nothing any more.
    mutating func restart(at now: Moment) {
        origin = now
        samples = 0
        timeline = now
        playhead = now
    }
}
