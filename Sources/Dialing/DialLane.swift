import Call

/// One provider's queue, pace and calls in the air.
struct DialLane: Sendable {
    /// How long before its turn a call is recorded as dialling, so that the disk does not cost pace.
    static let lead = Duration.milliseconds(250)
    /// Most look-ups a second, or a fifth of the calls a second if that is more: after a crash, everything in the air is looked up.
    static let lookUpsPerSecond = 5.0
    /// Ended calls whose ids a list of calls in the air may still show.
    static let mostRecent = 1_000

    struct Prepared: Sendable {
        let serial: Int
        let attempt: Int
        /// The record that has to be on disk.
        let record: UInt64
    }

    let name: ProviderName
    let rules: DialRules.Provider
    var queue = DialQueue()
    var pace: RateLimit
    var lookUpPace: RateLimit
    var backOff = BackOff()
    /// Recorded as dialling, to be let out in this order once that is on disk.
    var prepared = Queue<Prepared>()
    /// Of ``prepared``, those that still are.
    var preparedCount = 0
    var inTheAir = 0
    var lookUps = Queue<Int>()
    /// Provider ids of calls in the air, and of those that ended last.
    private(set) var ids: Set<String> = []
    private var endedIDs = Queue<String>()

    init(_ name: ProviderName, _ rules: DialRules.Provider) {
        self.name = name
        self.rules = rules
        pace = RateLimit(perSecond: rules.callsPerSecond)
        lookUpPace = RateLimit(perSecond: max(Self.lookUpsPerSecond, min(rules.callsPerSecond, 1e6) / 5))
    }

    mutating func learn(_ id: String) { ids.insert(id) }

    mutating func ended(_ id: String) {
        endedIDs.append(id)
        if endedIDs.count > Self.mostRecent, let gone = endedIDs.popFirst() { ids.remove(gone) }
    }

    /// When the next call may go out, as far as this provider goes.
    ///
    /// - Parameter waiting: prepared calls that go out before it.
    func gate(behind waiting: Int = 0) -> Gate { backOff.gate(isBehind: waiting > 0).and(Gate(pace.free(behind: waiting))) }

    /// Whether only the pace holds calls back.
    func takesCalls(at now: Moment) -> Bool { backOff.gate(isBehind: false).isOpen(at: now) }
}

/// When something may be done.
enum Gate: Equatable, Sendable {
    case open
    case at(Moment)
    /// Something has to come in first.
    case closed

    init(_ moment: Moment?) { self = moment.map { .at($0) } ?? .open }

    func and(_ other: Gate) -> Gate {
        switch (self, other) {
        case (.closed, _), (_, .closed): .closed
        case (.open, let gate), (let gate, .open): gate
        case (.at(let a), .at(let b)): .at(max(a, b))
        }
    }

    func isOpen(at now: Moment) -> Bool {
        switch self {
        case .open: true
        case .at(let moment): now >= moment
        case .closed: false
        }
    }

    func earlier(by lead: Duration) -> Gate { if case .at(let moment) = self { .at(moment - lead) } else { self } }

    /// When it is worth looking again; `nil`: not by the clock.
    func wake(at now: Moment) -> Moment? {
        switch self {
        case .open: now
        case .at(let moment): max(moment, now)
        case .closed: nil
        }
    }
}
