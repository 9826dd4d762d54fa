import Call
import Net
import Pipeline

/// One media socket and its engine: carries bytes in and outputs out. Lives and dies on its loop.
final class CallHost: WebSocketHandler {
    /// Of the call; a socket of an outbound call has another one until it is admitted.
    var id: String
    let admission: Admission
    /// Query of the WebSocket URL.
    let query: [String: String]
    /// Known from the path, the token or the signature, else from `start`.
    var provider: ProviderName?
    /// Place in the loop's schedule.
    var slot: Int?
    private unowned let loop: LoopServer
    private var engine: CallEngine
    private var socket: WebSocket?
    private(set) var isFinished = false
    /// What the bot knows of the call, once it is admitted. After a hand-over, under the name of the bot that has it now.
    var call: CallInfo?
    var bodyError: String?
    /// The paid leg that has to be ended with the call.
    private(set) var paidLeg: StreamStart?
    /// Where everything that goes over the socket is noted; `nil` without `--capture`.
    private(set) var tape: CaptureTape?
    /// The call's event log; `nil` without `--log-dir`, and until the call is admitted.
    private(set) var log: CallLogStream?
    private var recordings = CallRecordings()
    /// What would make the recording of a finished stream go on in another.
    private(set) var recordingOrders: [RecordingOrder] = []
    /// When the engine wants to be polled next.
    private var due: Moment?

    init(id: String, engine: consuming CallEngine, admission: Admission, query: [String: String], loop: LoopServer) {
        self.id = id
        self.engine = engine
        self.admission = admission
        self.query = query
        self.loop = loop
    }

    var counters: CallCounters { engine.counters }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        loop.add(self)
        let now = loop.now
        tape = loop.captures?.tape(call: id, at: now, unixTime: loop.shared.unixTime)
        drive(at: now)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        guard !isFinished else { return }
        let now = loop.now
        tape?.turn(at: now, due: due)
        tape?.note(message, kind, .inward, at: now)
        engine.receive(message, kind, at: now)
        drive(at: now)
    }

    func closed(code: UInt16?, _ cause: CloseCause) {
        socket = nil
        switch cause {
        case .peer: tell(.closed(code: code ?? 1005))
        case .tooSlow: tell(.cancel(.peerTooSlow))
        // The transport closed by itself: a message over the limit, or frames that break RFC 6455.
        case .local: tell(.cancel(.protocolViolation))
        case .lost, .failed: tell(.closed(code: nil))
        }
    }

    func tell(_ input: consuming CallInput) {
        guard !isFinished else { return }
        let now = loop.now
        tape?.turn(at: now, due: due)
        if let tape { note(input, on: tape, at: now) }
        engine.handle(input, at: now)
        drive(at: now)
    }

    /// Of what the engine is told, that which is not a message: the end of the socket, or of the call by somebody's word.
    private func note(_ input: borrowing CallInput, on tape: CaptureTape, at now: Moment) {
        switch input {
        case .closed(let code): tape.note(.close(code), .inward, at: now)
        case .cancel(let word): tape.note(.end(word), .inward, at: now)
        case .tick: tape.noteLateWake(at: now)
        case .admitted, .refused, .push, .tap, .handedOver: break
        }
    }

    private func noteSent(at now: Moment) {
        guard let tape, socket?.isOpen == true else { return }
        tape.note(loop.buffer, at: now)
    }

    private func admit(_ start: StreamStart, at now: Moment) {
        let answer = loop.streams.admit(start, self)
        if case .admitted(let call, _) = answer {
            let unixTime = loop.shared.unixTime
            log = loop.callLogs?.open(call, isOutbound: admission.dialled != nil, at: now, unixTime: unixTime)
        }
        engine.handle(answer, at: now)
        guard case .admitted = answer, let desk = loop.recordings else { return }
        // Whoever comes back from a telephone is recorded as before, or not: what was stopped stays so.
        for order in loop.shared.registry.record(id)?.recordingOrders ?? desk.firstOrders { carryOut(order, .call, at: now) }
    }

    /// Carries out what the engine asks for until it has nothing more to ask.
    private func drive(at now: Moment) {
        while true {
            switch engine.poll(at: now, into: &loop.buffer) {
            case .send:
                noteSent(at: now)
                socket?.send(&loop.buffer)
            case .idle(let wake):
                due = wake
                return loop.schedule(self, at: wake)
            case .admit(let start): admit(start, at: now)
            // Decided at the end of the call: a caller who is being transferred keeps it.
            case .hangUp(let start): paidLeg = start
            case .log(let line): loop.streams.log(line, of: self)
            case .event(let event): log?.append(event, at: now)
            case .record(let order): carryOut(order, recordings.place(of: order), at: now)
            case .transfer(let order):
                if let answer = loop.streams.transfer(order, of: self) { engine.handle(answer, at: now) }
            case .handOver(let bot): engine.handle(loop.streams.handOver(self, to: bot), at: now)
            case .sendKeys(let keys): loop.streams.send(keys, from: self)
            case .close(let code, let reason):
                // A socket that the peer has closed is not closed again.
                if socket?.isOpen == true { tape?.note(.close(code), .outward, at: now) }
                socket?.close(code: code, reason: reason)
                socket = nil
            case .finished(let termination):
                isFinished = true
                recordingOrders = recordings.orders
                recordings.end(at: now)
                tape?.note(.end(termination), .outward, at: now)
                return loop.finish(self, termination)
            }
        }
    }

    // MARK: Recording

    /// Carries out an order that somebody gives from outside.
    func record(_ order: RecordingOrder) -> (outcome: RecordingOutcome, id: String?) {
        guard !isFinished else { return (.refused("ended", "the call has ended"), nil) }
        let now = loop.now
        let before = recordings[.call]?.id
        let outcome = carryOut(order, .call, at: now)
        drive(at: now)
        return (outcome, recordings[.call]?.id ?? before)
    }

    /// The recording has ended by itself: its disk is full, say.
    func recordingEnded(_ id: String, _ status: RecordingStatus) {
        guard !isFinished, let place = recordings.place(ofRecording: id) else { return }
        let now = loop.now
        recordings[place]?.end(at: now)
        recordings[place] = nil
        engine.handle(.tap(recordings.tap), at: now)
        engine.handle(.push(Frame(.recordingChanged(status))), at: now)
        drive(at: now)
    }

    @discardableResult
    private func carryOut(_ order: RecordingOrder, _ place: CallRecordings.Place, at now: Moment) -> RecordingOutcome {
        let outcome = loop.carryOut(order, recordings[place], call: id, at: now)
        var status: RecordingStatus?
        switch outcome {
        case .began(let tap):
            recordings[place] = tap
            engine.handle(.tap(recordings.tap), at: now)
            status = .recording
        case .changed(let new): status = new
        case .ended:
            recordings[place] = nil
            engine.handle(.tap(recordings.tap), at: now)
            status = .finished
        case .refused(_, let sentence):
            loop.shared.logger.log(.warning, "\(order.word) of a recording refused: \(sentence)", call: id)
            if case .start = order { status = recordings[place]?.status ?? .errored }
        }
        if let status { engine.handle(.push(Frame(.recordingChanged(status))), at: now) }
        return outcome
    }
}
