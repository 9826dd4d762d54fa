import CLibWebSockets
import Call
import Glibc

/// One connection from its first byte to its answer, or until it becomes a WebSocket.
///
/// The socket is watched as a raw file and read here: that keeps the request target as it was sent, which Twilio's and Plivo's
/// signatures cover, and gives each refusal a status and a body. Only a valid, accepted WebSocket handshake goes to libwebsockets.
/// See the decision `http-head`.
public final class HTTPConnection: ReadingSession {
    /// Longest request head. Units: bytes. Signed webhooks with many query fields stay under 8 KiB; the rest is head room.
    public static let headLimit = 16_384
    /// Longest request body. Units: bytes. Webhook forms and dial-out requests are a tenth of it.
    public static let bodyLimit = 65_536
    /// How long a whole head may take, and then a whole body: a peer that drips bytes must not hold a place.
    public static let readTime = Duration.seconds(10)
    /// How long the service may think. A dial-out waits for a provider's API; past this nobody listens any more.
    public static let answerTime = Duration.seconds(120)
    /// Most connections of a loop whose request is not whole yet. Past it the oldest of them is closed, so that peers who send a
    /// request slowly or never cannot keep out those who send it at once.
    public static let readingLimit = 1_024
    /// How long, and for how many bytes, a peer is read after its answer, so that unread bytes do not turn the close into a reset
    /// that takes the answer away.
    static let drainTime = Duration.seconds(1)
    static let drainBytes = 262_144

    private enum Phase {
        case head, body(RequestHead), answering, writing, draining, done
    }

    private unowned let loop: EventLoop
    private let fd: Int32
    private let peer: String
    /// Where TLS came in; `nil` on a plain connection, which can be asked itself.
    private let secureLocal: (host: String, port: Int)?
    private var phase = Phase.head
    private var wsi: OpaquePointer?
    private var bytes: [UInt8] = []
    private var written = 0
    private var drained = 0
    private var wantsBody = true
    /// A body that is written piece by piece.
    private var stream: HTTPStream?
    /// Bytes of it that have come.
    private var streamed = 0
    private var awaitsPiece = false
    private var ownHandle: UInt = 0
    private(set) var isReading = true

    private init(_ loop: EventLoop, _ fd: Int32, _ peer: String, _ secureLocal: (host: String, port: Int)?) {
        self.loop = loop
        self.fd = fd
        self.peer = peer
        self.secureLocal = secureLocal
    }

    /// Takes the descriptor over.
    static func start(_ loop: EventLoop, _ fd: Int32, peer: String, secureLocal: (host: String, port: Int)?) {
        let connection = HTTPConnection(loop, fd, peer, secureLocal)
        let handle = loop.sessions.insert(connection)
        guard let wsi = lwsx_adopt_file(loop.vhost, fd, "stream", UnsafeMutableRawPointer(bitPattern: handle)) else {
            close(fd)
            _ = loop.sessions.remove(handle)
            return
        }
        loop.startedReading(handle)
        connection.wsi = wsi
        connection.ownHandle = handle
        connection.setTimer(readTime)
    }

