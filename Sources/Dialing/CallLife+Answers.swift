import Call

/// What the create request and the provider's lists answer.
extension CallLife {
    // MARK: The answer to the create request

    mutating func answered(_ outcome: DialOutcome, _ rules: DialRules, at now: DialTime) -> Consequences {
        switch outcome {
        case .accepted(let id):
            guard !isOver else { return corrected(id) }
            var consequences = settle(as: id, rules, at: now)
            consequences.providerTakesCalls = true
            let early = early
            self.early = []
            for event in early where event.providerCallID == nil || event.providerCallID == call.providerCallID {
                consequences.merge(heard(event, rules, at: now))
            }
            return consequences
        case .refused(let refusal):
            guard isUnanswered else { return Consequences() }
            guard early.isEmpty else { return lose(refusal.sentence, rules, at: now) }
            call.code = refusal.code
            var consequences = end(.failed, detail: refusal.sentence, at: now)
            consequences.providerTakesCalls = true
            return consequences
        case .retry(let seconds):
            return turnedAway(afterSeconds: seconds, "the provider takes no calls at the moment", rules, at: now)
        case .unknown(let why):
            guard case .asked = phase else { return Consequences() }
            var consequences = lose(why, rules, at: now)
            consequences.doubts = true
            return consequences
        }
    }

    mutating func notSent(_ why: String, _ rules: DialRules, at now: DialTime) -> Consequences {
        turnedAway(afterSeconds: nil, why, rules, at: now)
    }

    private mutating func turnedAway(
        afterSeconds: Int?, _ why: String, _ rules: DialRules, at now: DialTime
    ) -> Consequences {
        guard isUnanswered else { return Consequences() }
        // What was heard is an earlier attempt's, which was placed after all.
        var consequences = early.isEmpty ? again(why, rules, at: now) : lose(why, rules, at: now)
        consequences.backsOff = TurnedAway(afterSeconds: afterSeconds)
        return consequences
    }

    /// Whether the create request is out and nobody knows what came of it.
    var isUnanswered: Bool {
        switch phase {
        case .asked, .lost: true
        case .waiting, .prepared, .placed, .over: false
        }
    }

    private mutating func lose(_ why: String, _ rules: DialRules, at now: DialTime) -> Consequences {
        phase = .lost(at: now.moment)
        reconcile = Reconcile(at: now.moment + settling(rules))
        // An id that was heard of meanwhile may be this attempt's: better one call too few.
        let early = early
        self.early = []
        var consequences = Consequences(log: [.unknown(call: call.id, why)])
        for event in early { consequences.merge(heard(event, rules, at: now)) }
        return consequences
    }

    func settling(_ rules: DialRules) -> Duration { rules.providers[call.request.provider]?.settling ?? .seconds(15) }

    /// A late answer for a call that was given up as unknown: its id tells its callbacks.
    private mutating func corrected(_ id: String) -> Consequences {
        guard call.providerCallID == nil else { return Consequences() }
        call.providerCallID = id
        return Consequences(isChanged: true)
    }

    // MARK: The lists

    mutating func found(_ finding: DialFinding, isOthers: Bool, _ rules: DialRules, at now: DialTime) -> Consequences {
        guard let asked = reconcile?.askedAt else { return Consequences() }
        switch finding {
        case .found(let id, let state):
            guard !isOthers, call.providerCallID == nil || call.providerCallID == id else { break }
            let before = call.status
            var consequences = settle(as: id, rules, at: now)
            consequences.merge(heard(DialEvent(providerCallID: id, state: state), rules, at: now))
            guard !isOver, reconcile != nil else { return consequences }
            // It stands where it stood: only its silence is longer now.
            if call.status == before, before.rank < DialStatus.answered.rank, now.moment >= silenceDeadline {
                consequences.merge(toldNothing("the provider still lists it as \(before.word)", rules, at: now))
            } else if ending != .lookingUp {
                reconcile = nil
            } else {
                consequences.merge(toldNothing("the provider still lists it as \(call.status.word)", rules, at: now))
            }
            return consequences
        case .notFound:
            if case .lost(let lostAt) = phase, asked >= lostAt + settling(rules) {
                return again("the provider did not get the request", rules, at: now)
            }
        case .cannotTell(let why): return toldNothing(why, rules, at: now)
        case .ask: break
        }
        return toldNothing("the provider's lists do not show it", rules, at: now)
    }

    mutating func toldNothing(_ why: String, _ rules: DialRules, at now: DialTime) -> Consequences {
        guard var looking = reconcile else { return Consequences() }
        let goesOn = looking.toldNothing(at: now.moment)
        reconcile = goesOn ? looking : nil
        guard !goesOn else { return Consequences() }
        if ending == .lookingUp, let plan {
            return end(plan.end, detail: Self.unconfirmed(plan.detail), isSure: false, rules, at: now)
        }
        // An answered call is ended by its own clocks.
        guard call.status.rank < DialStatus.answered.rank else { return Consequences() }
        let sentence =
            call.providerCallID == nil
            ? "it cannot be known whether the call was placed: \(why)" : "the provider says nothing more about the call: \(why)"
        var consequences = end(.unknown, detail: sentence, isSure: false, rules, at: now)
        consequences.log.append(.unknown(call: call.id, sentence))
        return consequences
    }

    private static func unconfirmed(_ detail: String?) -> String {
        (detail.map { $0 + "; " } ?? "") + "the provider did not confirm the end"
    }
}
