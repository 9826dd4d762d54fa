import Call
import Capture
import Dispatch
import Net
import Synchronization
import Wire

/// Plays the inbound side of a capture to a live server, in real time, and writes down what comes back.
final class ReplayClient: DialOnlyService, WebSocketHandler {
    /// How long a server that ended the captured call may take to end this one.
    private static let overtime = Duration.seconds(10)

    private let loop: EventLoop
    private let capture: Capture
    private let outcome: Outcome
    private var inbound: ArraySlice<CaptureEntry>
    private var socket: WebSocket?
    private var start = Moment.zero
    private var end: Moment?
    private var masking: ReplayMasking
    private var isClosing = false
    private var entries: [CaptureEntry] = []

    private init(_ capture: Capture, to url: String, _ outcome: Outcome, on loop: EventLoop) {
        self.capture = capture
        self.outcome = outcome
        self.loop = loop
        masking = ReplayMasking(capture)
        inbound = capture.entries.filter { $0.direction == .inward }[...]
        loop.connect(WebSocketClientRequest(url), handler: self)
    }

    /// - Returns: a capture with what came.
    static func play(_ capture: Capture, to url: String, _ plan: ReplayPlan) throws(ReplayFiles.Failure) -> Capture {
        let outcome = Outcome()
        let target = address(url, capture, plan)
        let group: EventLoopGroup
        do throws(NetError) {
            let options = LoopOptions(
                extraCAFile: plan.trustedFile, onSignal: { _ in outcome.set(.failure(.init("stopped by a signal"))) })
            group = try EventLoopGroup.start(host: nil, options: options) { ReplayClient(capture, to: target, outcome, on: $0) }
        } catch {
            throw ReplayFiles.Failure("\(error)")
        }
        let result = outcome.wait()
        group.stop(grace: .zero)
        group.wait()
        return try result.get()
    }

    /// The URL with what the call was asked for when it was captured: the query of its socket, and `--bot`.
    private static func address(_ url: String, _ capture: Capture, _ plan: ReplayPlan) -> String {
        guard !url.contains("?") else { return url }
        var fields: [FormEncoding.Field] = []
        if case .object(let query)? = capture.header.call["query"] {
            for (name, value) in query.sorted(by: { $0.key < $1.key }) where name != "bot" {
                if let text = value.string { fields.append(.init(name, text)) }
            }
        }
        if let bot = plan.bot { fields.append(.init("bot", bot)) }
        return fields.isEmpty ? url : url + "?" + FormEncoding.text(fields).replacing("+", with: "%20")
    }

    // MARK: WebSocketHandler

    func opened(_ socket: WebSocket) {
        self.socket = socket
        start = loop.now
        wake(at: start)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count)
        for index in message.indices { bytes.append(message[index]) }
        var content = CaptureEntry.Content.binary(bytes)
        if kind == .text {
            content =
                (try? JSONValue(parsing: bytes)) == nil
                ? .text(String(decoding: bytes, as: UTF8.self)) : .json(masking.outward(bytes))
        }
        note(content)
    }

    func closed(code: UInt16?, _ cause: CloseCause) {
        socket = nil
        if case .failed(let error) = cause { return outcome.set(.failure(.init("\(error)"))) }
        if !isClosing { note(.close(code: code)) }
        finish()
    }

    private func note(_ content: CaptureEntry.Content) {
        entries.append(CaptureEntry(at: (loop.now - start).nanoseconds / 1_000, .outward, content))
    }

    private func finish() {
        loop.setWake(nil)
        outcome.set(.success(Capture(header: capture.header, entries: entries)))
    }

    // MARK: LoopService

    func wake(at now: Moment) {
        guard socket != nil else { return }
        while let entry = inbound.first, start + .microseconds(entry.time) <= now {
            inbound.removeFirst()
            send(entry.content)
        }
        if let entry = inbound.first {
            loop.setWake(start + .microseconds(entry.time))
        } else if let end {
            if end <= now { hangUp(1000) } else { loop.setWake(end) }
        } else {
            let last = start + .microseconds(capture.entries.last?.time ?? 0)
            end = last + (capture.isCut ? ComparisonOptions.liveTolerance : Self.overtime)
            loop.setWake(end)
        }
    }

    private func send(_ content: CaptureEntry.Content) {
        switch content {
        case .json(let bytes): send(masking.inward(bytes), .text)
        case .text(let text): send(Array(text.utf8), .text)
        case .binary(let bytes): send(bytes, .binary)
        case .close(let code): hangUp(code ?? 1000)
        // The captured program's own wish or timer. What another one wants is its own matter.
        case .end, .woken: break
        }
    }

    private func send(_ bytes: [UInt8], _ kind: MessageKind) {
        loop.buffer.reset(kind)
        loop.buffer.storage.append(contentsOf: bytes)
        socket?.send(&loop.buffer)
    }

    private func hangUp(_ code: UInt16) {
        isClosing = true
        socket?.close(code: code)
    }

    /// What became of it, for the thread that waits.
    private final class Outcome: Sendable {
        private let state = Mutex<Result<Capture, ReplayFiles.Failure>?>(nil)
        private let isKnown = DispatchSemaphore(value: 0)

        /// The first word counts.
        func set(_ result: Result<Capture, ReplayFiles.Failure>) {
            let isFirst = state.withLock { state in
                defer { state = state ?? result }
                return state == nil
            }
            if isFirst { isKnown.signal() }
        }

        func wait() -> Result<Capture, ReplayFiles.Failure> {
            isKnown.wait()
            return state.withLock(\.self) ?? .failure(.init("nothing came"))
        }
    }
}
