import Call

/// Looks for one call in its provider's lists, again and again with growing waits, and not for ever.
///
/// Two kinds of calls are looked up: those whose create answer was lost, and those of which the provider says nothing more.
struct Reconcile: Sendable, Equatable {
    /// Waits after each look-up that told nothing; behind the last one it is given up. Lists follow the calls within seconds as a
    /// rule, and within minutes when the provider is in trouble.
    static let waits: [Duration] = [.seconds(5), .seconds(15), .seconds(30), .seconds(60), .seconds(60)]
    /// Longest wait for the answer to a look-up. Server gives up earlier; this is for one that never comes.
    static let patience = Duration.seconds(120)

    private enum Step: Sendable, Equatable {
        case waiting(until: Moment)
        /// In the line of its provider's look-ups.
        case inLine
        case asked(at: Moment)
    }

    private var step: Step
    /// Look-ups that told nothing.
    private(set) var failures = 0

    init(at first: Moment) { step = .waiting(until: first) }

    /// When ``due(at:)`` has something to do.
    var deadline: Moment? {
        switch step {
        case .waiting(let until): until
        case .inLine: nil
        case .asked(let at): at + Self.patience
        }
    }

    var isInLine: Bool { step == .inLine }
    /// When the look-up was sent whose answer is awaited.
    var askedAt: Moment? { if case .asked(let at) = step { at } else { nil } }

    enum Due: Equatable { case nothing, askNow, noAnswer }

    mutating func due(at now: Moment) -> Due {
        switch step {
        case .waiting(let until):
            guard now >= until else { return .nothing }
            step = .inLine
            return .askNow
        case .inLine: return .nothing
        case .asked(let at): return now >= at + Self.patience ? .noAnswer : .nothing
        }
    }

    mutating func sent(at now: Moment) { step = .asked(at: now) }

    /// The look-up told nothing.
    ///
    /// - Returns: whether there will be another one.
    mutating func toldNothing(at now: Moment) -> Bool {
        guard failures < Self.waits.count else { return false }
        step = .waiting(until: now + Self.waits[failures])
        failures += 1
        return true
    }
}
