import Call

/// How a bot's `end` is carried out: what waits is played, the provider is asked whether it was, and then the call is over.
struct Farewell {
    /// The mark that asks whether the bot's last word was played.
    static let mark = "\(Confirmations.prefix)end"

    private enum State {
        case none
        /// The `end` has reached playout.
        case draining(Termination)
        /// Everything has left; it will have played at `playhead`, as modelled.
        case sent(Termination, playhead: Moment)
        case heard(Termination)
    }

    private var state = State.none

    /// Set when an `end` frame has reached playout.
    var reason: Termination? {
        switch state {
        case .none: nil
        case .draining(let reason), .sent(let reason, _), .heard(let reason): reason
        }
    }

    mutating func begin(_ reason: Termination) { if case .none = state { state = .draining(reason) } }

    /// Everything has left.
    ///
    /// - Parameter playhead: when it will have played, as modelled; `nil` when nothing was ever said.
    mutating func sent(playhead: Moment?) {
        guard case .draining(let reason) = state else { return }
        state = playhead.map { .sent(reason, playhead: $0) } ?? .heard(reason)
    }

    /// What had left was dropped by a clear: there is nothing more to hear.
    mutating func cleared(at now: Moment) { if case .sent(let reason, _) = state { state = .sent(reason, playhead: now) } }

    /// The provider returned ``mark``.
    mutating func confirmed() { if case .sent(let reason, _) = state { state = .heard(reason) } }

    /// When the call is over even without the provider's word.
    func deadline(_ confirmation: Interval) -> Moment? {
        if case .sent(_, let playhead) = state { playhead.after(confirmation) } else { nil }
    }

    /// The word for the call's end, once the last word was heard or should have been by now.
    func verdict(_ confirmation: Interval, at now: Moment) -> Termination? {
        switch state {
        case .none, .draining: nil
        case .sent(let reason, let playhead): playhead.after(confirmation) <= now ? reason : nil
        case .heard(let reason): reason
        }
    }

    /// The word when the far end goes first: the bot's, if all it said had played by then.
    func word(at now: Moment) -> Termination? {
        switch state {
        case .none, .draining: nil
        case .sent(let reason, let playhead): playhead <= now ? reason : nil
        case .heard(let reason): reason
        }
    }
}
