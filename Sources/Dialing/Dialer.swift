import Call

/// Who is called when, as a value: what happens and the time go in, what is to be done comes out. It does no I/O.
///
/// Never a second call to a person because an answer was lost: a create request whose fate is not known is looked up at the provider
/// before anything else is sent for that call, and what cannot be known ends as `unknown`. One number has one call in the air at a
/// time. After each `accept` and `handle`, poll until it says `idle`.
public struct Dialer: Sendable {
    /// How long ended calls and idempotency keys are remembered. Units: seconds.
    public static let remembered: Double = 86_400
    /// Most ended calls that are remembered, twice what ``DialCaps`` lets through in a day; past it the oldest is forgotten early.
    public static let mostRemembered = 200_000

    let rules: DialRules
    var lanes: [DialLane] = []
    var laneOf: [ProviderName: Int] = [:]
    /// Of all providers together.
    var pace: RateLimit
    var caps: CapBook
    var chance: SplitMix64
    public internal(set) var isPaused = false
    private(set) var isDraining = false
    /// Whether nothing is placed.
    var isHeld: Bool { isPaused || isDraining }

    var calls = CallTable()
    var nextSerial = 0
    var byID: [String: Int] = [:]
    var byKey: [String: Int] = [:]
    var byProviderID: [String: Int] = [:]
    /// Provider ids of calls to a number, for look-ups.
    var idsTo: [PhoneNumber: [String]] = [:]
    /// Calls in the air to a number.
    var taken: [PhoneNumber: Int] = [:]
    /// Calls that have not ended, the oldest first, and some that have: they are swept out once they are half of it.
    var order: [Int] = []
    /// Calls that have ended, in that order.
    var endedCalls = Queue<EndedCall>()
    public internal(set) var queued = 0
    public internal(set) var inTheAir = 0

    var timers = Heap<DialTimer>()
    /// The lane that has its turn.
    var turn = 0

    var lastRecord: UInt64 = 0
    var synced: UInt64 = 0
    var lines = Queue<JournalLine>()
    var logs = Queue<DialLog>()
    var held = Queue<HeldOutput>()
    /// Events that were not delivered.
    var undelivered: Set<UInt64> = []

    struct EndedCall: Sendable {
        let serial: Int
        let unixTime: Double
    }

    /// An effect and the record that has to be on disk before it.
    struct HeldOutput: Sendable {
        let record: UInt64
        let output: DialOutput
    }

    struct DialTimer: Comparable, Sendable {
        let at: Moment
        let serial: Int

        static func < (a: DialTimer, b: DialTimer) -> Bool { a.at < b.at }
    }

    /// - Parameters:
    ///   - journal: what the last run left; its calls in the air are looked up, its queued ones go on.
    ///   - seed: for the jitter of back-offs.
    public init(_ rules: DialRules, journal: JournalFold = JournalFold(), seed: UInt64, at now: DialTime) {
        self.rules = rules
        pace = RateLimit(perSecond: rules.callsPerSecond)
        caps = CapBook(rules.caps, at: now.unixTime)
        chance = SplitMix64(state: seed)
        // Grown at once: to move a hundred thousand entries later takes hundredths of a second, and everybody waits.
        let many = min(max(rules.queue, 0), Self.mostRemembered)
        byID.reserveCapacity(many * 2)
        byKey.reserveCapacity(many * 2)
        for (name, provider) in rules.providers.sorted(by: { $0.key.text < $1.key.text }) { addLane(name, provider) }
        restore(journal, at: now)
    }

    // MARK: In

    /// Puts a call on the list.
    ///
    /// - Parameters:
    ///   - id: our id for it; not used when the key is known.
    ///   - key: the caller's idempotency key.
    public mutating func accept(_ request: DialRequest, id: String, key: String?, at now: DialTime) throws(DialRejection)
        -> DialAcceptance
    {
        advance(to: now)
        if let serial = key.flatMap({ byKey[$0] }), let known = calls[serial] {
            guard request.isSame(as: known.call.request) else { throw .keyReused }
            let isOnDisk = known.acceptedIn <= synced
            if !isOnDisk { hold(.accepted(known.call)) }
            return .known(known.call, isOnDisk: isOnDisk)
        }
        guard rules.providers[request.provider] != nil, let lane = laneOf[request.provider] else { throw .unknownProvider }
        guard queued < rules.queue else {
            throw .queueFull(limit: rules.queue, retryAfter: secondsToFreePlace(in: lanes[lane], at: now.moment))
        }
        if let refusal = caps.refusal(at: now.unixTime) { throw refusal }
        caps.accept(at: now.unixTime, now: now.unixTime)
        let call = DialedCall(id: id, request: request, createdAt: now.unixTime)
        let facts = CallFacts(id: id, key: key, request: request, createdAt: now.unixTime)
        let record = write(.accepted(facts), at: now)
        var life = CallLife(serial: nextSerial, key: key, call: call, acceptedAt: now.moment)
        life.acceptedIn = record
        add(life)
        hold(.accepted(call))
        return .new(call)
    }

