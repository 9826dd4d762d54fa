import Call
import Net
import Pipeline

/// One media socket and its engine: carries bytes in and outputs out. Lives and dies on its loop.
final class CallHost: WebSocketHandler {
    let id: String
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
        drive(at: loop.now)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        guard !isFinished else { return }
        let now = loop.now
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
        engine.handle(input, at: now)
        drive(at: now)
    }

    /// Carries out what the engine asks for until it has nothing more to ask.
    private func drive(at now: Moment) {
        while true {
            switch engine.poll(at: now, into: &loop.buffer) {
            case .send: socket?.send(&loop.buffer)
            case .idle(let wake): return loop.schedule(self, at: wake)
            case .admit(let start): engine.handle(loop.streams.admit(start, self), at: now)
            case .hangUp(let start): loop.streams.hangUp(start, call: id)
            case .log(let line): loop.streams.log(line, of: self)
            case .close(let code, let reason):
                socket?.close(code: code, reason: reason)
                socket = nil
            case .finished(let termination):
                isFinished = true
                return loop.finish(self, termination)
            }
        }
    }
}
