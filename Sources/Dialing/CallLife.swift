import Call

/// One outbound call from its acceptance to its end, as a value: told what happened, it says what follows.
///
/// It moves forward only. It does not know the other calls: who is placed when is decided by ``Dialer``.
struct CallLife: Sendable {
    /// What follows from something that happened to a call.
    struct Consequences: Sendable {
        /// What stands in the call is to be written.
        var isChanged = false
        /// … and to be told.
        var isEvent = false
        var hangsUp = false
        var asksList = false
        /// It has waited long enough after it was turned away.
        var requeues = false
        var told: MachineVerdict?
        /// The provider did not place it; the seconds are how long it wants to be left alone.
        var backsOff: TurnedAway?
        /// It is not known what the provider did.
        var doubts = false
        var providerTakesCalls = false
        /// Another create request will be sent; the sentence says why.
        var retries: String?
        var log: [DialLog] = []
    }

    struct TurnedAway: Sendable { var afterSeconds: Int? }

    enum Phase: Sendable, Equatable {
        case waiting
        /// Recorded as dialling; the create request has not been let out.
        case prepared
        /// The create request is out.
        case asked(at: Moment)
        /// Its answer was lost.
        case lost(at: Moment)
        case placed
        case over
    }

    /// How the call is to end, once it was decided to end it.
    struct Plan: Sendable, Equatable {
        var end: DialEnd
        var detail: String?
    }

    enum Ending: Sendable, Equatable {
        case none
        /// The stream is over; the provider should end the call by itself.
        case grace(until: Moment)
        case hangUpAsked(at: Moment)
        case hangUpAgain(at: Moment)
        /// The provider took the hang-up; its last callback is awaited.
        case hungUp(until: Moment)
        /// It cannot be hung up; the lists may tell.
        case lookingUp
    }

    /// Accepted earlier, placed earlier; also the call's key in all tables.
    let serial: Int
    let key: String?
    let acceptedAt: Moment
    var call: DialedCall
    var phase = Phase.waiting
    var plan: Plan?
    var ending = Ending.none
    var hangUpFailures = 0
    var reconcile: Reconcile?
    /// Turned away by a provider that named no time: not on the list again before.
    var notBefore: Moment?
    /// When the create request went out.
    var askedAt: Moment?
    /// When the provider last said something new.
    var news: Moment?
    /// When it was answered, or a restart took its stream: from here the stream is awaited.
    var streamAwaitedFrom: Moment?
    var answeredAt: Moment?
    var hasStream = false
    /// Whether the bot has been told that no beep will come.
    var isBeepLost = false
    /// Callbacks about an id that may be an earlier attempt's, until the answer to the create request names this one's.
    var early: [DialEvent] = []
    /// The number stays taken although the call has ended here: at the provider it may live on.
    var heldUntil: Moment?
    /// The same for the journal. Units: seconds since 1970.
    var heldUntilTime: Double?
    /// The record of its acceptance.
    var acceptedIn: UInt64 = 0
    /// The time for which the dialer's clock is set.
    var timer: Moment?
    /// Records that were events, so that they are forgotten with the call.
    var events: [UInt64] = []

    init(serial: Int, key: String?, call: DialedCall, acceptedAt: Moment) {
        self.serial = serial
        self.key = key
        self.call = call
        self.acceptedAt = acceptedAt
    }

    var isWaiting: Bool { phase == .waiting }
    var isOver: Bool { phase == .over }
    var isInTheAir: Bool { !isWaiting && !isOver }
    /// Whether another call to the number has to wait.
    var takesNumber: Bool { isInTheAir || heldUntil != nil }
    /// Whether minutes are running.
    var isLive: Bool { isInTheAir && call.answeredAt != nil }

    // MARK: Placing

    mutating func prepare(at now: DialTime) -> Consequences {
        phase = .prepared
        notBefore = nil
        call.status = .dialing
        call.attempts += 1
        call.dialedAt = now.unixTime
        call.detail = nil
        call.code = nil
        return Consequences(isChanged: true, isEvent: true)
    }

    /// Takes back what was prepared: surely nothing was sent.
    mutating func unprepare() -> Consequences {
        guard phase == .prepared else { return Consequences() }
        call.attempts -= 1
        if call.attempts == 0 { call.dialedAt = nil }
        return wait()
    }

