import Call
/// What goes wrong at a provider, each with a probability from 0 to 1.
public struct FaultPlan: Sendable {
    /// Beside what fails, the words by which a fault is asked for.
    public enum Fault: String, CaseIterable, Sendable {
        /// Create requests: too many of them, with `Retry-After` and without.
        case tooMany = "429"
        case tooManyBare = "429-bare"
        /// Create requests: status 500, and the call was not placed, or was.
        case broken = "500"
        case brokenPlaced = "500-placed"
        /// Create requests: no answer ever comes.
        case silent = "timeout"
        case silentPlaced = "timeout-placed"
        /// Create requests: the connection is closed without an answer.
        case closed = "closed"
        case closedPlaced = "closed-placed"
        /// Requests that look calls up or end them: status 500.
        case lookup = "lookup"
        /// Callbacks: never sent, sent twice, sent after the next one, sent late.
        case lost, doubled, reordered, late
    }

    public private(set) var probabilities: [Fault: Double] = [:]
    /// What `Retry-After` asks for. Units: seconds.
    public var retryAfter = 1
    /// How much later a late callback comes.
    public var lateness: ClosedRange<Duration> = .seconds(2)...(.seconds(8))
    /// By how much a callback waits so that the next one passes it.
    public var swap: ClosedRange<Duration> = .milliseconds(200)...(.milliseconds(1_500))

    /// A list that cannot be read.
    public struct Mistake: Error, Equatable, CustomStringConvertible { public let description: String }

    public init() {}

    /// - Parameter text: `429=0.05,500-placed=0.01,lost=0.1`.
    public init(_ text: String) throws(Mistake) {
        let known = Fault.allCases.map(\.rawValue).joined(separator: ", ")
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1).map { String($0.filter { $0 != " " }) }
            guard parts.count == 2, let fault = Fault(rawValue: parts[0]) else {
                throw Mistake(description: "\(item): must be a fault and its probability, such as 429=0.05; faults are \(known)")
            }
            guard let probability = Double(parts[1]), (0...1).contains(probability) else {
                throw Mistake(description: "\(item): the probability must be from 0 to 1")
            }
            probabilities[fault] = probability
        }
        guard Self.answers.reduce(0, { $0 + probabilities[$1, default: 0] }) <= 1 else {
            throw Mistake(description: "the probabilities of what happens to a create request are more than 1 together")
        }
    }

    private static let answers: [Fault] = [
        .tooMany, .tooManyBare, .broken, .brokenPlaced, .silent, .silentPlaced, .closed, .closedPlaced,
    ]

    /// What happens to a create request; at most one thing.
    func ofCreate(_ chance: inout SplitMix64) -> Fault? {
        var left = chance.nextFraction()
        for fault in Self.answers {
            left -= probabilities[fault, default: 0]
            if left < 0 { return fault }
        }
        return nil
    }

    func happens(_ fault: Fault, _ chance: inout SplitMix64) -> Bool {
        chance.happens(probabilities[fault, default: 0])
    }
}
