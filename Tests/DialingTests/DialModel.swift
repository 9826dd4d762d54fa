import Call
import Dialing

/// A dialer, its disk, its providers and the people called, on virtual time. The dialer's process can be killed at any moment: what it
/// wrote and did not sync is lost or torn, what it sent is sent.
struct DialModel {
    /// What comes later. Those with a run are lost when that run was killed.
    private enum Happening {
        case submit(Int)
        case input(DialInput, run: Int)
        case sync(through: UInt64, run: Int)
        case arrive(DialedCall, id: String, answer: DialInput?, run: Int)
        case list(DialedCall, since: Int64, others: Set<String>, run: Int)
        /// A call reaches this state, unless it was ended before.
        case turn(providerCallID: String, DialState)
        case stream(providerCallID: String)
        /// Comes whichever process runs then.
        case always(DialInput)
        case crash
        case wake
    }

    private struct Planned: Comparable {
        let at: Double
        let order: Int
        let what: Happening
        static func < (a: Planned, b: Planned) -> Bool { a.at == b.at ? a.order < b.order : a.at < b.at }
        static func == (a: Planned, b: Planned) -> Bool { a.order == b.order }
    }

    let rules: DialRules
    let trouble: ModelTrouble
    private var chance: SplitMix64
    private(set) var now = 0.0
    var dialer: Dialer
    private var run = 0
    private var planned: [Planned] = []
    private var order = 0
    private var wakeAt: Double?

    // The disk.
    private var disk: [UInt8] = []
    private var unsynced: [JournalLine] = []
    private var syncing = false

    // The providers.
    var placed: [String: ModelCall] = [:]
    private var liveByNumber: [String: String] = [:]
    private(set) var placementsByKey: [String: Int] = [:]

    // Who asks for calls.
    var requests: [DialRequest] = []
    var idByKey: [String: String] = [:]
    private var keyByID: [String: String] = [:]
    private var ids = 0
    var paces: [ProviderName: Double] = [:]
    var paceOfAll: Double?

    /// What was told of each call, by event number.
    private(set) var told: [String: [UInt64: DialStatus]] = [:]
    var wrong: [String] = []
    private(set) var crashes = 0
    private(set) var places = 0

    init(_ rules: DialRules, calls: Int, numbers: Int, crashes: Int, span: Double, trouble: ModelTrouble, seed: UInt64) {
        self.rules = rules
        self.trouble = trouble
        chance = SplitMix64(state: seed)
        dialer = Dialer(rules, seed: seed, at: DialTime(.zero, unixTime: Self.epoch))
        let names = rules.providers.keys.sorted { $0.text < $1.text }
        for index in 0..<calls {
            let number = Int.random(in: 0..<numbers, using: &chance)
            let provider = names.randomElement(using: &chance) ?? ProviderName("none")
            requests.append(
                DialRequest(
                    provider: provider, to: PhoneNumber("+1202555\(1_000 + number)"), from: PhoneNumber("+15005550006"),
                    ringTimeout: 20, maximumDuration: 120,
                    machineDetection: chance.chance(20) ? .hangup : .off, priority: Int.random(in: 3...6, using: &chance)))
            plan(chance.seconds(0...span), .submit(index))
        }
        for _ in 0..<crashes { plan(chance.seconds(1...span * 2), .crash) }
    }

    static let epoch = 1_790_000_000.0
    static let slack = 0.000_001

    private var time: DialTime {
        DialTime(Moment(nanoseconds: Int64(now * 1e9)), unixTime: Self.epoch + now)
    }

    private mutating func plan(_ delay: Double, _ what: Happening) {
        order += 1
        let new = Planned(at: now + delay, order: order, what: what)
        var low = 0
        var high = planned.count
        // The soonest stands last.
        while low < high {
            let middle = (low + high) / 2
            if planned[middle] > new { low = middle + 1 } else { high = middle }
        }
        planned.insert(new, at: low)
    }

    // MARK: Running