    mutating func letOut(at now: Moment) {
        phase = .asked(at: now)
        askedAt = now
        news = now
    }

    private mutating func wait() -> Consequences {
        phase = .waiting
        call.status = .queued
        reconcile = nil
        early = []
        return Consequences(isChanged: true, isEvent: true)
    }

    /// Back to the queue, as the provider surely did not place it.
    mutating func again(_ why: String, _ rules: DialRules, at now: DialTime) -> Consequences {
        if let plan { return end(plan.end, detail: plan.detail, at: now) }
        guard call.attempts < rules.attempts else {
            return end(.failed, detail: "not placed in \(call.attempts) attempts; the last one: \(why)", at: now)
        }
        var consequences = wait()
        call.detail = why
        consequences.retries = why
        return consequences
    }

    // MARK: Ending

    /// - Parameter isSure: whether the call is over at the provider; if not, its number stays taken as long as it could last.
    mutating func end(
        _ end: DialEnd, detail: String?, isSure: Bool = true, _ rules: DialRules? = nil, at now: DialTime
    ) -> Consequences {
        call.status = .ended(end)
        call.detail = detail
        if call.endedAt == nil { call.endedAt = now.unixTime }
        // Nobody needs it any more, and it is the largest part.
        call.request.body = nil
        phase = .over
        reconcile = nil
        ending = .none
        early = []
        heldUntil = nil
        heldUntilTime = nil
        if !isSure, let longest = longestLife { hold(until: longest, at: now) }
        return Consequences(isChanged: true, isEvent: true)
    }

    private mutating func hold(until longest: Moment, at now: DialTime) {
        guard longest > now.moment else { return }
        heldUntil = longest
        heldUntilTime = now.unixTime + Double((longest - now.moment).milliseconds) / 1_000
    }

    /// Until when the call can live at its provider, which ends it at its maximum.
    private var longestLife: Moment? {
        let request = call.request
        if let answeredAt { return answeredAt.after(seconds: request.maximumDuration) + Self.durationGrace }
        return askedAt?.after(seconds: request.ringTimeout).after(seconds: request.maximumDuration)
    }

    /// The provider says that the call is over.
    mutating func over(_ end: DialEnd, at now: DialTime) -> Consequences {
        guard let plan else {
            let hungUp = isUnwantedMachine && end == .completed
            return self.end(hungUp ? .machine : end, detail: hungUp ? Self.machineSentence : call.detail, at: now)
        }
        switch end {
        // Its own reasons, of which a hang-up of ours is none.
        case .busy, .rejected, .machine: return self.end(end, detail: plan.detail, at: now)
        case .failed: return self.end(plan.end == .canceled ? .canceled : .failed, detail: plan.detail, at: now)
        case .completed, .noAnswer, .canceled, .unknown:
            // A cancelled call that was answered all the same is a completed one.
            let answered = end == .completed || call.answeredAt != nil
            return self.end(plan.end == .canceled && answered ? .completed : plan.end, detail: plan.detail, at: now)
        }
    }

    /// Whether a machine has answered a call that is to be ended then.
    var isUnwantedMachine: Bool {
        call.request.machineDetection == .hangup && (call.machine == .machine || call.machine == .beep)
    }

    static let machineSentence = "a machine answered"
}

extension CallLife.Consequences {
    mutating func merge(_ other: Self) {
        isChanged = isChanged || other.isChanged
        isEvent = isEvent || other.isEvent
        hangsUp = hangsUp || other.hangsUp
        asksList = asksList || other.asksList
        requeues = requeues || other.requeues
        told = other.told ?? told
        backsOff = other.backsOff ?? backsOff
        doubts = doubts || other.doubts
        providerTakesCalls = providerTakesCalls || other.providerTakesCalls
        retries = other.retries ?? retries
        log += other.log
    }
}

extension Moment {
    /// Longest time that is reckoned with: a year. Units: seconds.
    private static var longest: Int { 31_536_000 }

    func after(seconds: Int) -> Moment { self + .seconds(min(max(seconds, 0), Self.longest)) }
}

extension DialStatus {
    /// Forward is upward.
    var rank: Int {
        switch self {
        case .queued: 0
        case .dialing: 1
        case .ringing: 2
        case .answered: 3
        case .streaming: 4
        case .ended: 5
        }
    }
}
