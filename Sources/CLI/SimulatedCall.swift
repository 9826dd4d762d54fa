import Audio
import Call
import Net
import Simulation

/// One simulated call and its socket.
final class SimulatedCall: WebSocketHandler {
    /// Keys are pressed one second into the call, each half a second after the one before.
    private static let keyPause = Duration.milliseconds(500)

    /// How long the last packets of an echo may be under way, before what is missing counts as lost.
    private static let echoTime = Duration.milliseconds(700)

    /// What the driver is told.
    enum Event {
        /// The call is to be driven then.
        case wants(Moment)
        /// A packet left, so much late.
        case sent(late: Duration)
        case ended(CallReport, heard: PCM16?)
        case failed(String)
    }

    private let plan: SimulationPlan
    private let schedule: RunSchedule
    private let loop: EventLoop
    private let tell: (SimulatedCall, Event) -> Void
    private let number: Int
    private var provider: SimulatedProvider?
    private var socket: WebSocket?
    private var opened: OpenedCall?
    private var keys: ArraySlice<KeypadEntry>
    private var keyDue: Moment?
    private var quietDue: Moment?
    private var hangUpDue: Moment?
    private(set) var wake: Moment?
    /// The driver's: the earliest moment for which the call stands in its queue.
    var queued: Moment?
    private(set) var isOver = false

    init(
        number: Int, _ plan: SimulationPlan, _ schedule: RunSchedule, _ loop: EventLoop,
        tell: @escaping (SimulatedCall, Event) -> Void
    ) {
        self.number = number
        self.plan = plan
        self.schedule = schedule
        self.loop = loop
        self.tell = tell
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
        // What is recognised is spelt in the formats of the command line; a document may ask for others.
        let isUsual = options.inbound == plan.options.inbound && options.outbound == plan.options.outbound
        options.signature = isUsual ? plan.signature(number) : nil
        do {
            var provider = try SimulatedProvider(plan.provider, opened.identity, options)
            if plan.isMeasured { provider.measure(schedule.window) }
            provider.start(at: now)
            provider.speak(plan.speech(as: options.inbound))
            self.provider = provider
        } catch {
            return end(failure: "\(error)")
        }
        // Many calls end together, so that all of them stand at once.
        let end = plan.calls == 1 ? now + plan.duration : schedule.end
        quietDue = plan.expectsEcho ? end : nil
        hangUpDue = end + (plan.expectsEcho ? Self.echoTime : .zero)
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
            provider?.fallSilent()
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
            case .send:
                if let late = provider?.takeLateness() { tell(self, .sent(late: late)) }
                socket?.send(&loop.buffer)
            case .close:
                socket?.close(code: 1000)
                return end(failure: nil)
            case .idle(let wake):
                self.wake = [wake, quietDue, hangUpDue, keyDue].compactMap(\.self).min()
                if let wake = self.wake { tell(self, .wants(wake)) }
                return
            }
        }
    }

    private func end(failure: String?) {
        guard !isOver else { return }
        isOver = true
        wake = nil
        let heard = number == 0 ? provider?.heard : nil
        let ending = provider?.ending
        let event: Event? = if let failure { .failed(failure) } else { provider.map { .ended($0.report, heard: heard) } }
        provider = nil
        let done = { [self] in if let event { tell(self, event) } }
        if let opened { opened.ended(ending, done: done) } else { done() }
    }
}