    /// Runs until nothing is open any more.
    mutating func play(until longest: Double = 40_000) {
        drain()
        while let next = planned.last, next.at <= longest {
            planned.removeLast()
            now = max(now, next.at)
            happen(next.what)
            drain()
        }
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .submit(let index): submit(index)
        case .input(let input, let run): if run == self.run { dialer.handle(input, at: time) }
        case .sync(let through, let run): if run == self.run { sync(through) }
        case .arrive(let call, let id, let answer, let run): arrive(call, id, answer, run)
        case .list(let call, let since, let others, let run): if run == self.run { list(call, since, others) }
        case .turn(let id, let state): turn(id, state)
        case .stream(let id):
            if let call = placed[id], now < call.ends {
                later(0, .streamBegan(call: call.callID, providerCallID: id))
                later(call.ends - now + chance.seconds(0...0.5), .streamEnded(call: call.callID, .callerHungUp))
            }
        case .always(let input): dialer.handle(input, at: time)
        case .crash: crash()
        case .wake:
            if let at = wakeAt, at <= now + Self.slack { wakeAt = nil }
            dialer.handle(.tick, at: time)
        }
    }

    private mutating func later(_ delay: Double, _ input: DialInput) { plan(delay, .input(input, run: run)) }

    private mutating func drain() {
        while true {
            switch dialer.poll(at: time) {
            case .write(let line): write(line)
            case .accepted(let call): accepted(call)
            case .place(let call): place(call)
            case .lookUp(let call, let since, let others):
                if chance.chance(1) { continue }
                plan(chance.seconds(0.1...0.5), .list(call, since: since, others: others, run: run))
            case .hangUp(let call): hangUp(call)
            case .tellBot: break
            case .changed(let call, let event): changed(call, event)
            case .log: break
            case .idle(let wake):
                if dialer.inTheAir > rules.concurrency { wrong.append("\(dialer.inTheAir) calls in the air") }
                if let wake {
                    if wake <= time.moment { wrong.append("it wants to be woken at once, at \(now)") }
                    wakeUp(at: Double(wake.nanoseconds) / 1e9)
                }
                return
            }
        }
    }

    private mutating func wakeUp(at: Double) {
        if let wakeAt, wakeAt <= at { return }
        wakeAt = at
        plan(max(0, at - now) + Self.slack + (chance.chance(20) ? chance.seconds(0...0.04) : 0), .wake)
    }

    // MARK: The disk

    private mutating func write(_ line: JournalLine) {
        unsynced.append(line)
        guard !syncing else { return }
        syncing = true
        plan(chance.seconds(0.001...0.02), .sync(through: .max, run: run))
    }

    private mutating func sync(_ through: UInt64) {
        syncing = false
        guard let last = unsynced.last else { return }
        for line in unsynced { disk += line.bytes }
        unsynced = []
        dialer.handle(.synced(through: last.number), at: time)
    }

    private mutating func crash() {
        crashes += 1
        run += 1
        wakeAt = nil
        syncing = false
        // Of what was not synced, any beginning may have reached the disk.
        let torn = unsynced.flatMap(\.bytes)
        disk += torn.prefix(Int.random(in: 0...torn.count, using: &chance))
        unsynced = []
        var fold = JournalFold()
        var rest = disk[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...4_000, using: &chance))
            fold.read(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        disk = Array(disk.prefix(fold.end()))
        if !fold.problems.isEmpty { wrong.append("the journal has problems: \(fold.problems)") }
        now += chance.seconds(0...3)
        if chance.chance(50) {
            disk = fold.compacted(unixTime: time.unixTime).flatMap(\.self)
            fold = JournalFold()
            fold.read(disk)
            _ = fold.end()
        }
        paces = [:]
        paceOfAll = nil
        dialer = Dialer(rules, journal: fold, seed: UInt64(crashes), at: time)
        // Whoever was not told asks again, with the same key.
        for index in requests.indices where idByKey["key\(index)"] == nil { plan(chance.seconds(0...5), .submit(index)) }
    }

    // MARK: Who asks

    private mutating func submit(_ index: Int) {
        let key = "key\(index)"
        guard idByKey[key] == nil else { return }
        ids += 1
        do throws(DialRejection) {
            switch try dialer.accept(requests[index], id: "call\(ids)", key: key, at: time) {
            case .new(let call): keyByID[call.id] = key
            case .known(let call, let isOnDisk):
                keyByID[call.id] = key
                if isOnDisk { accepted(call) }
            }
        } catch {
            plan(chance.seconds(1...20), .submit(index))
        }
    }

    private mutating func accepted(_ call: DialedCall) {
        guard let key = keyByID[call.id] else { return wrong.append("\(call.id) was accepted for nobody") }
        if let known = idByKey[key], known != call.id { wrong.append("\(key) has two calls") }
        idByKey[key] = call.id
        if chance.chance(3) { later(chance.seconds(0...60), .cancel(call: call.id)) }
        if chance.chance(0.5) {
            later(0, .pause)
            plan(chance.seconds(0.1...3), .always(.resume))
        }
    }

    private mutating func changed(_ call: DialedCall, _ event: UInt64) {
        if let known = told[call.id]?[event], known != call.status { wrong.append("event \(event) of \(call.id) changed") }
        told[call.id, default: [:]][event] = call.status
        if chance.chance(80) { later(chance.seconds(0...2), .delivered(event: event)) }
    }

    // MARK: The providers

    private mutating func place(_ call: DialedCall) {
        places += 1

        checkPace(call.request.provider)
        func answer(_ outcome: DialOutcome) -> DialInput { .placed(call: call.id, outcome) }
        let id = "CA\(places)"
        let trip = chance.seconds(0.02...0.3)
        if chance.chance(trouble.noConnection) { return later(trip, .notSent(call: call.id, "connection refused")) }
        if chance.chance(trouble.tooMany) {
            return later(trip, answer(.retry(afterSeconds: chance.chance(50) ? Int.random(in: 0...4, using: &chance) : nil)))
        }
        if chance.chance(trouble.refusal) {
            let refusal = ProviderRefusal(code: "21211", sentence: "refused", kind: .badNumber)
            return later(trip, answer(.refused(refusal)))
        }
        let isPlaced: Bool
        let input: DialInput?
        if chance.chance(trouble.fault) {
            isPlaced = chance.chance(50)
            input = answer(.unknown("it answered 500"))
        } else if chance.chance(trouble.timeOut) {
            isPlaced = chance.chance(50)
            later(10, answer(.unknown("no answer")))
            input = nil
        } else if chance.chance(trouble.silence) {
            (isPlaced, input) = (chance.chance(50), nil)
        } else {
            (isPlaced, input) = (true, answer(.accepted(providerCallID: id)))
        }
        if isPlaced {
            plan(trip / 2, .arrive(call, id: id, answer: input, run: run))
        } else if let input {
            later(trip, input)
        }
    }

    private mutating func arrive(_ order: DialedCall, _ id: String, _ answer: DialInput?, _ run: Int) {
        let call = ModelCall(order, id: id, at: now, &chance)
        if let other = liveByNumber[call.to].flatMap({ placed[$0] }), other.ends > now {
            wrong.append("two calls to one number at once: \(other.callID) and \(call.callID) at \(now)")
        }
        placed[id] = call
        liveByNumber[call.to] = id
        placementsByKey[keyByID[call.callID] ?? call.callID, default: 0] += 1
        if let answer { plan(chance.seconds(0.01...0.4), .input(answer, run: run)) }
        plan(call.rings - now, .turn(providerCallID: id, .ringing))
        if let answered = call.answered {
            plan(answered - now, .turn(providerCallID: id, .answered))
            if call.opensStream { plan(answered + 0.3 - now, .stream(providerCallID: id)) }
        }
        plan(call.ends - now, .turn(providerCallID: id, .ended(call.end)))
    }

    private mutating func turn(_ id: String, _ state: DialState) {
        guard let call = placed[id] else { return }
        switch (state, call.state(at: now + Self.slack)) {
        case (.ended, .ended(let end)): callBack(call, DialEvent(providerCallID: id, state: .ended(end), code: "word"))
        case (_, let real) where real == state:
            callBack(call, DialEvent(providerCallID: id, state: state, code: "word"))
            guard state == .answered, chance.chance(30) else { return }
            let verdict: MachineVerdict = chance.chance(50) ? .human : .machine
            callBack(call, DialEvent(providerCallID: id, state: nil, machine: verdict))
        default: break
        }
    }

    /// It may be lost, late or come twice.
    private mutating func callBack(_ call: ModelCall, _ event: DialEvent) {
        for _ in 0..<(chance.chance(trouble.doubleCallback) ? 2 : 1) where !chance.chance(trouble.lostCallback) {
            let late = chance.chance(trouble.lateCallback) ? chance.seconds(1...40) : chance.seconds(0.01...0.3)
            plan(late, .always(.callback(from: call.provider, call: call.callID, event)))
        }
    }

    private mutating func hangUp(_ call: DialedCall) {
        if chance.chance(trouble.failedHangUp) {
            if chance.chance(80) { later(0.2, .hungUp(call: call.id, failure: "it answered 500")) }
            return
        }
        guard let id = call.providerCallID, var real = placed[id] else {
            return later(0.2, .hungUp(call: call.id, failure: "no such call"))
        }
        real.hangUp(at: now)
        placed[id] = real
        plan(0.01, .turn(providerCallID: id, .ended(real.end)))
        later(0.2, .hungUp(call: call.id, failure: nil))
    }

    private mutating func list(_ call: DialedCall, _ since: Int64, _ others: Set<String>) {
        let start = Double(since) - Self.epoch
        let shown = placed.values.filter {
            $0.to == call.request.to.exposed && $0.provider == call.request.provider && $0.created >= start - 30
                && $0.created < now - 5 && !others.contains($0.id)
        }
        let finding: DialFinding
        if chance.chance(trouble.blindList) {
            finding = .cannotTell("the provider is in trouble")
        } else if shown.count > 1 {
            finding = .cannotTell("\(shown.count) calls to the number")
        } else if let one = shown.first {
            finding = .found(providerCallID: one.id, state: one.state(at: now))
        } else {
            finding = now < start + 15 ? .cannotTell("too early") : .notFound
        }
        dialer.handle(.found(call: call.id, finding), at: time)
    }
}
