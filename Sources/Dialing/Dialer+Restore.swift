import Call

/// Goes on where the last run was cut off.
extension Dialer {
    mutating func restore(_ journal: JournalFold, at now: DialTime) {
        lastRecord = journal.last
        synced = journal.last
        isPaused = journal.isPaused
        if !journal.hasHeader { write(.opened(version: JournalRecord.version), at: now) }
        let isOver = journal.folded.filter { $0.standing.status.end != nil }
        // Those that ended are forgotten in the order of their ends.
        for folded in isOver.sorted(by: { ($0.standing.endedAt ?? 0) < ($1.standing.endedAt ?? 0) }) { restore(folded, at: now) }
        for folded in journal.folded where folded.standing.status.end == nil { restore(folded, at: now) }
        for (call, event) in journal.undelivered {
            guard let serial = byID[call.id] else { continue }
            undelivered.insert(event)
            calls[serial]?.events.append(event)
            held.append(HeldOutput(record: 0, output: .changed(call, event: event)))
        }
    }

    private mutating func restore(_ folded: JournalFold.Folded, at now: DialTime) {
        let call = folded.call
        caps.accept(at: call.createdAt, now: now.unixTime)
        if let ended = call.endedAt, call.status.end != nil {
            if let answered = call.answeredAt {
                caps.end(from: answered, to: ended, wasLive: false, now: now.unixTime)
            }
            guard now.unixTime - ended <= Self.remembered else { return }
        }
        // A provider without credentials now: what is in the air is looked up as far as can be, what waits goes on waiting.
        if laneOf[call.request.provider] == nil {
            addLane(call.request.provider, DialRules.Provider(callsPerSecond: 1, concurrency: 0))
        }
        add(CallLife(folded, serial: nextSerial, rules, at: now))
    }
}

extension CallLife {
    /// A call of the last run. Its connections ended with that run: a create request whose answer was awaited is lost now.
    init(_ folded: JournalFold.Folded, serial: Int, _ rules: DialRules, at now: DialTime) {
        let call = folded.call
        /// A clock that was set back counts as no time.
        func moment(_ unixTime: Double) -> Moment { now.moment - .seconds(min(max(0, now.unixTime - unixTime), 1e8)) }
        self.init(serial: serial, key: folded.facts.key, call: call, acceptedAt: moment(call.createdAt))
        plan = folded.standing.plan
        askedAt = call.dialedAt.map(moment)
        news = askedAt
        answeredAt = call.answeredAt.map(moment)
        streamAwaitedFrom = call.answeredAt == nil ? nil : now.moment
        switch call.status {
        case .queued: break
        case .dialing where call.providerCallID == nil:
            phase = .lost(at: now.moment)
            reconcile = Reconcile(at: now.moment + settling(rules))
        case .dialing, .ringing, .answered, .streaming:
            phase = .placed
            reconcile = Reconcile(at: now.moment)
            if plan != nil, call.providerCallID != nil, canHangUp(rules) {
                ending = .hangUpAgain(at: now.moment)
            } else if plan != nil {
                ending = .lookingUp
            }
        case .ended:
            phase = .over
            self.call.request.body = nil
            if let until = folded.standing.heldUntil, until > now.unixTime {
                heldUntil = now.moment + .seconds(min(until - now.unixTime, 1e8))
                heldUntilTime = until
            }
        }
    }
}
