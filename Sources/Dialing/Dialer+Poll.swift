import Call

/// What is to be done now.
extension Dialer {
    public mutating func poll(at now: DialTime) -> DialOutput {
        advance(to: now)
        while true {
            if let line = lines.popFirst() { return .write(line) }
            if let log = logs.popFirst() { return .log(log) }
            if let output = nextHeld() { return output }
            if let output = letOut(at: now) { return output }
            if let output = lookUp(at: now) { return output }
            if !prepare(at: now) { return .idle(wake: wake(at: now)) }
        }
    }

    /// Does what the clock brings.
    mutating func advance(to now: DialTime) {
        forget(at: now.unixTime)
        while let timer = timers.first, timer.at <= now.moment {
            _ = timers.popFirst()
            guard calls[timer.serial]?.timer == timer.at else { continue }
            calls[timer.serial]?.timer = nil
            change(timer.serial, at: now) { $0.due($1, at: now) }
        }
    }

    private mutating func nextHeld() -> DialOutput? {
        while let first = held.first, first.record <= synced {
            _ = held.popFirst()
            // The provider may have ended it while the disk was waited for.
            if case .hangUp(let call) = first.output, self.call(call.id)?.status.end != nil { continue }
            return first.output
        }
        return nil
    }

    // MARK: Placing

    /// The lanes, the one whose turn it is first.
    private var lanesInTurn: [Int] { lanes.indices.map { ($0 + turn) % lanes.count } }

    private mutating func letOut(at now: DialTime) -> DialOutput? {
        guard !isHeld else { return nil }
        for lane in lanesInTurn {
            while let first = lanes[lane].prepared.first {
                guard isStill(first) else {
                    _ = lanes[lane].prepared.popFirst()
                    continue
                }
                guard first.record <= synced, outGate(lane).isOpen(at: now.moment) else { break }
                _ = lanes[lane].prepared.popFirst()
                lanes[lane].pace.take(at: now.moment)
                lanes[lane].backOff.send(at: now.moment)
                pace.take(at: now.moment)
                turn = (lane + 1) % lanes.count
                change(first.serial, at: now) { life, _ in
                    life.letOut(at: now.moment)
                    return CallLife.Consequences()
                }
                if let call = calls[first.serial]?.call { return .place(call) }
            }
        }
        return nil
    }

    private func outGate(_ lane: Int) -> Gate { lanes[lane].gate().and(Gate(pace.free())) }

    /// Records the next call as dialling.
    ///
    /// - Returns: whether there was one.
    private mutating func prepare(at now: DialTime) -> Bool {
        guard !isHeld, queued > 0, inTheAir < rules.concurrency, !caps.isOutOfMinutes(at: now.unixTime) else {
            return false
        }
        for lane in lanesInTurn where prepareGate(lane).isOpen(at: now.moment) {
            while let place = lanes[lane].queue.popFirst() {
                guard let life = calls[place.serial], life.isWaiting else { continue }
                let number = life.call.request.to
                guard taken[number] == nil else {
                    let calls = calls
                    lanes[lane].queue.park(place, for: number) { calls[$0]?.isWaiting ?? false }
                    continue
                }
                turn = (lane + 1) % lanes.count
                change(place.serial, at: now) { life, _ in life.prepare(at: now) }
                return true
            }
        }
        return false
    }

    private func prepareGate(_ lane: Int) -> Gate {
        guard lanes[lane].inTheAir < lanes[lane].rules.concurrency else { return .closed }
        let all = lanes.reduce(0) { $0 + $1.preparedCount }
        // The first one goes ahead alone, or a queue that was read from the journal would all be recorded as dialling at once.
        guard lanes[lane].preparedCount == 0 || lanes[lane].pace.hasBegun, all == 0 || pace.hasBegun else { return .closed }
        return lanes[lane].gate(behind: lanes[lane].preparedCount).and(Gate(pace.free(behind: all))).earlier(by: DialLane.lead)
    }

    // MARK: Looking up

    private mutating func lookUp(at now: DialTime) -> DialOutput? {
        for lane in lanes.indices {
            while let serial = lanes[lane].lookUps.first {
                guard let life = calls[serial], life.reconcile?.isInLine ?? false else {
                    _ = lanes[lane].lookUps.popFirst()
                    continue
                }
                guard Gate(lanes[lane].lookUpPace.free()).isOpen(at: now.moment) else { break }
                _ = lanes[lane].lookUps.popFirst()
                lanes[lane].lookUpPace.take(at: now.moment)
                change(serial, at: now) { life, _ in
                    life.reconcile?.sent(at: now.moment)
                    return CallLife.Consequences()
                }
                return .lookUp(life.call, since: since(life, at: now), others: others(than: life.call, lane))
            }
        }
        return nil
    }

    /// When the create request went out, by the clock as it goes now: if it was set back meanwhile, what was noted lies too late.
    /// Units: seconds since 1970.
    private func since(_ life: CallLife, at now: DialTime) -> Int64 {
        let noted = life.call.dialedAt ?? life.call.createdAt
        let reckoned = life.askedAt.map { now.unixTime - Double((now.moment - $0).milliseconds) / 1_000 } ?? noted
        return Int64(exactly: min(noted, reckoned).rounded(.down)) ?? 0
    }

    /// Ids of other calls that a list could show beside this one: those to its number, those in the air, those that ended last.
    private func others(than call: DialedCall, _ lane: Int) -> Set<String> {
        var others = lanes[lane].ids
        for number in [call.request.to, DialRequest.masked(call.request.to)] { others.formUnion(idsTo[number] ?? []) }
        if let own = call.providerCallID { others.remove(own) }
        return others
    }

    // MARK: Sleeping

    private mutating func wake(at now: DialTime) -> Moment? {
        var wake = timers.first?.at
        func note(_ gate: Gate) {
            guard let moment = gate.wake(at: now.moment) else { return }
            wake = min(wake ?? moment, moment)
        }
        let mayPrepare = !isHeld && queued > 0 && inTheAir < rules.concurrency
        let isOutOfMinutes = mayPrepare && caps.isOutOfMinutes(at: now.unixTime)
        // The windows of minutes turn once a minute.
        if isOutOfMinutes { note(.at(now.moment + .seconds(60 - now.unixTime.truncatingRemainder(dividingBy: 60)))) }
        var isAwaited = false
        for lane in lanes.indices {
            let isReady = !isHeld && lanes[lane].prepared.first.map { $0.record <= synced } ?? false
            if isReady { note(outGate(lane)) }
            let waitsForTurn = isReady && lanes[lane].takesCalls(at: now.moment)
            isAwaited = isAwaited || waitsForTurn
            lanes[lane].pace.sleep(awaited: waitsForTurn)
            if !lanes[lane].lookUps.isEmpty { note(Gate(lanes[lane].lookUpPace.free())) }
            if mayPrepare, !isOutOfMinutes, lanes[lane].queue.first != nil { note(prepareGate(lane)) }
        }
        pace.sleep(awaited: isAwaited)
        return wake
    }
}
