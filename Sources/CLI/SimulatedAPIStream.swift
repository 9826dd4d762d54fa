import Audio
import Call
import Net
import Simulation

/// The media stream of one answered call: the callee says a short tone and then listens, until one side hangs up.
final class SimulatedAPIStream: WebSocketHandler {
    enum Event {
        case opened
        /// The stream is to be driven then.
        case wants(Moment)
        /// What the provider objects to.
        case complaint(Complaint)
        case ended
    }

    let stream: APIStream
    private let loop: EventLoop
    private let tell: (SimulatedAPIStream, Event) -> Void
    private var provider: SimulatedProvider?
    private var socket: WebSocket?
    private var isOver = false
    private var isHungUp = false
    /// The service's: the moment for which the stream stands in its queue.
    var queued: Moment?

    init(_ stream: APIStream, _ loop: EventLoop, tell: @escaping (SimulatedAPIStream, Event) -> Void) {
        self.stream = stream
        self.loop = loop
        self.tell = tell
    }

    func dial() { loop.connect(WebSocketClientRequest(stream.order.url, headers: stream.headers), handler: self) }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        guard !isOver, !isHungUp else {
            socket.close(code: 1000)
            return end()
        }
        var options = SimulationOptions(inbound: stream.order.inbound, outbound: stream.order.outbound)
        options.unheard = stream.order.unheard
        options.jitterBuffer = .milliseconds(40)
        options.heardLimit = .zero
        var identity = stream.identity
        identity.parameters = stream.order.parameters
        do {
            var provider = try SimulatedProvider(stream.provider, identity, options)
            provider.start(at: loop.now)
            provider.speak(Self.hello(options.inbound.rate))
            self.provider = provider
        } catch {
            tell(self, .complaint(Complaint("\(error)")))
            socket.close(code: 1000)
            return end()
        }
        tell(self, .opened)
        drive(at: loop.now)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        provider?.receive(message, kind, at: loop.now)
        drive(at: loop.now)
    }

    func closed(code: UInt16?, _ cause: CloseCause) {
        socket = nil
        if case .failed(let error) = cause, !isOver { tell(self, .complaint(Complaint("the stream: \(error)"))) }
        provider?.connectionClosed(at: loop.now)
        end()
    }

    /// The call is over.
    func hangUp(at now: Moment) {
        isHungUp = true
        provider?.hangUp()
        drive(at: now)
    }

    func drive(at now: Moment) {
        guard !isOver, provider != nil else { return }
        while let output = provider?.poll(at: now, into: &loop.buffer) {
            switch output {
            case .send: socket?.send(&loop.buffer)
            case .close:
                socket?.close(code: 1000)
                return end()
            case .idle(let wake):
                if let wake { tell(self, .wants(wake)) }
                return
            }
        }
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        for entry in provider?.report.complaints.entries ?? [] { tell(self, .complaint(entry.complaint)) }
        provider = nil
        tell(self, .ended)
    }

    /// 400 ms of tone.
    private static func hello(_ rate: SampleRate) -> PCM16 {
        var tone = Tone(hertz: 440, level: -10, rate: rate)
        var samples: [Int16] = []
        tone.append(samples: rate.samples(inMilliseconds: 400), to: &samples)
        return PCM16(samples: samples, rate: rate)
    }
}
