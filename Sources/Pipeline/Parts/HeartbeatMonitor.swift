import Call

/// Sends a heartbeat through a pipeline each period, and notices when none has come out for the monitor time: a processor keeps frames.
///
/// A value for the pipeline's owner: ``begin(at:)`` when `start` came out, ``poll(at:)`` at ``wake``, ``reached(at:)`` for each `heartbeat`
/// that comes out at the end, ``end()`` when `end` or `cancel` came out.
public struct HeartbeatMonitor: Sendable {
    public enum Action: Sendable {
        /// Push this at the head.
        case push(Frame)
        /// None has come out for the monitor time. Said again each time that it passes.
        case timeout
    }

    private enum State: Sendable {
        case off
        /// When the next one is due, and since when none has come out.
        case beating(next: Moment, since: Moment)
    }

    private let period: Interval
    private let monitor: Interval
    private var state = State.off

    /// Times under a millisecond are a millisecond.
    public init(period: Duration = .seconds(1), monitor: Duration = .seconds(10)) {
        self.period = Interval(max(period, .milliseconds(1)))
        self.monitor = Interval(max(monitor, .milliseconds(1)))
    }

    public var wake: Moment? {
        guard case .beating(let next, let since) = state else { return nil }
        return min(next, since.after(monitor))
    }

    /// The first heartbeat is due at once.
    public mutating func begin(at now: Moment) { state = .beating(next: now, since: now) }
    public mutating func end() { state = .off }

    public mutating func reached(at now: Moment) {
        if case .beating(let next, _) = state { state = .beating(next: next, since: now) }
    }

    /// What is due; ask until it is `nil`. After a stall of the loop one heartbeat is sent, not those that were missed.
    public mutating func poll(at now: Moment) -> Action? {
        guard case .beating(let next, let since) = state else { return nil }
        if next <= now {
            state = .beating(next: now.after(period), since: since)
            return .push(Frame(.heartbeat(now)))
        }
        guard since.after(monitor) <= now else { return nil }
        state = .beating(next: next, since: now)
        return .timeout
    }
}
