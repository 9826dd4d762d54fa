import Call

/// Keeps all tables true when a call changes.
extension Dialer {
    /// What of a call stands in tables.
    private struct Standing {
        let isWaiting, isPrepared, isInTheAir, isOver, takesNumber, isLive: Bool
        let providerCallID: String?

        init(_ life: CallLife) {
            isWaiting = life.isWaiting
            isPrepared = life.phase == .prepared
            isInTheAir = life.isInTheAir
            isOver = life.isOver
            takesNumber = life.takesNumber
            isLive = life.isLive
            providerCallID = life.call.providerCallID
        }
    }

    // MARK: Records

    @discardableResult
    mutating func write(_ record: JournalRecord, at now: DialTime) -> UInt64 {
        lastRecord += 1
        lines.append(JournalLine(number: lastRecord, bytes: record.line(number: lastRecord, unixTime: now.unixTime)))
        return lastRecord
    }

    /// The effect comes out once all that was written so far is on disk.
    mutating func hold(_ output: DialOutput) { held.append(HeldOutput(record: lastRecord, output: output)) }

    // MARK: Changes

    mutating func change(_ id: String, at now: DialTime, _ body: (inout CallLife, DialRules) -> CallLife.Consequences) {
        if let serial = byID[id] { change(serial, at: now, body) }
    }

    mutating func change(_ serial: Int, at now: DialTime, _ body: (inout CallLife, DialRules) -> CallLife.Consequences) {
        guard let before = calls[serial].map({ Standing($0) }) else { return }
        guard let consequences = calls[serial]?.apply({ body(&$0, rules) }) else { return }
        if let away = consequences.backsOff { holdBack(serial, away.afterSeconds, at: now.moment) }
        guard let life = calls[serial],
            let lane = laneOf[life.call.request.provider]
        else { return }
        if let sent = life.askedAt { learn(consequences, sent: sent, lane, at: now.moment) }
        update(life, lane, from: before, at: now)
        carryOut(consequences, of: life, lane, at: now)
        setTimer(of: life)
    }

    /// A call that was turned away waits: as long as the provider said, or the longer the more often it was turned away.
    private mutating func holdBack(_ serial: Int, _ seconds: Int?, at now: Moment) {
        guard let life = calls[serial], life.isWaiting else { return }
        let wait = BackOff.named(seconds, &chance) ?? BackOff.wait(after: life.call.attempts - 1, &chance)
        calls[serial]?.notBefore = now + .milliseconds(wait)
    }

    /// What an answer to a create request says about its provider.
    private mutating func learn(_ consequences: CallLife.Consequences, sent: Moment, _ lane: Int, at now: Moment) {
        if consequences.providerTakesCalls { lanes[lane].backOff.succeed(sent: sent) }
        var wait: Int64?
        if let away = consequences.backsOff {
            wait = lanes[lane].backOff.doubt(sent: sent, afterSeconds: away.afterSeconds, at: now, &chance)
        } else if consequences.doubts {
            wait = lanes[lane].backOff.doubt(sent: sent, afterSeconds: nil, at: now, &chance)
        }
        if let wait { logs.append(.backingOff(lanes[lane].name, milliseconds: wait)) }
    }

    private mutating func carryOut(_ consequences: CallLife.Consequences, of life: CallLife, _ lane: Int, at now: DialTime) {
        for log in consequences.log { logs.append(log) }
        if let why = consequences.retries {
            let next = [lanes[lane].backOff.until, life.notBefore].compactMap(\.self).max()
            let wait = next.map { max(0, ($0 - now.moment).milliseconds) } ?? 0
            logs.append(.retrying(call: life.call.id, afterMilliseconds: wait, why))
        }
        if consequences.isChanged || consequences.isEvent {
            let standing = CallStanding(life.call, plan: life.plan, heldUntil: life.heldUntilTime)
            let record = write(.state(id: life.call.id, standing, event: consequences.isEvent), at: now)
            if consequences.isEvent {
                undelivered.insert(record)
                calls[life.serial]?.events.append(record)
                hold(.changed(life.call, event: record))
            }
            if life.phase == .prepared {
                lanes[lane].prepared.append(.init(serial: life.serial, attempt: life.call.attempts, record: record))
            }
        }
        if consequences.hangsUp { hold(.hangUp(life.call)) }
        if let verdict = consequences.told { hold(.tellBot(call: life.call.id, verdict)) }
        if consequences.requeues { queue(life, lane) }
        if consequences.asksList { lanes[lane].lookUps.append(life.serial) }
    }

    private mutating func setTimer(of life: CallLife) {
        let deadline = life.deadline(rules)
        guard deadline != life.timer else { return }
        calls[life.serial]?.timer = deadline
        guard let deadline else { return }
        timers.insert(DialTimer(at: deadline, serial: life.serial))
        if timers.count > 4 * calls.count + 1_024 {
            let calls = calls
            timers.keep { calls[$0.serial]?.timer == $0.at }
        }
    }

    // MARK: Tables

