import Call

extension CampaignPlan {
    // MARK: answers

    mutating func answered(_ row: Int, _ answer: CampaignAnswer, at now: DialTime) {
        guard lives.indices.contains(row), case .asked(var asked) = lives[row].stage, asked.isUnderWay else { return }
        asked.isUnderWay = false
        underWay -= 1
        switch answer {
        case .accepted(let call, let isReplayed):
            backOff.succeeded(at: now.moment)
            hold = nil
            if let other = open[call], other != row {
                over =
                    over
                    ?? .stopped("the server gave one call for two rows, lines \(list.rows[other].line) and \(list.rows[row].line)")
                return
            }
            if isReplayed { counts.replayed += 1 }
            write(.accepted(row: row, attempt: lives[row].keys, call: call, at: now.unixTime))
            opened(row, call)
            return
        case .refused(let why):
            backOff.succeeded(at: now.moment)
            hold = nil
            lives[row].stage = .asked(asked)
            return finish(row, .refused, why, at: now)
        case .later(let seconds, let why):
            backOff.wait(seconds: seconds, at: now.moment)
            hold = why
        case .lost(let why, let isSurelyNotTaken):
            backOff.failed(at: now.moment)
            if !isSurelyNotTaken { asked.isAmbiguous = true }
            hold = why
        case .stop(let why):
            lives[row].stage = .asked(asked)
            again.append((row, 0))
            return stop(why, at: now)
        }
        lives[row].stage = .asked(asked)
        again.append((row, 0))
    }

    private mutating func opened(_ row: Int, _ call: String) {
        lives[row].stage = .open(call: call)
        lives[row].calls.append(call)
        open[call] = row
        counts.open = open.count
    }

    mutating func found(_ states: CampaignStates, at now: DialTime) {
        asking.answered(at: now.moment)
        for (call, standing) in states.calls {
            guard let row = open[call] else { continue }
            switch standing {
            case .queued: takeBackIfSuppressed(row, call)
            case .underWay: break
            case .ended(let outcome): ended(row, call, outcome, at: now)
            }
        }
        for call in states.unknown {
            guard let row = open[call] else { continue }
            ended(row, call, CampaignOutcome(.unknown, detail: "the server does not know the call any more"), at: now)
        }
    }

    /// A call that waits at the server is taken back when its number is suppressed meanwhile.
    private mutating func takeBackIfSuppressed(_ row: Int, _ call: String) {
        guard !lives[row].isCanceled, suppression?.holds(list.rows[row]) ?? false else { return }
        lives[row].isCanceled = true
        outputs.append(.cancel(call: call))
    }

    private mutating func ended(_ row: Int, _ call: String, _ outcome: CampaignOutcome, at now: DialTime) {
        var outcome = outcome
        if let waited = outcome.waited, waited >= Double(lives[row].queueSeconds - 1), [.canceled, .failed].contains(outcome.end) {
            outcome.isExpired = true
        }
        outcome.waited = nil
        write(.ended(row: row, attempt: lives[row].keys, outcome, at: now.unixTime))
        open[call] = nil
        counts.open = open.count
        active -= 1
        lives[row].settle(outcome, settings, at: now.unixTime)
        queue(row)
    }

    // MARK: ends

    /// Puts a row that waits into a queue, and counts one that is done.
    private mutating func queue(_ row: Int) {
        switch lives[row].stage {
        case .waiting(let notBefore): later.insert(Turn(key: notBefore, row: row))
        case .done(let ending): counts.endings[ending, default: 0] += 1
        case .asked, .open: break
        }
    }

    mutating func finish(_ row: Int, _ verdict: CampaignVerdict, _ detail: String?, at now: DialTime) {
        if case .asked = lives[row].stage { active -= 1 }
        write(.done(row: row, verdict, detail: detail, at: now.unixTime))
        end(row, verdict, detail)
        queue(row)
    }

    private mutating func end(_ row: Int, _ verdict: CampaignVerdict, _ detail: String?) {
        details[row] = detail
        lives[row].stage = .done(.settled(verdict))
    }

    /// Everything has come to its end that can.
    mutating func drained(at now: DialTime) {
        giveBack(at: now)
        over = .drained
    }

    mutating func stop(_ why: String, at now: DialTime) {
        giveBack(at: now)
        over = over ?? .stopped(why)
    }

    /// What the server surely never had keeps no key, so that a late resume may ask for it.
    private mutating func giveBack(at now: DialTime) {
        for (row, _) in again {
            if case .asked(let asked) = lives[row].stage, !asked.isAmbiguous { withdraw(row, at: now) }
        }
        again = []
    }

    mutating func suppress(_ list: CampaignSuppression?, at now: DialTime) {
        suppression = list
        guard let list else { return }
        for row in lives.indices {
            if case .waiting = lives[row].stage, list.holds(self.list.rows[row]) { finish(row, .suppressed, nil, at: now) }
        }
    }

    // MARK: what the last run left

    /// Takes one record of a state file. Records that do not fit are passed over: the file was written by this plan alone.
    mutating func take(_ record: CampaignRecord) {
        switch record {
        case .began: break
        case .intent(let row, let attempt, let queueSeconds, let at):
            guard lives.indices.contains(row) else { return }
            lives[row].keys = attempt
            lives[row].queueSeconds = queueSeconds
            // Nobody knows how far its request came.
            lives[row].stage = .asked(.init(at: at, isUnderWay: false, isAmbiguous: true))
        case .accepted(let row, _, let call, _):
            guard lives.indices.contains(row) else { return }
            opened(row, call)
        case .withdrawn(let row, let attempt, _):
            guard lives.indices.contains(row) else { return }
            lives[row].keys = max(0, attempt - 1)
            lives[row].stage = .waiting(notBefore: 0)
        case .ended(let row, _, let outcome, let at):
            guard lives.indices.contains(row) else { return }
            if case .open(let call) = lives[row].stage { open[call] = nil }
            lives[row].settle(outcome, settings, at: at)
        case .done(let row, let verdict, let detail, _):
            guard lives.indices.contains(row) else { return }
            end(row, verdict, detail)
        }
    }

    /// Puts every row where it belongs.
    mutating func begin() {
        counts.open = open.count
        for row in lives.indices {
            switch lives[row].stage {
            case .waiting(let notBefore) where notBefore == 0: ready.insert(turn(row))
            case .waiting, .done: queue(row)
            case .asked:
                active += 1
                again.append((row, 0))
            case .open: active += 1
            }
        }
    }
}
