import Call
import Pipeline

/// When the host of a captured call is known to have been awake: at every entry.
///
/// A live host wakes an engine late: its wakes lie on a grid, its loop has other work, its machine has other processes. It polls the
/// engine with every message that comes in, so it is late by no more than the time to the next entry. A replay that woke the engine
/// on the dot would see other states than the live one did (a pause that was over 2 ms before the next message came in), and what
/// begins late would be early by that much for ever. So a wake waits for the entry behind it when that is near.
///
/// See `Decisions/replay-timing.md`.
struct ReplayTurns {
    /// Longest time that a wake waits for an entry. One message interval: a caller who speaks sends every 20 ms, and the host polls
    /// with each.
    ///
    /// With ``ComparisonOptions/tolerance`` it stays under 30 ms, so that 30 ms of one message cannot hide.
    static let grace = Duration.milliseconds(19)
    /// Longest stall of a host that a wake waits for, when the entries show one. It is as long as an echo catches up with.
    static let longestStall = Playout.longestStall
    /// What had to wait for a stalled host comes in within this time.
    static let clump = Duration.milliseconds(5)

    private let entries: [CaptureEntry]

    init(_ entries: [CaptureEntry]) { self.entries = entries }

    /// Whether the live engine, due at `wake`, was not polled before the entry at `index`.
    func holds(_ wake: Moment, until index: Int) -> Bool {
        guard index < entries.count else { return false }
        let entry = Moment(microsecond: entries[index].time)
        if entry <= wake + Self.grace { return true }
        return entry <= wake + Self.longestStall && isClump(from: index, entry)
    }

    /// Whether two messages came in at once where a stall may have ended. Who speaks in real time sends no two at once.
    private func isClump(from index: Int, _ start: Moment) -> Bool {
        let end = start + Self.clump
        var inward = 0
        for entry in entries[index...] {
            guard Moment(microsecond: entry.time) <= end else { return false }
            if entry.direction == .inward { inward += 1 }
            if inward == 2 { return true }
        }
        return false
    }
}