    private mutating func update(_ life: CallLife, _ lane: Int, from before: Standing, at now: DialTime) {
        let after = Standing(life)
        func step(_ was: Bool, _ isNow: Bool) -> Int { (isNow ? 1 : 0) - (was ? 1 : 0) }
        let waiting = step(before.isWaiting, after.isWaiting)
        lanes[lane].queue.count += waiting
        queued += waiting
        lanes[lane].preparedCount += step(before.isPrepared, after.isPrepared)
        let air = step(before.isInTheAir, after.isInTheAir)
        lanes[lane].inTheAir += air
        inTheAir += air
        if after.isLive != before.isLive, let answer = life.call.answeredAt {
            if after.isLive {
                caps.answer(at: answer)
            } else {
                caps.end(from: answer, to: life.call.endedAt ?? now.unixTime, wasLive: true, now: now.unixTime)
            }
        }
        if before.providerCallID == nil, let id = after.providerCallID { learn(id, of: life, lane) }
        if after.isOver, !before.isOver {
            endedCalls.append(EndedCall(serial: life.serial, unixTime: now.unixTime))
            if let id = before.providerCallID { lanes[lane].ended(id) }
            sweepOrder()
        }
        let number = life.call.request.to
        if after.takesNumber != before.takesNumber {
            take(number, step(before.takesNumber, after.takesNumber))
        } else if before.isWaiting, after.isOver, taken[number] == nil {
            // Others may have waited behind it.
            free(number)
        }
        if waiting > 0 { queue(life, lane) }
    }

    func queuePlace(_ life: CallLife) -> QueuePlace {
        QueuePlace(priority: life.call.request.priority, serial: life.serial)
    }

    private mutating func queue(_ life: CallLife, _ lane: Int) {
        guard life.notBefore == nil else { return }
        let calls = calls
        lanes[lane].queue.add(queuePlace(life)) { calls[$0]?.isWaiting ?? false }
    }

    mutating func take(_ number: PhoneNumber, _ step: Int) {
        let count = taken[number, default: 0] + step
        taken[number] = count > 0 ? count : nil
        if count <= 0 { free(number) }
    }

    private mutating func free(_ number: PhoneNumber) {
        let calls = calls
        for lane in lanes.indices { lanes[lane].queue.free(number) { calls[$0]?.isWaiting ?? false } }
    }

    func isStill(_ prepared: DialLane.Prepared) -> Bool {
        guard let life = calls[prepared.serial] else { return false }
        return life.phase == .prepared && life.call.attempts == prepared.attempt
    }

    private mutating func learn(_ id: String, of life: CallLife, _ lane: Int) {
        if byProviderID[id] == nil { byProviderID[id] = life.serial }
        idsTo[life.call.request.to, default: []].append(id)
        lanes[lane].learn(id)
        if life.isOver { lanes[lane].ended(id) }
    }

    private mutating func sweepOrder() {
        guard order.count > 2 * openCount + 64 else { return }
        let calls = calls
        order.removeAll { calls[$0]?.isOver ?? true }
    }

    // MARK: Coming and going

    mutating func addLane(_ name: ProviderName, _ provider: DialRules.Provider) {
        laneOf[name] = lanes.count
        lanes.append(DialLane(name, provider))
    }

    /// Puts a call into all tables.
    mutating func add(_ life: CallLife) {
        guard let lane = laneOf[life.call.request.provider] else { return }
        let serial = life.serial
        nextSerial = serial + 1
        calls.append(life)
        byID[life.call.id] = serial
        if let key = life.key { byKey[key] = serial }
        let call = life.call
        if life.isOver {
            endedCalls.append(EndedCall(serial: serial, unixTime: call.endedAt ?? call.createdAt))
        } else {
            order.append(serial)
        }
        if life.isWaiting {
            queued += 1
            lanes[lane].queue.count += 1
            queue(life, lane)
        }
        if life.isInTheAir {
            inTheAir += 1
            lanes[lane].inTheAir += 1
        }
        if life.takesNumber { take(call.request.to, 1) }
        if let id = call.providerCallID { learn(id, of: life, lane) }
        if let answer = call.answeredAt, life.isLive { caps.answer(at: answer) }
        setTimer(of: life)
    }

    /// Lets go of calls that ended long ago, with their keys.
    mutating func forget(at unixTime: Double) {
        while let first = endedCalls.first, unixTime - first.unixTime > Self.remembered || endedCalls.count > Self.mostRemembered {
            _ = endedCalls.popFirst()
            guard let life = calls.remove(first.serial) else { continue }
            let call = life.call
            byID[call.id] = nil
            if let key = life.key, byKey[key] == first.serial { byKey[key] = nil }
            if life.takesNumber { take(call.request.to, -1) }
            for event in life.events { undelivered.remove(event) }
            guard let id = call.providerCallID else { continue }
            if byProviderID[id] == first.serial { byProviderID[id] = nil }
            idsTo[call.request.to]?.removeAll { $0 == id }
            if idsTo[call.request.to]?.isEmpty ?? false { idsTo[call.request.to] = nil }
        }
    }
}
