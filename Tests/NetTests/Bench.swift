import Call
import Foundation
import Net
import Synchronization

/// A list that one thread fills and another waits for, at most ten seconds.
final class Inbox<Element: Sendable>: @unchecked Sendable {
    // Proof: every access to `items` holds `condition`.
    private let condition = NSCondition()
    private var items: [Element] = []

    func put(_ item: Element) {
        condition.lock()
        items.append(item)
        condition.broadcast()
        condition.unlock()
    }

    var all: [Element] {
        condition.lock()
        defer { condition.unlock() }
        return items
    }

    /// The first `count` items, or what has come when the time is over.
    func wait(_ count: Int, seconds: Double = 10) -> [Element] {
        let end = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while items.count < count, condition.wait(until: end) {}
        return items
    }

    /// Until an item is so.
    func first(where isWanted: (Element) -> Bool) -> Element? {
        let end = Date(timeIntervalSinceNow: 10)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let item = items.first(where: isWanted) { return item }
            guard condition.wait(until: end) else { return nil }
        }
    }
}

/// What a WebSocket handler was told.
enum Told: Equatable, Sendable {
    case opened
    case message(String, MessageKind)
    case closed(UInt16?, CloseCause)

    var isClosed: Bool { if case .closed = self { true } else { false } }
}

/// Writes down what it is told; runs a hook for each thing.
final class Notes: WebSocketHandler {
    let inbox: Inbox<Told>
    let hook: (Told, WebSocket) -> Void
    private var socket: WebSocket?

    init(_ inbox: Inbox<Told>, hook: @escaping (Told, WebSocket) -> Void = { _, _ in }) {
        self.inbox = inbox
        self.hook = hook
    }

    private func note(_ told: Told) {
        inbox.put(told)
        if let socket { hook(told, socket) }
    }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        note(.opened)
    }

    func received(_ message: Span<UInt8>, _ kind: MessageKind) { note(.message(text(message), kind)) }

    func closed(code: UInt16?, _ cause: CloseCause) {
        inbox.put(.closed(code, cause))
        socket = nil
    }
}

func text(_ span: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    for index in span.indices { bytes.append(span[index]) }
    return String(decoding: bytes, as: UTF8.self)
}

extension WebSocket {
    func send(_ text: String, _ kind: MessageKind = .text) {
        loop.buffer.reset(kind)
        loop.buffer.storage.append(contentsOf: text.utf8)
        send(&loop.buffer)
    }
}

/// Answers `200` with what it was asked, and echoes WebSocket messages. `/refuse` is no WebSocket; `/none` never answers.
final class EchoService: LoopService {
    let loop: EventLoop
    let inbox: Inbox<Told>
    let requests: Inbox<IncomingRequest>
    var held: [HTTPExchange] = []
    let hook: (Told, WebSocket) -> Void
    var woken: (Moment) -> Void = { _ in }

    init(
        _ loop: EventLoop, _ inbox: Inbox<Told>, _ requests: Inbox<IncomingRequest>,
        hook: @escaping (Told, WebSocket) -> Void
    ) {
        self.loop = loop
        self.inbox = inbox
        self.requests = requests
        self.hook = hook
    }

    func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
        requests.put(request)
        switch request.path {
        case "/drop": return
        case "/hold": held.append(exchange)
        case "/later":
            loop.handle.post { loop in
                guard let service = loop.service as? EchoService else { return }
                for exchange in service.held { exchange.answer(HTTPAnswer(200, "text/plain", "later")) }
                service.held = []
            }
            held.append(exchange)
        case "/big": exchange.answer(HTTPAnswer(status: 200, body: [UInt8](repeating: 0x61, count: 3_000_000)))
        case "/redirect": exchange.answer(HTTPAnswer(status: 302, headers: [("location", "/elsewhere")]))
        case "/empty": exchange.answer(HTTPAnswer(status: 204))
        default:
            exchange.answer(HTTPAnswer(200, "text/plain", "\(request.method) \(request.target) \(request.body.count)"))
        }
    }

    func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
        requests.put(request)
        if request.path == "/refuse" { return .refuse(.refusal(403, "forbidden", "not you")) }
        return .accept(Notes(inbox, hook: hook))
    }

    func wake(at now: Moment) { woken(now) }
    func stopping() {}
}

/// A running group with an ``EchoService`` on each loop.
final class Bench: Sendable {
    let group: EventLoopGroup
    let server = Inbox<Told>()
    let requests = Inbox<IncomingRequest>()

    init(
        loops: Int = 1, options: LoopOptions = LoopOptions(),
        hook: @escaping @Sendable (Told, WebSocket) -> Void = Bench.echo
    ) throws {
        let (server, requests) = (self.server, self.requests)
        var options = options
        options.loops = loops
        group = try EventLoopGroup.start(host: "127.0.0.1", options: options) { loop in
            EchoService(loop, server, requests, hook: hook)
        }
    }

    static let echo: @Sendable (Told, WebSocket) -> Void = { told, socket in
        if case .message(let text, let kind) = told { socket.send(text, kind) }
    }

    var port: Int { group.port }

    func client() throws -> RawClient { try RawClient(port: port) }

    /// Dials from the first loop and says what the handler was told.
    func dial(
        _ path: String = "/", _ request: WebSocketClientRequest? = nil,
        hook: @escaping @Sendable (Told, WebSocket) -> Void = { _, _ in }
    ) -> Inbox<Told> {
        let inbox = Inbox<Told>()
        let request = request ?? WebSocketClientRequest("ws://127.0.0.1:\(port)\(path)")
        group.handles[0].post { loop in loop.connect(request, handler: Notes(inbox, hook: hook)) }
        return inbox
    }

    func rest(_ request: HTTPRequest, timeout: Duration = .seconds(10), limit: Int = 100_000) -> Result<HTTPResponse, NetError>? {
        let inbox = Inbox<Result<HTTPResponse, NetError>>()
        group.handles[0].post { loop in loop.rest.send(request, timeout: timeout, limit: limit) { inbox.put($0) } }
        return inbox.wait(1).first
    }

    func stop() {
        group.stop(grace: .seconds(1))
        group.wait()
    }
}
