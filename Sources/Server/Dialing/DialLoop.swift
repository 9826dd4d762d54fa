import Call
import Dialing
import Net
import Providers
import Wire

/// The one loop that places calls: it listens to nobody, so that no call's audio waits while a campaign dials. Owns the ``Dialer``, the
/// journal's thread and all who wait for word of a call. Made on the loop's thread, never leaves it.
final class DialLoop: LoopService {
    /// Most requests to providers under way: at fifty calls a second, with every answer lost, what was sent within one time-out, and
    /// its look-ups.
    static let places = 1_024

    let shared: SharedState
    let loop: EventLoop
    let orders: DialOrders
    private(set) var dialer: Dialer
    private let journal: JournalThread
    private let folder: JournalFolder
    private lazy var executor = DialExecutor(self)
    private lazy var events = EventSender(self)
    private var waiters = DialWaiters()
    /// What the dialer has still to be told. Filled while it is being polled.
    private var inputs: [DialInput] = []
    private var isDriving = false
    private var isStopped = false
    private var dialerWake: Moment?
    /// The last record given to the journal, and the last one on disk.
    private var written: UInt64 = 0
    private var synced: UInt64 = 0
    /// The system's words while the journal cannot be written.
    private(set) var journalFailure: String?

    init(_ shared: SharedState, _ loop: EventLoop, _ opened: OpenedJournal) {
        self.shared = shared
        self.loop = loop
        orders = DialOrders(shared)
        folder = opened.file.folder
        let configuration = shared.configuration
        let seed = shared.cryptography.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        dialer = Dialer(
            configuration.dial.rules(configuration.dialling), journal: opened.fold, seed: seed,
            at: DialTime(loop.now, unixTime: shared.unixTime))
        let home = loop.handle
        journal = JournalThread(opened.file, configuration.journalDisk, clock: { shared.unixTime }) { news in
            home.post { loop in (loop.service as? DialLoop)?.heard(news) }
        }
        loop.rest.places = Self.places
        for call in opened.fold.calls { endTokens(of: call) }
        // Not in place: the loop has not got its service yet.
        home.post { loop in (loop.service as? DialLoop)?.drive() }
    }

    private var now: DialTime { DialTime(loop.now, unixTime: shared.unixTime) }

    // MARK: Told

    func tell(_ input: DialInput) {
        inputs.append(input)
        drive()
    }

    private func heard(_ news: JournalThread.News) {
        switch news {
        case .synced(let number):
            if journalFailure != nil {
                journalFailure = nil
                shared.logger.log(.warning, "the journal is written again; calls are accepted and placed")
            }
            synced = number
            tell(.synced(through: number))
            for action in waiters.takeSynced(through: number) { action(true) }
        case .failed(let reason):
            if journalFailure == nil {
                shared.logger.log(
                    .error,
                    "the journal cannot be written: \(reason); no call is accepted or placed until it can, calls in the air go on",
                    ["folder": folder.path])
            }
            journalFailure = reason
            refuseUnsynced()
        case .stayedLong(let reason):
            shared.logger.log(.warning, "the journal was not made shorter: \(reason)", ["folder": folder.path])
        }
    }

    /// What is not on disk is not promised: whoever waits for it is told so, and it is not placed later either.
    private func refuseUnsynced() {
        for (id, askers) in waiters.takeUnsynced() {
            for asker in askers { asker.reply(DialReport.noJournal(journalMend)) }
            waiters.refused(id)
            inputs.append(.cancel(call: id))
        }
        for action in waiters.takeSynced(through: .max) { action(false) }
        drive()
    }

    /// The outbox has changed behind the dialer's back.
    func eventsMoved() {
        events.drive(at: loop.now)
        arm()
    }

    var journalMend: String {
        "the journal in \(folder.path) cannot be written: \(journalFailure ?? "it has ended"); make room there, then ask again"
    }

    func wake(at now: Moment) {
        inputs.append(.tick)
        for (id, asker) in waiters.takeExpired(at: now) { if let call = dialer.call(id) { asker.answer(call) } }
        drive()
    }

