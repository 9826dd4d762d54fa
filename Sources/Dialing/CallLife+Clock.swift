import Call

/// What the clock does to a call, and how a call is ended by us.
extension CallLife {
    /// How long after the ring time-out a call may be silent before its provider is asked. Callbacks come within seconds.
    static let silence = Duration.seconds(30)
    /// How much longer than its maximum a call may last: the provider ends it too, and should be first.
    static let durationGrace = Duration.seconds(5)
    /// Longest wait for the answer to a create request. Server gives up earlier and says `unknown`; this is for one that never says.
    static let answerPatience = Duration.seconds(120)
    /// Longest wait for the answer to a hang-up; then it counts as failed.
    static let hangUpPatience = Duration.seconds(60)
    /// How long after a hang-up the provider's last callback is awaited.
    static let hangUpGrace = Duration.seconds(10)
    /// Waits before a hang-up that failed is tried again; behind the last one the lists are asked whether the call still lives.
    static let hangUpWaits: [Duration] = [.seconds(2), .seconds(5), .seconds(15)]

    func canHangUp(_ rules: DialRules) -> Bool { rules.providers[call.request.provider]?.canHangUp ?? true }

    /// When ``due(_:at:)`` has something to do.
    func deadline(_ rules: DialRules) -> Moment? {
        switch phase {
        case .waiting: [queueDeadline, notBefore].compactMap(\.self).min()
        case .prepared: nil
        case .asked(let at): at + Self.answerPatience
        case .lost: reconcile?.deadline
        case .placed: [reconcile?.deadline, clock(rules)].compactMap(\.self).min()
        case .over: heldUntil
        }
    }

    private var queueDeadline: Moment { acceptedAt.after(seconds: call.request.queueTime) }

    private func clock(_ rules: DialRules) -> Moment? {
        switch ending {
        case .none:
            guard call.status.rank >= DialStatus.answered.rank else { return reconcile == nil ? silenceDeadline : nil }
            return [durationDeadline, streamDeadline(rules)].compactMap(\.self).min()
        case .grace(let until), .hungUp(let until), .hangUpAgain(let until): return until
        case .hangUpAsked(let at): return at + Self.hangUpPatience
        case .lookingUp: return nil
        }
    }

    var silenceDeadline: Moment { (news ?? askedAt ?? acceptedAt).after(seconds: call.request.ringTimeout) + Self.silence }

    private var durationDeadline: Moment? {
        answeredAt.map { $0.after(seconds: call.request.maximumDuration) + Self.durationGrace }
    }

    private func streamDeadline(_ rules: DialRules) -> Moment? {
        guard !hasStream, let timeout = rules.streamTimeout, let streamAwaitedFrom else { return nil }
        return streamAwaitedFrom + timeout
    }

    /// What is due at the moment, one thing at a time.
    mutating func due(_ rules: DialRules, at now: DialTime) -> Consequences {
        switch phase {
        case .waiting:
            guard now.moment < queueDeadline else {
                return end(.canceled, detail: "not placed within \(call.request.queueTime) s", at: now)
            }
            notBefore = nil
            return Consequences(requeues: true)
        case .prepared: return Consequences()
        case .asked:
            return answered(.unknown("no answer to the create request within \(Self.answerPatience)"), rules, at: now)
        case .lost: return reconcileDue(rules, at: now)
        case .placed:
            if let deadline = clock(rules), now.moment >= deadline { return clockDue(rules, at: now) }
            return reconcileDue(rules, at: now)
        case .over:
            heldUntil = nil
            return Consequences()
        }
    }

    private mutating func reconcileDue(_ rules: DialRules, at now: DialTime) -> Consequences {
        switch reconcile?.due(at: now.moment) {
        case .askNow?: return Consequences(asksList: true)
        case .noAnswer?: return toldNothing("the look-up was not answered", rules, at: now)
        case .nothing?, nil: return Consequences()
        }
    }

    private mutating func clockDue(_ rules: DialRules, at now: DialTime) -> Consequences {
        switch ending {
        case .none:
            guard call.status.rank >= DialStatus.answered.rank else {
                reconcile = Reconcile(at: now.moment)
                return Consequences()
            }
            plan = plan ?? planOfClock(rules, at: now.moment)
            return startHangUp(rules, at: now)
        case .grace, .hangUpAgain: return startHangUp(rules, at: now)
        case .hangUpAsked: return hungUp(failure: "the hang-up was not answered", rules, at: now)
        case .hungUp:
            guard let plan else { return Consequences() }
            let answered = plan.end == .canceled && call.answeredAt != nil
            return end(answered ? .completed : plan.end, detail: plan.detail, at: now)
        case .lookingUp: return Consequences()
        }
    }

    private func planOfClock(_ rules: DialRules, at now: Moment) -> Plan {
        if let durationDeadline, now >= durationDeadline {
            return Plan(end: .completed, detail: "ended at its maximum of \(call.request.maximumDuration) s")
        }
        let seconds = rules.streamTimeout.map { $0.milliseconds / 1_000 } ?? 0
        return Plan(
            end: .failed,
            detail: call.streamingAt == nil
                ? "answered, but no stream opened within \(seconds) s"
                : "its stream ended with the server and did not open again within \(seconds) s")
    }

    // MARK: Ending it

    mutating func cancel(_ rules: DialRules, at now: DialTime) -> Consequences {
        switch phase {
        case .over: return Consequences()
        case .waiting: return end(.canceled, detail: Self.cancelSentence, at: now)
        case .prepared:
            _ = unprepare()
            return end(.canceled, detail: Self.cancelSentence, at: now)
        case .asked, .lost, .placed: break
        }
        guard canHangUp(rules) else { return Consequences() }
        switch ending {
        case .none: break
        case .grace: return startHangUp(rules, at: now)
        case .hangUpAsked, .hangUpAgain, .hungUp, .lookingUp: return Consequences()
        }
        guard plan == nil else { return Consequences() }
        plan = Plan(end: call.answeredAt == nil ? .canceled : .completed, detail: Self.cancelSentence)
        return phase == .placed ? startHangUp(rules, at: now) : Consequences(isChanged: true)
    }

    /// Ends the call at its provider; where that cannot be done, its lists are asked until they say that it has ended. A provider without
    /// a request for it is asked all the same while there is a stream: it is closed, and behind it the provider ends the call.
    mutating func startHangUp(_ rules: DialRules, at now: DialTime) -> Consequences {
        guard canHangUp(rules), call.providerCallID != nil else {
            ending = .lookingUp
            reconcile = Reconcile(at: now.moment)
            return Consequences(isChanged: true, hangsUp: hasStream && !canHangUp(rules))
        }
        ending = .hangUpAsked(at: now.moment)
        reconcile = nil
        return Consequences(isChanged: true, hangsUp: true)
    }

    mutating func hungUp(failure: String?, _ rules: DialRules, at now: DialTime) -> Consequences {
        guard case .hangUpAsked = ending else { return Consequences() }
        guard let failure else {
            ending = .hungUp(until: now.moment + Self.hangUpGrace)
            return Consequences()
        }
        if hangUpFailures < Self.hangUpWaits.count {
            ending = .hangUpAgain(at: now.moment + Self.hangUpWaits[hangUpFailures])
            hangUpFailures += 1
        } else {
            ending = .lookingUp
            reconcile = Reconcile(at: now.moment)
        }
        return Consequences(log: [.hangUpFailed(call: call.id, failure)])
    }
}
