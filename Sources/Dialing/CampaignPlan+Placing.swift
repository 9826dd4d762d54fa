import Call

extension CampaignPlan {
    /// Brings one row a step on.
    ///
    /// - Returns: whether there may be more to do now.
    mutating func place(at now: DialTime) -> Bool {
        guard !isDraining, suppression != nil else { return false }
        while let turn = later.first, turn.key <= now.unixTime {
            _ = later.popFirst()
            ready.insert(self.turn(turn.row))
        }
        guard mayAsk(at: now.moment) else { return false }
        if let index = again.firstIndex(where: { $0.notBefore <= now.unixTime }) {
            let row = again.remove(at: index).row
            askAgain(row, at: now)
            return true
        }
        guard active < settings.concurrency, let row = ready.popFirst()?.row else { return false }
        askFirst(row, at: now)
        return true
    }

    private func mayAsk(at now: Moment) -> Bool {
        // After a failure one request at a time finds out whether the server is back.
        pace <= now && (backOff.until.map { $0 <= now } ?? true) && (backOff.failures == 0 || underWay == 0)
    }

    /// The most urgent first: by priority, then in the order of the list.
    func turn(_ row: Int) -> Turn { Turn(key: -Double(list.rows[row].priority ?? DialRequest.defaultPriority), row: row) }

    private mutating func askFirst(_ row: Int, at now: DialTime) {
        guard case .waiting = lives[row].stage else { return }
        if suppression?.holds(list.rows[row]) ?? true { return finish(row, .suppressed, nil, at: now) }
        switch room(row, at: now) {
        case .open(let seconds):
            lives[row].keys += 1
            lives[row].queueSeconds = seconds
            lives[row].stage = .asked(.init(at: now.unixTime, isUnderWay: false, isAmbiguous: false))
            active += 1
            write(.intent(row: row, attempt: lives[row].keys, queueSeconds: seconds, at: now.unixTime))
            ask(row, seconds, at: now)
        case .closed(let until): later.insert(Turn(key: Double(until), row: row))
        case .never: finish(row, .expired, nil, at: now)
        }
    }

    private mutating func askAgain(_ row: Int, at now: DialTime) {
        guard case .asked(let asked) = lives[row].stage, !asked.isUnderWay else { return }
        let isSuppressed = suppression?.holds(list.rows[row]) ?? true
        let isOld = now.unixTime - asked.at > Self.keysHold
        if !asked.isAmbiguous, isSuppressed || isOld {
            return withdraw(row, at: now)
        }
        if isSuppressed {
            return finish(row, .unknown, "the answer to its request was lost, and then its number was suppressed", at: now)
        }
        if isOld {
            return finish(
                row, .unknown, "the answer to its request was lost, and after a day the server does not know its key", at: now)
        }
        switch room(row, at: now) {
        case .open(let seconds): ask(row, min(seconds, lives[row].queueSeconds), at: now)
        case .closed(let until):
            if asked.isAmbiguous { again.append((row, Double(until))) } else { withdraw(row, at: now) }
        case .never:
            if asked.isAmbiguous {
                finish(row, .unknown, "the answer to its request was lost, and the campaign's last day has passed", at: now)
            } else {
                withdraw(row, at: now)
            }
        }
    }

    private mutating func ask(_ row: Int, _ queueSeconds: Int, at now: DialTime) {
        if case .asked(var asked) = lives[row].stage {
            asked.isUnderWay = true
            lives[row].stage = .asked(asked)
        }
        underWay += 1
        counts.asked += 1
        pace = max(pace, now.moment - .milliseconds(20)) + .nanoseconds(Int64(1e9 / settings.rate))
        outputs.append(
            .post(CampaignCall(row: row, key: identity.key(row: row, attempt: lives[row].keys), queueSeconds: queueSeconds)))
    }

    /// The server surely never had the call: its key is free, and the row waits as before.
    mutating func withdraw(_ row: Int, at now: DialTime) {
        write(.withdrawn(row: row, attempt: lives[row].keys, at: now.unixTime))
        lives[row].keys -= 1
        lives[row].stage = .waiting(notBefore: now.unixTime)
        active -= 1
        ready.insert(turn(row))
    }

    /// Whether a row may be called now, and for how long.
    private enum Room {
        /// Units: seconds, 1 to a day.
        case open(Int)
        /// Units: seconds since 1970.
        case closed(until: Int64)
        case never
    }

    private mutating func room(_ row: Int, at now: DialTime) -> Room {
        let time = Int64(now.unixTime)
        guard let zone = list.rows[row].timeZone, !settings.hours.isAlways else { return .open(DialRequest.longestQueueTime) }
        var opening = openings[zone]
        if opening?.until.map({ $0 <= time }) ?? true || opening == nil {
            opening = settings.hours.opening(at: time, zone: zone, zones)
            openings[zone] = opening
        }
        guard var opening else { return .never }
        if opening.isOpen {
            guard let until = opening.until else { return .open(DialRequest.longestQueueTime) }
            let seconds = until - time - Self.margin
            if seconds >= 1 { return .open(Int(min(seconds, Int64(DialRequest.longestQueueTime)))) }
            guard let next = settings.hours.opening(at: until, zone: zone, zones) else { return .never }
            opening = next.isOpen ? .init(isOpen: false, until: until) : next
        }
        return opening.until.map { .closed(until: $0) } ?? .never
    }

    /// When something may be to be done without anything coming in.
    func wake(at now: DialTime) -> Moment? {
        var moments: [Moment] = []
        if let asking = asking.wake(open) { moments.append(asking) }
        if !isDraining, suppression != nil {
            let isAgainDue = again.contains { $0.notBefore <= now.unixTime }
            if isAgainDue || (!ready.isEmpty && active < settings.concurrency), backOff.failures == 0 || underWay == 0 {
                moments.append(max(pace, backOff.until ?? .zero))
            }
            let next = again.map(\.notBefore).filter { $0 > now.unixTime } + [later.first?.key].compactMap(\.self)
            if let next = next.min() {
                moments.append(now.moment + .milliseconds(Int64(min(max(next - now.unixTime, 0), 86_400) * 1_000) + 1))
            }
        }
        return moments.min()
    }
}