    // MARK: Driving

    /// Carries out what the dialer asks for until it has nothing more to ask.
    private func drive() {
        guard !isDriving, !isStopped else { return }
        isDriving = true
        var lines: [JournalLine] = []
        repeat {
            let now = now
            for input in takeInputs() { dialer.handle(input, at: now) }
            while let output = next(at: now) { carryOut(output, &lines) }
        } while !inputs.isEmpty
        isDriving = false
        if let last = lines.last {
            written = last.number
            journal.write(lines)
        }
        events.drive(at: loop.now)
        arm()
    }

    private func takeInputs() -> [DialInput] {
        defer { inputs = [] }
        return inputs
    }

    /// - Returns: `nil` when the dialer is idle.
    private func next(at now: DialTime) -> DialOutput? {
        let output = dialer.poll(at: now)
        guard case .idle(let wake) = output else { return output }
        dialerWake = wake
        return nil
    }

    private func carryOut(_ output: DialOutput, _ lines: inout [JournalLine]) {
        switch output {
        case .write(let line): lines.append(line)
        case .accepted(let call):
            for asker in waiters.takeUnsynced(call.id) { settle(asker, call) }
        case .place(let call):
            shared.dialing.note(call)
            executor.place(call)
        case .lookUp(let call, let since, let others): executor.lookUp(call, since: since, others: others)
        case .hangUp(let call): executor.hangUp(call)
        case .tellBot(let call, let verdict): shared.tellBot(of: call, verdict)
        case .changed(let call, let event): changed(call, event)
        case .log(let line): DialLogLine.write(line, shared.logger)
        case .idle: break
        }
    }

    private func changed(_ call: DialedCall, _ event: UInt64) {
        shared.dialing.note(call)
        endTokens(of: call)
        if call.status.end != nil { shared.endTransferred(call.id, .callerHungUp) }
        DialLogLine.write(call, shared.logger)
        if DialWaiters.isSettled(call) { for asker in waiters.takeWaiting(call.id) { asker.answer(call) } }
        if events.isWanted { events.add(call, event) } else { inputs.append(.delivered(event: event)) }
    }

    /// A call that is over opens no stream any more: a provider that answers it late would have nobody who ends it. Of an unknown end it
    /// may be the first word.
    private func endTokens(of call: DialedCall) {
        guard let end = call.status.end, end != .unknown, let endedAt = call.endedAt else { return }
        let expires = Int64(endedAt) + Int64(call.request.ringTimeout) + DialledClaim.grace
        shared.tokens.end(call: call.id, expires: expires, unixTime: Int64(shared.unixTime))
    }

    private func arm() {
        loop.setWake([dialerWake, waiters.deadline, events.wake].compactMap(\.self).min())
    }

    /// The call's stream has opened: the bot is told what machine detection heard before there was one.
    func streamBegan(_ call: String, providerCallID: String?) {
        tell(.streamBegan(call: call, providerCallID: providerCallID))
    }

    // MARK: Asked

    func call(_ id: String) -> DialedCall? {
        let call = dialer.call(id)
        // Whoever is told of the end can rely on it, also before the journal has it.
        if let call { endTokens(of: call) }
        return call
    }

    /// Puts a call on the list, once everything that can be known of it beforehand is right.
    func start(_ asked: AskedCall, _ reply: Reply) {
        guard journalFailure == nil, !isStopped else { return reply(DialReport.noJournal(journalMend)) }
        let request = asked.request, id = shared.newCallID()
        guard let dialect = orders.dialect(request.provider) else { return reply(DialReport.error(.unknownProvider)) }
        guard let origin = orders.origin(for: dialect) else { return reply(DialReport.unreachable(dialect)) }
        let acceptance: DialAcceptance
        do throws(DialRefusal) {
            _ = try orders.request(for: request, id: id, dialect, origin, unixTime: shared.unixTime)
        } catch {
            return reply(DialReport.error(error))
        }
        do throws(DialRejection) {
            acceptance = try dialer.accept(request, id: id, key: asked.key, at: now)
        } catch {
            return reply(DialReport.error(error))
        }
        var asker = DialWaiters.Asker(
            reply: reply, isReplayed: false, deadline: asked.wait > 0 ? loop.now + .seconds(asked.wait) : nil)
        switch acceptance {
        case .new(let call): waiters.addUnsynced(asker, call.id)
        case .known(let call, let isOnDisk):
            asker.isReplayed = true
            if waiters.wasRefused(call.id) { return reply(DialReport.keyOfRefused) }
            if isOnDisk { settle(asker, call) } else { waiters.addUnsynced(asker, call.id) }
        }
        drive()
    }

