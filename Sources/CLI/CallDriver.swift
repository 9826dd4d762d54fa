import Audio
import Call
import Net
import Simulation
import Synchronization
import Dispatch

/// Drives simulated calls on one loop: dials, paces the callers, carries messages.
final class CallDriver: LoopService {
    private let plan: SimulationPlan
    private let results: SimulationResults
    private let loop: EventLoop
    private let opening: CallOpening
    private var calls: [SimulatedCall] = []
    private let startedAt: Moment
    private var armed: Moment?

    init(_ plan: SimulationPlan, _ results: SimulationResults, _ loop: EventLoop) {
        self.plan = plan
        self.results = results
        self.loop = loop
        opening = CallOpening(plan.opening, plan.options, loop)
        startedAt = loop.now
        arm(startedAt)
    }

    /// When the call of this number is to be dialled.
    private func due(_ number: Int) -> Moment { startedAt + .nanoseconds(Int64(Double(number) / plan.rate * 1e9)) }

    func wake(at now: Moment) {
        armed = nil
        while calls.count < plan.calls, due(calls.count) <= now, !results.isStopped { dial() }
        var next = calls.count < plan.calls && !results.isStopped ? due(calls.count) : nil
        for call in calls where !call.isOver {
            if let wake = call.wake, wake <= now { call.drive(at: now) }
            if let wake = call.wake { next = next.map { min($0, wake) } ?? wake }
        }
        if results.isStopped { for call in calls { call.hangUp(at: now) } }
        arm(next ?? now + .milliseconds(100))
    }

    private func dial() {
        let call = SimulatedCall(number: calls.count, plan, loop, results) { [unowned self] in arm($0) }
        calls.append(call)
        call.dial(through: opening)
    }

    /// The loop's timer counts whole milliseconds: asked for less, it fires again and again until the moment has come.
    private static let grain = Duration.milliseconds(1)

    private func arm(_ moment: Moment) {
        let wake = max(moment, loop.now + Self.grain)
        if let armed, armed <= wake { return }
        armed = wake
        loop.setWake(wake)
    }

    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {}
    func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
        .refuse(.refusal(404, "not_found", "a simulator serves nothing"))
    }
    func stopping() {}
}

/// One simulated call and its socket.
final class SimulatedCall: WebSocketHandler {
    /// Keys are pressed one second into the call, each half a second after the one before.
    private static let keyPause = Duration.milliseconds(500)

    /// How long the last packets of an echo may be under way, before what is missing counts as lost.
    private static let echoTime = Duration.milliseconds(700)

    private let plan: SimulationPlan
    private let results: SimulationResults
    private let loop: EventLoop
    private let schedule: (Moment) -> Void
    private let number: Int
    private var provider: SimulatedProvider?
    private var socket: WebSocket?
    private var opened: OpenedCall?
    private var keys: ArraySlice<KeypadEntry>
    private var keyDue: Moment?
    private var quietDue: Moment?
    private var hangUpDue: Moment?
    private(set) var wake: Moment?
    private(set) var isOver = false

    init(number: Int, _ plan: SimulationPlan, _ loop: EventLoop, _ results: SimulationResults, schedule: @escaping (Moment) -> Void)
    {
        self.number = number
        self.plan = plan
        self.loop = loop
        self.results = results
        self.schedule = schedule
        keys = plan.keys[...]
    }

    func dial(through opening: CallOpening) {
        opening.open(plan.identity(number)) { [self] result in
            switch result {
            case .failure(let error): end(failure: "\(error)")
            case .success(let opened):
                self.opened = opened
                if isOver { return opened.ended(nil) {} }
                loop.connect(opened.request, handler: self)
            }
        }
    }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        let now = loop.now
        guard let opened, !isOver else { return socket.close(code: 1000) }
        opened.connected()
        var options = opened.options
        if number > 0 { options.heardLimit = .zero }
        do {
            var provider = try SimulatedProvider(plan.provider, opened.identity, options)
            provider.start(at: now)
            provider.speak(plan.speech(as: options.inbound))
            self.provider = provider
        } catch {
            return end(failure: "\(error)")
        }
        quietDue = plan.expectsEcho ? now + plan.duration : nil
        hangUpDue = now + plan.duration + (plan.expectsEcho ? Self.echoTime : .zero)
        keyDue = keys.isEmpty ? nil : now + .seconds(1)
        drive(at: now)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        let now = loop.now
        provider?.receive(message, kind, at: now)
        drive(at: now)
    }

    func closed(code: UInt16?, _ cause: CloseCause) {
        socket = nil
        guard !isOver else { return }
        if case .failed(let error) = cause {
            return end(failure: opened?.refused(error) ?? "\(error)")
        }
        provider?.connectionClosed(at: loop.now)
        end(failure: nil)
    }

    func hangUp(at now: Moment) {
        guard !isOver else { return }
        guard provider != nil else { return end(failure: "stopped before the connection stood") }
        provider?.hangUp()
        drive(at: now)
    }

    func drive(at now: Moment) {
        guard !isOver, provider != nil else { return }
        if let due = quietDue, due <= now {
            quietDue = nil
            provider?.endMedia()
        }
        if let due = hangUpDue, due <= now {
            hangUpDue = nil
            provider?.hangUp()
        }
        if let due = keyDue, due <= now {
            if let key = keys.popFirst() { provider?.press(key) }
            keyDue = keys.isEmpty ? nil : due + Self.keyPause
        }
        while let output = provider?.poll(at: now, into: &loop.buffer) {
            switch output {
            case .send: socket?.send(&loop.buffer)
            case .close:
                socket?.close(code: 1000)
                return end(failure: nil)
            case .idle(let wake):
                self.wake = [wake, quietDue, hangUpDue, keyDue].compactMap(\.self).min()
                if let wake = self.wake { schedule(wake) }
                return
            }
        }
    }

    private func end(failure: String?) {
        guard !isOver else { return }
        isOver = true
        wake = nil
        let report = failure == nil ? provider?.report : nil
        let heard = number == 0 ? provider?.heard : nil
        let ending = provider?.ending
        provider = nil
        let tell = { [results, plan] in results.add(failure: failure, report: report, heard: heard, of: plan) }
        if let opened { opened.ended(ending, done: tell) } else { tell() }
    }
}

/// What became of the calls, for the thread that waits.
final class SimulationResults: Sendable {
    struct Outcome: Sendable {
        var reports: [CallReport] = []
        /// Calls that did not come about, by reason.
        var failures: [String: Int] = [:]
        var heard: PCM16?
        var done = 0
        var isStopped = false
    }

    private let state = Mutex(Outcome())
    private let finished = DispatchSemaphore(value: 0)

    var outcome: Outcome { state.withLock(\.self) }
    var isStopped: Bool { state.withLock(\.isStopped) }

    func add(failure: String?, report: CallReport?, heard: PCM16?, of plan: SimulationPlan) {
        let isLast = state.withLock { outcome in
            outcome.done += 1
            if let failure { outcome.failures[failure, default: 0] += 1 }
            if let report { outcome.reports.append(report) }
            if let heard { outcome.heard = heard }
            return outcome.done == plan.calls
        }
        if isLast { finished.signal() }
    }

    /// Ctrl-C: the callers hang up. The second one does not wait for them.
    func stop() {
        let isSecond = state.withLock { outcome in
            defer { outcome.isStopped = true }
            return outcome.isStopped || outcome.done == 0
        }
        if isSecond { finished.signal() }
    }

    func wait() { finished.wait() }
}
