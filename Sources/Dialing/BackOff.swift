import Call

/// How long a provider is left alone: after several requests in a row that it turned away, left without a clear answer, or that did not
/// reach it. One of these can be that call's alone (limits on requests at the same time are), and holds back that call.
///
/// Where no time is named: exponential with full jitter (*Exponential Backoff And Jitter*, AWS Architecture Blog, 2015).
struct BackOff: Sendable {
    /// Units: milliseconds.
    static let first: Int64 = 1_000
    /// Longest wait when the provider names none. Units: milliseconds.
    static let longest: Int64 = 60_000
    /// Most that is put on top of a time that the provider names, so that replicas do not come back together. Units: milliseconds.
    static let jitter: Int64 = 250
    /// Longest time that a provider may name. Units: seconds.
    static let longestNamed = 3_600

    /// Requests in a row of which nothing good came, behind which the provider is taken to be in trouble.
    static let doubts = 3
    /// The same where it names a time: that it is the provider's own limit is likelier.
    static let namedDoubts = 2

    /// How long the answer to a probe is awaited before the next one. Answers take tenths of a second; one that is lost must not hold
    /// up everything for as long as a request may take.
    static let probing = Duration.seconds(2)

    /// Failures since the last success.
    private(set) var failures = 0
    /// Nothing is sent before.
    private(set) var until: Moment?
    private var began: Moment?
    private var doubtsInARow = 0
    private var lastSuccess: Moment?
    /// When the request went out that shows whether the provider takes calls again.
    private var probe: Moment?

    /// Whether one request at a time is sent, to see if the provider takes them again.
    var isProbing: Bool { failures > 0 }

    /// When the next request may go out.
    ///
    /// - Parameter isBehind: whether another one goes out first.
    func gate(isBehind: Bool) -> Gate {
        guard isProbing else { return Gate(until) }
        return isBehind ? .closed : Gate(until).and(Gate(probe.map { $0 + Self.probing }))
    }

    /// The wait that a provider asks for. Units: milliseconds.
    static func named(_ seconds: Int?, _ chance: inout SplitMix64) -> Int64? {
        seconds.map { Int64(min(max($0, 0), longestNamed)) * 1_000 + Int64.random(in: 0..<jitter, using: &chance) }
    }

    /// A wait when none is named. Units: milliseconds.
    ///
    /// - Parameter failures: those before this one.
    static func wait(after failures: Int, _ chance: inout SplitMix64) -> Int64 {
        Int64.random(in: 1...min(first << Int64(min(max(failures, 0), 6)), longest), using: &chance)
    }

    /// A request goes out.
    mutating func send(at now: Moment) { if isProbing { probe = now } }

    /// A request that was sent at the moment failed.
    ///
    /// - Returns: the wait that begins; `nil` when the request was sent before the present wait began, and so is the same failure.
    mutating func fail(sent: Moment, afterSeconds: Int?, at now: Moment, _ chance: inout SplitMix64) -> Int64? {
        let named = Self.named(afterSeconds, &chance)
        if sent == probe { probe = nil }
        if let began, sent < began {
            // Only a longer wait that is asked for counts.
            guard let named, let until, now + .milliseconds(named) > until else { return nil }
            self.until = now + .milliseconds(named)
            return named
        }
        let wait = named ?? Self.wait(after: failures, &chance)
        failures += 1
        began = now
        until = now + .milliseconds(wait)
        return wait
    }

    /// Nothing good came of a request that was sent at the moment.
    ///
    /// - Returns: the wait that begins, if one does.
    mutating func doubt(sent: Moment, afterSeconds: Int?, at now: Moment, _ chance: inout SplitMix64) -> Int64? {
        if sent == probe { probe = nil }
        if let lastSuccess, sent < lastSuccess { return nil }
        doubtsInARow += 1
        let isEnough = doubtsInARow >= (afterSeconds == nil ? Self.doubts : Self.namedDoubts)
        return isEnough ? fail(sent: sent, afterSeconds: afterSeconds, at: now, &chance) : nil
    }

    /// A request that was sent at the moment was taken, or refused for a reason of its own.
    mutating func succeed(sent: Moment) {
        lastSuccess = max(lastSuccess ?? sent, sent)
        doubtsInARow = 0
        if let began, sent < began { return }
        failures = 0
        until = nil
        probe = nil
    }
}
