import Audio
import Call

/// The marks by which we ask how far the provider has played, and what their return tells.
struct Confirmations {
    /// Begins the name of every mark of ours; the rest is the position that it stands behind.
    static let prefix = "trunkline-"
    /// Marks that wait for their return. At ten a second a provider that stops returning them costs no more than this.
    static let most = 64
    /// Returns that the offset is learnt from: the last second or so.
    static let learnt = 8
    /// The last of them, of which the second fastest says where the provider is now: what is busy makes marks late and never early, and
    /// a break in playback is in it at the fourth.
    static let newest = 5
    /// How much before its audio has played by our clock a mark may return: clocks count in packets here and there.
    static let tolerance = Interval(.milliseconds(12))
    /// How much earlier than the marks before it one may return that a clear may have thrown back.
    static let strictTolerance = Interval(.milliseconds(2))
    /// How much later than usual an answer may come for the way's sake: jitter of 15 ms each way, and a clock that counts in packets.
    static let lateness = Interval(.milliseconds(40))
    /// Marks in a row that did not return, after which nobody waits for the next one.
    static let mostMissed = 3

    private struct Pending {
        let position: Int
        /// When its audio has played, by our clock.
        var due: Moment
        /// Asked before that, so that the time of its return says something about the way.
        let isTimely: Bool
    }

    private var pending = Queue<Pending>()
    private var offsets: [Int64] = []
    private var missed = 0
    /// The provider has played everything before it, by its own word.
    private(set) var position = 0
    private(set) var lastMark = 0

    /// How much later than our clock says a mark returns: the way there and back and the provider's buffer. `nil`: none has returned.
    private(set) var offset: Int64?
    /// The same of a usual mark: ``offset`` is that of the fastest one of late.
    private(set) var usualOffset: Int64?

    /// Whether it is worth while to wait for the provider's word.
    var isAnswering: Bool { missed < Self.mostMissed }
    var isWaiting: Bool { !pending.isEmpty }

    mutating func asked(_ position: Int, due: Moment, at now: Moment) {
        if pending.count >= Self.most { _ = pending.popFirst() }
        pending.append(Pending(position: position, due: due, isTimely: now <= due))
        lastMark = position
    }

    enum Return: Equatable {
        /// Everything before the position has played.
        case played(Int)
        /// Too early to have been played or, in a clear, too late.
        case early
        /// Not one that is waited for.
        case unknown
    }

    /// A mark came back.
    ///
    /// - Parameter isClearing: a clear is on its way, and throws back what it finds. Without one, a mark that is earlier than the last
    ///   ones says that the provider's buffer has become shorter.
    mutating func returned(_ position: Int, isClearing: Bool, at now: Moment) -> Return {
        var found: Pending?
        for index in 0..<pending.count where pending[index]?.position == position { found = pending[index] }
        guard let found else { return .unknown }
        let late = now.nanoseconds &- found.due.nanoseconds
        let least = isClearing ? (offset ?? 0) &- Self.strictTolerance.nanoseconds : -Self.tolerance.nanoseconds
        guard late >= least else { return .early }
        // What played before a clear returns in its time: a later one waited for the clear.
        if isClearing, let usualOffset, late > usualOffset &+ Self.lateness.nanoseconds { return .early }
        while let front = pending.first, front.position <= position { _ = pending.popFirst() }
        if found.isTimely { learn(late) }
        missed = 0
        self.position = position
        return .played(position)
    }

    /// Whether the answer to a clear that took so many nanoseconds was on its way all the time: it takes no longer than a mark, which also
    /// waits for the provider's buffer. A later one says when the provider had time for it, and nothing about how far it had played.
    func isTimely(_ roundTrip: Int64) -> Bool { usualOffset.map { roundTrip <= $0 &+ Self.lateness.nanoseconds } ?? true }

    /// A mark of ours that was due did not come.
    mutating func miss() { missed += 1 }

    /// What is out will not come back, or means nothing when it does. What was sent before the position is settled.
    mutating func settle(at position: Int) {
        while let front = pending.first, front.position <= position { _ = pending.popFirst() }
        self.position = max(self.position, position)
    }

    /// What was sent behind the position plays later than was thought by so many nanoseconds.
    mutating func correct(behind position: Int, by later: Int64) {
        for index in 0..<pending.count {
            guard var mark = pending[index], mark.position > position else { continue }
            mark.due = Moment(nanoseconds: mark.due.nanoseconds &+ later)
            pending[index] = mark
        }
    }

    private mutating func learn(_ late: Int64) {
        if offsets.count >= Self.learnt { offsets.removeFirst() }
        offsets.append(max(late, 0))
        offset = offsets.min()
        let newest = offsets.suffix(Self.newest).sorted()
        usualOffset = newest[min(1, newest.count - 1)]
    }
}
