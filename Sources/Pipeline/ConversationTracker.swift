import Call

/// Counts a call's turns and measures how long the caller waits for each answer, from what happens in it.
///
/// Turns are those of Pipecat's `TurnTrackingObserver`: the first begins with the call, the others with the caller. A turn ends when
/// the caller speaks after the bot or into its words (then it was interrupted), and ``turnEnd`` after the bot's last word. A key that
/// interrupts the bot begins a turn as a voice does. At the call's end a turn was interrupted unless the bot had said its last word.
///
/// The waiting is measured from the caller's last sound to the first utterance that was queued after it. An utterance that nobody had
/// heard when the caller went on is no answer. The report of an utterance may come after the next turn has begun.
///
/// One thing happens at a time and gives one event at most; the times come in order.
public struct ConversationTracker: Sendable {
    /// From the bot's last word to the turn's end, if the bot says no more. Pipecat's `turn_end_timeout_secs`.
    public static let turnEnd = Duration.milliseconds(2_500)
    /// Most silences of the caller's that wait for the report of their answer. A report comes a second after its utterance at most, in
    /// which nobody stops speaking more often; past it the oldest is measured no more.
    public static let mostWaits = 4

    private enum Turn {
        case none
        /// - Parameter bot: has said nothing yet, speaks, or has stopped at a moment.
        case running(since: Moment, bot: Bot)
    }

    private enum Bot {
        case hasNotSpoken, speaks
        case stopped(at: Moment)
    }

    /// A silence of the caller's, in which an answer may begin.
    private struct Wait {
        let lastSound: Moment
        /// When the caller went on.
        var end: Moment?

        func isAnswered(by report: UtteranceReport) -> Bool {
            guard report.queuedAt >= lastSound else { return false }
            guard let end else { return true }
            return report.heardAt.map { $0 < end } ?? false
        }
    }

    private let silence: Duration
    private var number = 1
    private var turn: Turn
    private var waits: [Wait] = []

    /// - Parameters:
    ///   - stop: the silence that ends the caller's turn (``UserTurn/Times/stop``).
    ///   - now: the call's start.
    public init(stop: Duration = UserTurn.Times().stop, at now: Moment) {
        silence = stop
        turn = .running(since: now, bot: .hasNotSpoken)
    }

    // MARK: What happens

    /// The caller's turn begins. Told before an interruption that comes with it.
    public mutating func userStarted(at now: Moment) -> ConversationEvent? {
        if let last = waits.indices.last, waits[last].end == nil { waits[last].end = now }
        return nextTurn(at: now)
    }

    /// The caller's turn is over.
    ///
    /// - Parameter silence: how much earlier the caller's last sound was; `nil` for the stop time.
    public mutating func userStopped(at now: Moment, silence: Duration? = nil) {
        if waits.count >= Self.mostWaits { waits.removeFirst() }
        waits.append(Wait(lastSound: now - (silence ?? self.silence), end: nil))
    }

    /// The caller begins to hear the bot.
    public mutating func botStarted(at now: Moment) {
        if case .running(let since, _) = turn { turn = .running(since: since, bot: .speaks) }
    }

    /// The caller has heard the bot's last word.
    public mutating func botStopped(at now: Moment) {
        if case .running(let since, .speaks) = turn { turn = .running(since: since, bot: .stopped(at: now)) }
    }

    /// An interruption has reached playout.
    public mutating func interrupted(at now: Moment) -> ConversationEvent? {
        guard case .running(let since, .speaks) = turn else { return nil }
        turn = .running(since: now, bot: .hasNotSpoken)
        return event(since: since, until: now, wasInterrupted: true)
    }

    /// The account of an utterance is closed.
    public mutating func utterance(_ report: UtteranceReport) -> ConversationEvent? {
        guard let index = waits.firstIndex(where: { $0.isAnswered(by: report) }) else { return nil }
        let lastSound = waits[index].lastSound
        waits.removeFirst(index + 1)
        return .latency(
            ConversationEvent.TurnLatency(
                queued: report.queuedAt - lastSound, sent: report.sentAt.map { $0 - lastSound },
                heard: report.heardAt.map { $0 - lastSound }, isEstimate: report.isEstimate))
    }

    /// The call is over.
    public mutating func ended(at now: Moment) -> ConversationEvent? {
        guard case .running(let since, let bot) = turn else { return nil }
        turn = .none
        switch bot {
        case .hasNotSpoken, .speaks: return event(since: since, until: now, wasInterrupted: true)
        case .stopped(let end): return event(since: since, until: end, wasInterrupted: false)
        }
    }

    /// When ``poll(at:)`` will have something to say.
    public var wake: Moment? {
        guard case .running(_, .stopped(let at)) = turn else { return nil }
        return at.after(Interval(Self.turnEnd))
    }

    public mutating func poll(at now: Moment) -> ConversationEvent? {
        guard let wake, wake <= now, case .running(let since, .stopped(let end)) = turn else { return nil }
        turn = .none
        return event(since: since, until: end, wasInterrupted: false)
    }

    private mutating func nextTurn(at now: Moment) -> ConversationEvent? {
        let due = poll(at: now)
        guard case .running(let since, let bot) = turn else {
            turn = .running(since: now, bot: .hasNotSpoken)
            return due
        }
        let ended: ConversationEvent
        switch bot {
        case .hasNotSpoken: return nil
        case .speaks: ended = event(since: since, until: now, wasInterrupted: true)
        case .stopped: ended = event(since: since, until: now, wasInterrupted: false)
        }
        turn = .running(since: now, bot: .hasNotSpoken)
        return ended
    }

    private mutating func event(since: Moment, until end: Moment, wasInterrupted: Bool) -> ConversationEvent {
        defer { number += 1 }
        return .turn(ConversationEvent.Turn(number: number, duration: end - since, wasInterrupted: wasInterrupted))
    }
}
