import Call

/// What callbacks, lists and streams say about a call.
extension CallLife {
    /// Callbacks kept until an attempt's id is known. A call has about four; the rest come again or are asked for.
    static let mostEarly = 16
    /// How long the provider has to end a call by itself once its stream is over.
    static let streamEndGrace = Duration.seconds(10)

    /// The call is known to have been placed.
    mutating func settle(as id: String?, _ rules: DialRules, at now: DialTime) -> Consequences {
        var consequences = Consequences()
        switch phase {
        case .over: return consequences
        case .placed: break
        case .waiting, .prepared, .asked, .lost:
            // A request that was not let out is none.
            if phase == .prepared { call.attempts -= 1 }
            call.attempts = max(call.attempts, 1)
            if phase == .waiting {
                call.status = .dialing
                call.detail = nil
                consequences.isEvent = true
            }
            phase = .placed
            reconcile = nil
            askedAt = askedAt ?? now.moment
            news = now.moment
            consequences.isChanged = true
        }
        guard let id, call.providerCallID == nil else { return consequences }
        call.providerCallID = id
        consequences.isChanged = true
        consequences.isEvent = true
        if plan != nil, ending == .none || ending == .lookingUp && canHangUp(rules) {
            consequences.merge(startHangUp(rules, at: now))
        }
        return consequences
    }

    /// One callback, or what a list says.
    mutating func heard(_ event: DialEvent, _ rules: DialRules, at now: DialTime) -> Consequences {
        if let id = event.providerCallID, let own = call.providerCallID, id != own { return Consequences() }
        guard !isOver else { return correct(event, at: now) }
        if case .asked = phase, call.attempts > 1, call.providerCallID == nil, event.providerCallID != nil {
            if early.count < Self.mostEarly { early.append(event) }
            return Consequences()
        }
        var consequences = settle(as: event.providerCallID, rules, at: now)
        if let machine = event.machine { consequences.merge(heard(machine, rules, at: now)) }
        if let state = event.state { consequences.merge(moved(to: state, code: event.code, at: now)) }
        return consequences
    }

    private mutating func moved(to state: DialState, code: String?, at now: DialTime) -> Consequences {
        switch state {
        case .queued, .dialing: return Consequences()
        case .ringing:
            guard call.status.rank < DialStatus.ringing.rank else { return Consequences() }
            call.status = .ringing
        case .answered:
            guard call.status.rank < DialStatus.answered.rank else { return Consequences() }
            call.status = .answered
            wasAnswered(at: now)
        case .ended(let end):
            call.code = code ?? call.code
            return over(end, at: now)
        }
        call.code = code ?? call.code
        newsCame(at: now)
        return Consequences(isChanged: true, isEvent: true)
    }

    private mutating func newsCame(at now: DialTime) {
        news = now.moment
        if ending != .lookingUp { reconcile = nil }
    }

    private mutating func wasAnswered(at now: DialTime) {
        guard call.answeredAt == nil else { return }
        call.answeredAt = now.unixTime
        answeredAt = now.moment
        streamAwaitedFrom = now.moment
    }

    /// An end that came after the call was given up as unknown. All other ends are final.
    private mutating func correct(_ event: DialEvent, at now: DialTime) -> Consequences {
        guard call.status == .ended(.unknown) else { return Consequences() }
        if call.providerCallID == nil { call.providerCallID = event.providerCallID }
        guard case .ended(let end)? = event.state, end != .unknown else { return Consequences() }
        call.code = event.code ?? call.code
        call.endedAt = now.unixTime
        return self.end(end, detail: nil, at: now)
    }

    // MARK: Machine detection

    private mutating func heard(_ verdict: MachineVerdict, _ rules: DialRules, at now: DialTime) -> Consequences {
        if verdict == .unknown, call.machine == .machine { return lostBeep() }
        guard Self.says(verdict, moreThan: call.machine) else { return Consequences() }
        call.machine = verdict
        var consequences = Consequences(isChanged: true, isEvent: true, told: hasStream ? verdict : nil)
        guard isUnwantedMachine else { return consequences }
        let endsMachines = rules.providers[call.request.provider]?.endsMachines ?? false
        if plan == nil, !endsMachines {
            plan = Self.machinePlan
            consequences.merge(startHangUp(rules, at: now))
        } else if plan == Self.plainEnd {
            plan = Self.machinePlan
        }
        return consequences
    }

    /// The provider has stopped listening for the beep. The call stays a machine's; a bot that waits for the beep has to know.
    private mutating func lostBeep() -> Consequences {
        guard hasStream, !isBeepLost else { return Consequences() }
        isBeepLost = true
        return Consequences(told: .unknown)
    }

    /// A beep comes after its machine, however the callbacks are ordered, and "unknown" says nothing.
    private static func says(_ verdict: MachineVerdict, moreThan known: MachineVerdict?) -> Bool {
        guard let known else { return true }
        return verdict != known && verdict != .unknown && known != .beep
    }

    // MARK: The stream

    mutating func streamBegan(_ id: String?, _ rules: DialRules, at now: DialTime) -> Consequences {
        guard !isOver else { return Consequences() }
        var consequences = settle(as: call.providerCallID ?? id, rules, at: now)
        guard !isOver else { return consequences }
        hasStream = true
        if case .grace = ending {
            ending = .none
            plan = nil
            consequences.isChanged = true
        }
        if call.status.rank < DialStatus.streaming.rank {
            wasAnswered(at: now)
            call.status = .streaming
            call.streamingAt = now.unixTime
            consequences.isChanged = true
            consequences.isEvent = true
        }
        newsCame(at: now)
        consequences.told = call.machine ?? consequences.told
        return consequences
    }

    mutating func streamEnded(_ termination: Termination, _ rules: DialRules, at now: DialTime) -> Consequences {
        var plan = Self.plan(after: termination)
        if plan == Self.plainEnd, isUnwantedMachine { plan = Self.machinePlan }
        guard !isOver else {
            guard call.status == .ended(.unknown) else { return Consequences() }
            call.endedAt = now.unixTime
            return end(plan.end, detail: plan.detail, at: now)
        }
        var consequences = settle(as: nil, rules, at: now)
        hasStream = false
        guard ending == .none else { return consequences }
        self.plan = self.plan ?? plan
        ending = .grace(until: now.moment + Self.streamEndGrace)
        consequences.isChanged = true
        return consequences
    }

    private static func plan(after termination: Termination) -> Plan {
        switch termination {
        case .botFailed, .refused, .noStart, .protocolViolation: Plan(end: .failed, detail: termination.rawValue)
        case .completed, .callerHungUp, .transferred: plainEnd
        case .canceled: Plan(end: .completed, detail: cancelSentence)
        case .connectionLost, .idleTimeout, .maximumDuration, .peerTooSlow, .shutdown:
            Plan(end: .completed, detail: termination.rawValue)
        }
    }

    /// Of a call whose stream ended as streams do.
    static let plainEnd = Plan(end: .completed, detail: nil)
    static let machinePlan = Plan(end: .machine, detail: machineSentence)
    static let cancelSentence = "ended over the control API"
}