    /// Units: seconds.
    private func secondsToFreePlace(in lane: DialLane, at now: Moment) -> Int {
        // Somebody has to resume first; nobody knows when.
        if isPaused { return 60 }
        let turn = max(lane.pace.interval, pace.interval) / 1_000_000_000 + 1
        let rest = lane.backOff.until.map { max(0, ($0 - now).nanoseconds / 1_000_000_000) } ?? 0
        return Int(min(turn + rest, 3_600))
    }

    public mutating func handle(_ input: DialInput, at now: DialTime) {
        advance(to: now)
        switch input {
        case .synced(let through): synced = max(synced, min(through, lastRecord))
        case .placed(let id, let outcome): change(id, at: now) { $0.answered(outcome, $1, at: now) }
        case .notSent(let id, let why): change(id, at: now) { $0.notSent(why, $1, at: now) }
        case .found(let id, let finding):
            let isOthers = isOthers(finding, of: id)
            change(id, at: now) { $0.found(finding, isOthers: isOthers, $1, at: now) }
        case .hungUp(let id, let failure): change(id, at: now) { $0.hungUp(failure: failure, $1, at: now) }
        case .callback(let provider, let id, let event): heard(event, from: provider, about: id, at: now)
        case .streamBegan(let id, let providerCallID):
            change(id, at: now) { $0.streamBegan(providerCallID, $1, at: now) }
        case .streamEnded(let id, let termination):
            change(id, at: now) { $0.streamEnded(termination, $1, at: now) }
        case .cancel(let id): change(id, at: now) { $0.cancel($1, at: now) }
        case .pause: pause(at: now)
        case .resume:
            guard isPaused else { return }
            isPaused = false
            write(.resumed, at: now)
        case .delivered(let event): if undelivered.remove(event) != nil { write(.delivered(event: event), at: now) }
        case .tick: break
        }
    }

    private func isOthers(_ finding: DialFinding, of id: String) -> Bool {
        guard case .found(let providerCallID, _) = finding, let owner = byProviderID[providerCallID] else { return false }
        return owner != byID[id]
    }

    private mutating func heard(_ event: DialEvent, from provider: ProviderName, about id: String?, at now: DialTime) {
        let named = (id ?? event.callID).flatMap { byID[$0] }
        let known = event.providerCallID.flatMap { byProviderID[$0] }
        guard let serial = named ?? known, known == nil || known == serial, calls[serial]?.call.request.provider == provider else {
            logs.append(.stranger(providerCallID: event.providerCallID))
            return
        }
        change(serial, at: now) { $0.heard(event, $1, at: now) }
    }

    private mutating func pause(at now: DialTime) {
        guard !isPaused else { return }
        isPaused = true
        write(.paused, at: now)
        unprepare(at: now)
    }

    /// From here on nothing more is placed by this value; unlike ``DialInput/pause`` the next one goes on with what waits.
    public mutating func drain(at now: DialTime) {
        isDraining = true
        unprepare(at: now)
    }

    private mutating func unprepare(at now: DialTime) {
        for lane in lanes.indices {
            while let prepared = lanes[lane].prepared.popFirst() {
                guard isStill(prepared) else { continue }
                change(prepared.serial, at: now) { life, _ in life.unprepare() }
            }
        }
    }

    // MARK: Looking

    public func call(_ id: String) -> DialedCall? { byID[id].flatMap { calls[$0]?.call } }

    /// Calls that have not ended, the oldest first.
    public var open: [DialedCall] { open(limit: .max) }

    /// The oldest of the calls that have not ended.
    public func open(limit: Int) -> [DialedCall] {
        var found: [DialedCall] = []
        for serial in order {
            guard found.count < limit else { break }
            if let life = calls[serial], !life.isOver { found.append(life.call) }
        }
        return found
    }

    /// How many calls have not ended.
    public var openCount: Int { queued + inTheAir }
}
