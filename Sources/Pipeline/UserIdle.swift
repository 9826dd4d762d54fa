import Call

/// How long the bot waits for a caller who says nothing and presses nothing: first it asks again, then it gives up.
///
/// It waits from the bot's last word on, as Pipecat's `UserIdleController` does: never before the bot's first turn, not while either
/// side speaks, once for each time that the bot stops. The time to the end runs on through the bot's asking again.
public struct UserIdle: Sendable {
    public enum Action: Equatable, Sendable { case askAgain, hangUp }

    private enum State: Sendable {
        /// Somebody speaks, or the bot has not spoken yet.
        case busy
        case waiting(since: Moment, hasAsked: Bool)
    }

    private var askAfter: Interval?
    private var endAfter: Interval?
    private var state = State.busy
    private var isUserSpeaking = false
    /// Since when the caller has done nothing that the bot waited for.
    private var idleSince: Moment?

    /// - Parameters:
    ///   - askAfter: `nil` or 0: never.
    ///   - endAfter: since the bot first waited; `nil` or 0: never.
    public init(askAfter: Duration?, endAfter: Duration?) { set(askAfter, endAfter) }

    /// Other times from now on. Where the caller is waited for, the time to the asking begins anew; the time to the end runs on.
    public mutating func change(askAfter: Duration?, endAfter: Duration?, at now: Moment) {
        set(askAfter, endAfter)
        if case .waiting = state { state = .waiting(since: now, hasAsked: false) }
    }

    private mutating func set(_ askAfter: Duration?, _ endAfter: Duration?) {
        self.askAfter = askAfter.flatMap { $0 > .zero ? Interval($0) : nil }
        self.endAfter = endAfter.flatMap { $0 > .zero ? Interval($0) : nil }
    }

    /// When ``poll(at:)`` will have something to say; `nil` while nobody is waited for.
    public var wake: Moment? {
        guard case .waiting(let since, let hasAsked) = state else { return nil }
        let ask = hasAsked ? nil : askAfter.map { since.after($0) }
        guard let end = endAfter.map({ (idleSince ?? since).after($0) }) else { return ask }
        return ask.map { min($0, end) } ?? end
    }

    public mutating func botStarted() { state = .busy }

    public mutating func botStopped(at now: Moment) {
        guard !isUserSpeaking else { return }
        state = .waiting(since: now, hasAsked: false)
        idleSince = idleSince ?? now
    }

    public mutating func userStarted() {
        isUserSpeaking = true
        heard()
    }

    /// The bot's answer is waited for now, not the caller.
    public mutating func userStopped() { isUserSpeaking = false }

    public mutating func keyPressed() { heard() }

    /// - Returns: what is to be done now. Each is said once; after `hangUp` nobody is waited for.
    public mutating func poll(at now: Moment) -> Action? {
        guard case .waiting(let since, let hasAsked) = state else { return nil }
        if let endAfter, (idleSince ?? since).after(endAfter) <= now {
            state = .busy
            return .hangUp
        }
        guard !hasAsked, let askAfter, since.after(askAfter) <= now else { return nil }
        state = .waiting(since: since, hasAsked: true)
        return .askAgain
    }

    private mutating func heard() {
        state = .busy
        idleSince = nil
    }
}