    func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ data: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_RAW_RX_FILE: readable()
        case LWS_CALLBACK_RAW_WRITEABLE_FILE: if case .writing = phase { write() }
        case LWS_CALLBACK_TIMER: timeout()
        case LWS_CALLBACK_RAW_CLOSE_FILE:
            finish()
            self.wsi = nil
            return 0
        default: return 0
        }
        if case .done = phase { return -1 }
        return 0
    }

    func released() {
        finish()
        wsi = nil
    }

    /// The request is read, or will never be.
    private func requestOver() {
        guard isReading else { return }
        isReading = false
        loop.readingRequests -= 1
    }

    private func finish() {
        requestOver()
        phase = .done
    }

    /// Closes from outside of a callback of this connection too.
    fileprivate func closeSoon() {
        finish()
        if let wsi { lws_set_timer_usecs(wsi, 1) }
    }

    /// Gives its place up to a newer connection.
    func dropUnread() { if isReading { closeSoon() } }

    /// A request that the service has keeps the grace; one that is still arriving does not.
    func loopStops() {
        switch phase {
        case .head, .body, .draining: closeSoon()
        case .answering, .writing, .done: break
        }
    }

    private func setTimer(_ duration: Duration) {
        if let wsi { lws_set_timer_usecs(wsi, duration.nanoseconds / 1_000) }
    }

    private func timeout() {
        switch phase {
        case .head where bytes.isEmpty, .draining, .done, .writing: finish()
        case .head, .body: refuse(.refusal(408, "request_timeout", "the request was not whole after \(Self.readTime)"))
        case .answering: reply(.refusal(504, "answer_timeout", "no answer after \(Self.answerTime)"))
        }
    }

    // MARK: reading

    private func readable() {
        switch phase {
        case .head: readHead()
        case .body(let head): readBody(head)
        case .draining: drain()
        case .answering, .writing: if let wsi { lws_rx_flow_control(wsi, 0) }
        case .done: break
        }
    }

    private enum Arrival { case bytes(Int), nothing, gone }

    private func receive(_ most: Int, flags: Int32 = 0) -> Arrival {
        let n = recv(fd, loop.scratch, min(most, EventLoop.readSize), flags)
        if n > 0 { return .bytes(n) }
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .gone
    }

    /// Takes exactly the head from the socket; what follows stays there for the body, or for libwebsockets.
    private func readHead() {
        switch receive(EventLoop.readSize, flags: Int32(MSG_PEEK)) {
        case .nothing: return
        case .gone: return finish()
        case .bytes(let count):
            let seen = UnsafeRawBufferPointer(start: loop.scratch, count: count)
            let scan = HeadScan(before: bytes, seen)
            let room = Self.headLimit - bytes.count
            bytes.append(contentsOf: seen.prefix(min(scan.taken, room)))
            _ = receive(scan.taken)
            if scan.isBroken { return refuse(.refusal(400, "bad_request", "malformed request: line end")) }
            guard scan.taken <= room else {
                return refuse(.refusal(431, "head_too_large", "the request head is over \(Self.headLimit) bytes"))
            }
            guard scan.isWhole else { return }
            let whole = bytes
            bytes = []
            do throws(RequestHead.Refusal) {
                try begin(RequestHead(whole))
            } catch {
                refuse(error.answer)
            }
        }
    }

    private func begin(_ head: RequestHead) throws(RequestHead.Refusal) {
        wantsBody = head.method != "HEAD"
        guard HTTPRules.methods.contains(head.method) else { return refuse(HTTPRules.unknownMethod) }
        if head.lists("websocket", in: "upgrade"), head.lists("upgrade", in: "connection") {
            try HTTPRules.checkHandshake(head)
            return upgrade(head)
        }
        let length = try HTTPRules.bodyLength(head)
        guard length <= Self.bodyLimit else {
            return refuse(.refusal(413, "body_too_large", "the body is over \(Self.bodyLimit) bytes"))
        }
        if let expectation = head.headers["expect"] {
            guard expectation.lowercased() == "100-continue" else {
                return refuse(.refusal(417, "expectation", "only 100-continue is understood"))
            }
            if length > 0 { sendContinue() }
        }
        if length == 0 { return deliver(head) }
        phase = .body(head)
        bytes.reserveCapacity(length)
        setTimer(Self.readTime)
        readBody(head)
    }

    private func readBody(_ head: RequestHead) {
        let length = head.contentLength ?? 0
        while bytes.count < length {
            switch receive(length - bytes.count) {
            case .nothing: return
            case .gone: return finish()
            case .bytes(let count):
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: loop.scratch, count: count))
            }
        }
        deliver(head)
    }

    private func sendContinue() {
        // 25 bytes into an empty socket buffer; a peer that cannot take them waits a second and sends its body anyway.
        let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        _ = send(fd, text.utf8Start, text.utf8CodeUnitCount, Int32(MSG_NOSIGNAL))
    }

    // MARK: to the service and back

    private func incoming(_ head: RequestHead) -> IncomingRequest {
        let local = secureLocal ?? SocketAddress.local(fd)
        return IncomingRequest(
            method: head.method, target: head.target, headers: head.headers, body: bytes, peer: peer, isSecure: secureLocal != nil,
            localAddress: local?.host ?? "", localPort: local?.port ?? 0)
    }

    private func deliver(_ head: RequestHead) {
        requestOver()
        let request = incoming(head)
        bytes = []
        phase = .answering
        setTimer(Self.answerTime)
        loop.service.request(request, HTTPExchange(self))
    }

    private func upgrade(_ head: RequestHead) {
        requestOver()
        guard !loop.isStopping else { return reply(.refusal(503, "stopping", "the server is stopping")) }
        switch loop.service.upgrade(incoming(head)) {
        case .refuse(let answer): reply(answer)
        case .accept(let handler):
            // libwebsockets gets a descriptor of its own and closes it; this one is closed with its raw file.
            let own = lwsx_duplicate(fd)
            guard own >= 0 else {
                handler.closed(code: nil, .failed(.system(systemMessage(errno))))
                return reply(.refusal(503, "no_descriptor", "no descriptor is free"))
            }
            WebSocket.adopt(loop, own, key: head.headers["sec-websocket-key"] ?? "", peer: peer, handler)
            finish()
        }
    }

    private func refuse(_ answer: HTTPAnswer) {
        requestOver()
        reply(answer)
    }

    /// Writes the answer; only the first one counts.
    func reply(_ answer: HTTPAnswer) {
        switch phase {
        case .writing, .draining, .done: return
        case .head, .body, .answering: break
        }
        bytes = answer.wire(withBody: wantsBody)
        stream = wantsBody ? answer.stream : nil
        phase = .writing
        setTimer(Self.readTime)
        write()
        if case .done = phase { closeSoon() }
    }

    private func write() {
        while written < bytes.count {
            let n = bytes[written...].withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if n > 0 {
                written += n
            } else if n < 0 && errno == EINTR {
                continue
            } else if n < 0 && errno == EAGAIN {
                return loop.askWritable { [weak self] in self?.wsi }
            } else {
                return finish()
            }
        }
        bytes = []
        if let stream, streamed < stream.length { return ask(stream) }
        shutdown(fd, Int32(SHUT_WR))
        phase = .draining
        if let wsi { lws_rx_flow_control(wsi, 1) }
        setTimer(Self.drainTime)
    }

    /// Asks for the next piece of a long body. Each has ``readTime``, and then again to leave.
    private func ask(_ stream: HTTPStream) {
        guard !awaitsPiece else { return }
        awaitsPiece = true
        written = 0
        setTimer(Self.readTime)
        let (home, own) = (loop.handle, ownHandle)
        stream.next(streamed) { piece in
            home.post { loop in (loop.sessions[own] as? HTTPConnection)?.came(piece) }
        }
    }

    private func came(_ piece: [UInt8]?) {
        guard case .writing = phase, let stream, awaitsPiece else { return }
        awaitsPiece = false
        guard let piece, !piece.isEmpty else { return closeSoon() }
        bytes = piece.count > stream.length - streamed ? Array(piece.prefix(stream.length - streamed)) : piece
        streamed += bytes.count
        setTimer(Self.readTime)
        write()
        if case .done = phase { closeSoon() }
    }

    private func drain() {
        while drained < Self.drainBytes {
            switch receive(EventLoop.readSize) {
            case .nothing: return
            case .gone: return finish()
            case .bytes(let count): drained += count
            }
        }
        finish()
    }
}

/// The way to answer one request. Loop-confined; may be kept and answered later.
public final class HTTPExchange {
    private var connection: HTTPConnection?

    init(_ connection: HTTPConnection) { self.connection = connection }

    /// Answers; a second answer, or one to a connection that has gone, does nothing.
    public func answer(_ answer: HTTPAnswer) {
        connection?.reply(answer)
        connection = nil
    }

    /// Closes the connection without an answer.
    public func drop() {
        connection?.closeSoon()
        connection = nil
    }

    deinit { connection?.reply(.refusal(500, "no_answer", "the server made no answer")) }
}
