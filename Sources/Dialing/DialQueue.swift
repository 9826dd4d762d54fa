import Call

/// A place in the queue: higher priority first, then who came first.
struct QueuePlace: Comparable, Hashable, Sendable {
    let priority: Int
    let serial: Int

    static func < (a: QueuePlace, b: QueuePlace) -> Bool {
        a.priority == b.priority ? a.serial < b.serial : a.priority > b.priority
    }
}

/// The calls of one provider that wait, and those whose number is taken aside of them, so that nobody waits behind them.
///
/// Calls that have ended meanwhile stay in the heaps until they come to the front or are too many: whoever takes one out looks.
struct DialQueue: Sendable {
    /// Heaps are swept when they hold more than twice as many as wait, and so many more.
    private static let slack = 256

    private var ready = Heap<QueuePlace>()
    /// By number.
    private var parked: [PhoneNumber: Heap<QueuePlace>] = [:]
    /// Calls that wait, wherever they stand.
    var count = 0

    var first: QueuePlace? { ready.first }

    mutating func add(_ place: QueuePlace, isWaiting: (Int) -> Bool) {
        if ready.count > 2 * count + Self.slack { ready.keep { isWaiting($0.serial) } }
        ready.insert(place)
    }

    mutating func popFirst() -> QueuePlace? { ready.popFirst() }

    /// The number is taken: the call waits until ``free(_:isWaiting:)``.
    mutating func park(_ place: QueuePlace, for number: PhoneNumber, isWaiting: (Int) -> Bool) {
        var heap = parked.removeValue(forKey: number) ?? Heap()
        if heap.count > 2 * count + Self.slack { heap.keep { isWaiting($0.serial) } }
        heap.insert(place)
        parked[number] = heap
    }

    /// The number is free: the first of those that waited for it stands in the queue again.
    mutating func free(_ number: PhoneNumber, isWaiting: (Int) -> Bool) {
        guard var heap = parked.removeValue(forKey: number) else { return }
        while let place = heap.popFirst() {
            guard isWaiting(place.serial) else { continue }
            ready.insert(place)
            break
        }
        if !heap.isEmpty { parked[number] = heap }
    }
}

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
    /// Create requests whose answer is awaited.
    var asked = 0
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
    func gate(behind waiting: Int = 0) -> Gate { backOffGate(behind: waiting).and(Gate(pace.free(behind: waiting))) }

    private func backOffGate(behind waiting: Int = 0) -> Gate {
        if backOff.isProbing && asked + waiting > 0 { return .closed }
        return Gate(backOff.until)
    }

    /// Whether only the pace holds calls back.
    func takesCalls(at now: Moment) -> Bool { backOffGate().isOpen(at: now) }
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
