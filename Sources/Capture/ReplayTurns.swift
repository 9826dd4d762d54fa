import Call

/// When the host of a captured call is known to have been awake: at every entry.
///
/// A live host wakes an engine late: its wakes lie on a grid, its loop has other work, its machine has other processes. It polls the
/// engine with every message that comes in, so it is late by no more than the time to the next entry. A replay that woke the engine
/// on the dot would see other states than the live one did (a pause that was over 2 ms before the next message came in), and what
/// begins late would be early by that much for ever. So a wake waits for the entry behind it when that is near, and when that says
/// how late the host was.
///
/// See `Decisions/replay-timing.md`.
struct ReplayTurns {
    /// Longest time that a wake waits for an entry that says nothing of the host: a host that was later would have said so.
    ///
    /// With ``ComparisonOptions/tolerance`` it stays under 30 ms, so that 30 ms of one message cannot hide; and a message every 20 ms, each
    /// sounding like the one before, cannot pass for its neighbour.
    static let grace = Duration.microseconds(CaptureLimits.leastLate)
    /// How far a wake may be from the one that the entry says the host was late for: as far as lateness that is not written moves it.
    static let agreement = Duration.microseconds(CaptureLimits.leastLate)

    private let entries: [CaptureEntry]

    init(_ entries: [CaptureEntry]) { self.entries = entries }

    /// Whether the live engine, due at `wake`, was not polled before the entry at `index`.
    func holds(_ wake: Moment, until index: Int) -> Bool {
        guard index < entries.count else { return false }
        let entry = entries[index]
        let isNear = Moment(microsecond: entry.time) <= wake + Self.grace
        guard entry.late > 0 else { return isNear }
        let due = Moment(microsecond: entry.time - entry.late)
        if due - Self.agreement <= wake, wake <= due + Self.agreement { return true }
        return isNear && entry.direction == .inward
    }
}