    private func settle(_ asker: DialWaiters.Asker, _ call: DialedCall) {
        if asker.deadline == nil || DialWaiters.isSettled(call) { asker.answer(call) } else { waiters.addWaiting(asker, call.id) }
    }

    /// Ends a call.
    ///
    /// - Returns: `false` when it is no outbound call of ours.
    func cancel(_ id: String, _ reply: Reply) -> Bool {
        guard let call = dialer.call(id) else { return false }
        if let end = call.status.end {
            reply(DialReport.error(409, "ended", "the call has ended: \(end.rawValue)"))
            return true
        }
        let canHangUp = orders.dialect(call.request.provider)?.dialling.canHangUp ?? true
        if !canHangUp, call.status != .queued {
            guard call.status == .streaming else {
                let sentence = "\(call.request.provider) has no request that ends a call before its stream has opened"
                reply(DialReport.error(400, "unsupported", sentence))
                return true
            }
            // Without the stream the provider ends the call.
            shared.endStream(of: id)
        }
        tell(.cancel(call: id))
        whenSynced(reply) { dial in dial.dialer.call(id).map { .json(200, .object(DialReport.members($0))) } }
        return true
    }

    /// The kill switch: nothing more is placed, or it goes on.
    func pause(_ isPaused: Bool, _ reply: Reply) {
        tell(isPaused ? .pause : .resume)
        shared.logger.log(.warning, isPaused ? "dialling is paused" : "dialling goes on")
        whenSynced(reply) { $0.state }
    }

    var state: HTTPAnswer {
        .json(
            200,
            .object([
                "paused": .bool(dialer.isPaused), "queued": .number(Double(dialer.queued)),
                "in_the_air": .number(Double(dialer.inTheAir)),
            ]))
    }

    /// Answers when everything that was written until now is on disk.
    private func whenSynced(_ reply: Reply, _ answer: @escaping (DialLoop) -> HTTPAnswer?) {
        guard journalFailure == nil, !isStopped else { return reply(DialReport.noJournal(journalMend)) }
        waiters.whenSynced(through: written) { [unowned self] isOnDisk in
            let gone = DialReport.error(404, "unknown_call", "the call was forgotten in this very moment")
            reply(isOnDisk ? answer(self) ?? gone : DialReport.noJournal(journalMend))
        }
        if written <= synced { for action in waiters.takeSynced(through: synced) { action(true) } }
    }

    // MARK: LoopService

    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
        exchange.answer(.refusal(404, "not_found", "nothing is served here"))
    }

    func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(404, "not_found", "nothing is served here")) }

    /// Nothing more is placed by this process; what waits is left to the next one.
    func drain() {
        dialer.drain(at: now)
        drive()
    }

    /// Whoever waits is told the state so far.
    func answerAll() {
        for (id, asker) in waiters.takeAllWaiting() { if let call = dialer.call(id) { asker.answer(call) } }
    }

    func stopping() {
        drive()
        isStopped = true
        journal.end()
        folder.release()
    }
}

/// A journal that was opened, on its way to the loop that keeps it.
struct OpenedJournal: Sendable {
    let file: JournalFile
    let fold: JournalFold
    /// The folder's own secret, where none is set.
    let secret: Secret?
}

/// A call as it was asked for over HTTP.
struct AskedCall: Sendable {
    let request: DialRequest
    let key: String?
    /// How long the answer may wait for the provider's. Units: seconds.
    let wait: Int
}
