import Call

/// What happens to a call once it is dialled.
public enum CallFate: String, CaseIterable, Sendable {
    case answered, busy
    case noAnswer = "no-answer"
    /// The callee declines.
    case rejected
    /// The number cannot be reached.
    case failed
    /// An answering machine answers.
    case machine
}

/// Which fate which call has, and how long it takes.
public struct FatePlan: Sendable {
    /// How often each comes; together more than zero.
    public var weights: [CallFate: Double] = [.answered: 1]
    /// The fate of calls to these numbers, E.164 with their `+`.
    public var numbers: [String: CallFate] = [:]
    /// From the request to the first ring.
    public var setup: ClosedRange<Duration> = .milliseconds(100)...(.milliseconds(300))
    /// From the first ring to the answer, or to what comes in its place. Nobody answers: until the ring time-out.
    public var ring: ClosedRange<Duration> = .seconds(1)...(.seconds(1))
    /// From the answer to the callee's hanging up.
    public var talk: ClosedRange<Duration> = .seconds(5)...(.seconds(5))
    /// From the answer of a telephone that a call was transferred to until it hangs up.
    public var transferTalk: ClosedRange<Duration> = .seconds(5)...(.seconds(5))
    /// How long nobody answers when the request names no ring time-out shorter than this; `nil`: the provider's own time.
    public var patience: Duration?

    public init() {}

    func fate(of number: String, _ chance: inout SplitMix64) -> CallFate {
        // Chance is drawn for each call, so that one number's fate does not change those of the others.
        let draw = chance.nextFraction()
        if let fate = numbers[number] { return fate }
        let kinds = CallFate.allCases.filter { weights[$0, default: 0] > 0 }
        var left = draw * kinds.reduce(0) { $0 + weights[$1, default: 0] }
        for kind in kinds {
            left -= weights[kind, default: 0]
            if left < 0 { return kind }
        }
        return kinds.last ?? .answered
    }
}

/// How a simulated call ended.
public enum CallEnd: String, Sendable {
    case completed, busy
    case noAnswer = "no-answer"
    case rejected, failed, canceled, machine
}
