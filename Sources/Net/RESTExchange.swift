import CLibWebSockets
import Call

/// One request and its answer.
final class RESTExchange: ClientSession {
    let dial: Dial
    var completion: ((Result<HTTPResponse, NetError>) -> Void)?
    var timeout = RESTClient.defaultTime
    /// Whether it has a place: until then nothing was sent.
    private var hasBegun = false

    private unowned let loop: EventLoop
    private let request: HTTPRequest
    private let url: ClientURL
    private let limit: Int
    private var wsi: OpaquePointer?
    private var response: HTTPResponse?
    private var declared: Int?

    init(_ loop: EventLoop, _ request: HTTPRequest, _ url: ClientURL, limit: Int, detour: Detour? = nil) {
        self.loop = loop
        self.request = request
        self.url = url
        self.limit = limit
        dial = Dial(
            loop, url, method: request.method.rawValue, protocol: "rest", headers: request.headers, detour: detour)
        dial.session = self
    }

    // MARK: ends

    func clientStarted(_ wsi: OpaquePointer) { if completion != nil { self.wsi = wsi } }

    func failed(_ error: NetError) { finish(.failure(error)) }

    /// The time-out counts from here.
    func begin() {
        hasBegun = true
        dial.start(timeout: timeout)
        dial.resolve()
    }

    /// What had no time to be sent fails in other words than what was sent and not answered.
    func expired() {
        guard hasBegun else { return finish(.failure(.overloaded(what: "requests", limit: loop.rest.places))) }
        switch dial.phase {
        case .resolving: finish(.failure(.resolve(host: url.host, reason: "no answer in time")))
        case .connecting: finish(.failure(.connect(host: url.place, reason: "no connection in time")))
        case .securing: finish(.failure(.tls(host: url.place, reason: "no session in time")))
        case .asking: finish(.failure(.timeout(host: url.place)))
        }
    }

    func released() {
        wsi = nil
        finish(.failure(.closed(host: url.place, reason: "before the answer was whole")))
    }

    /// Tells the caller, once, and lets the connection end.
    private func finish(_ result: Result<HTTPResponse, NetError>) {
        guard let completion else { return }
        self.completion = nil
        dial.cancel()
        if let wsi { lws_set_timer_usecs(wsi, 1) }
        // Not inside libwebsockets' callback: the caller may send the next request.
        loop.later { completion(result) }
    }

    // MARK: callbacks

    func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
            self.wsi = nil
            closed()
            return 0
        case LWS_CALLBACK_WSI_DESTROY:
            self.wsi = nil
            return 0
        default: break
        }
        guard completion != nil else {
            return reason == LWS_CALLBACK_TIMER || reason == LWS_CALLBACK_RECEIVE_CLIENT_HTTP ? -1 : 0
        }
        switch reason {
        case LWS_CALLBACK_WSI_CREATE: dial.connected(wsi)
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            self.wsi = nil
            dial.broke(Dial.words(bytes, count))
        case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return appendHeaders(wsi, bytes, count)
        case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return writeBody(wsi)
        case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: readHead(wsi)
        case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return pull(wsi)
        case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: return take(bytes, count)
        case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed()
        default: break
        }
        return 0
    }

    private var hasBody: Bool { !request.body.isEmpty || request.method == .post || request.method == .put }

    private func appendHeaders(_ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ room: Int) -> Int32 {
        let length = hasBody ? [(name: "content-length", value: String(request.body.count))] : []
        guard dial.writeHeaders(length + [(name: "accept", value: "*/*")], bytes, room) else {
            finish(.failure(.tooLarge(what: "the request head", limit: EventLoop.readSize)))
            return -1
        }
        if !request.body.isEmpty {
            lws_client_http_body_pending(wsi, 1)
            lws_callback_on_writable(wsi)
        }
        return 0
    }

    private var isBodySent = false

    private func writeBody(_ wsi: OpaquePointer) -> Int32 {
        guard !request.body.isEmpty, !isBodySent else { return 0 }
        isBodySent = true
        lws_client_http_body_pending(wsi, 0)
        // What the socket does not take is copied and sent by libwebsockets.
        var storage = [UInt8](repeating: 0, count: MessageBuffer.headroom) + request.body
        let sent = storage.withUnsafeMutableBufferPointer { room -> Int32 in
            guard let base = room.baseAddress else { return -1 }
            return lws_write(wsi, base + MessageBuffer.headroom, request.body.count, LWS_WRITE_HTTP_FINAL)
        }
        return sent < 0 ? -1 : 0
    }

    private func readHead(_ wsi: OpaquePointer) {
        let status = Int(lws_http_client_http_response(wsi))
        var headers: [String: String] = [:]
        var index: UInt32 = 0
        while index < _WSI_TOKEN_CLIENT_SENT_PROTOCOLS.rawValue {
            let token = lws_token_indexes(index)
            index += 1
            let length = Int(lws_hdr_total_length(wsi, token))
            guard length > 0, length < EventLoop.readSize, let raw = lws_token_to_string(token) else { continue }
            let name = String(cString: UnsafeRawPointer(raw).assumingMemoryBound(to: CChar.self))
            guard name.hasSuffix(":"), !name.hasPrefix(":") else { continue }
            var value = [CChar](repeating: 0, count: length + 1)
            guard lws_hdr_copy(wsi, &value, Int32(value.count), token) >= 0 else { continue }
            headers[String(name.dropLast())] = String(
                decoding: value.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        response = HTTPResponse(status: status, headers: headers)
        declared = headers["content-length"].flatMap { Int($0) }
        if status == 204 || status == 304 || declared == 0 { return completed() }
        if let declared, declared > limit { finish(.failure(.tooLarge(what: "the answer of \(url.place)", limit: limit))) }
    }

    /// Asks for what has arrived; it comes as `RECEIVE_CLIENT_HTTP_READ` (`lws_http_client_read`).
    private func pull(_ wsi: OpaquePointer) -> Int32 {
        var cursor: UnsafeMutablePointer<CChar>? = loop.scratch.assumingMemoryBound(to: CChar.self) + MessageBuffer.headroom
        var room = Int32(EventLoop.readSize)
        return lws_http_client_read(wsi, &cursor, &room) < 0 ? -1 : 0
    }

    private func take(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
        guard let bytes, response != nil else { return 0 }
        guard (response?.body.count ?? 0) + count <= limit else {
            finish(.failure(.tooLarge(what: "the answer of \(url.place)", limit: limit)))
            return -1
        }
        response?.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    }

    private func completed() {
        guard let response else { return finish(.failure(.closed(host: url.place, reason: "no answer"))) }
        if let declared, response.status != 304, response.body.count < declared {
            return finish(.failure(.closed(host: url.place, reason: "the answer was cut short")))
        }
        finish(.success(response))
    }

    private func closed() {
        // An answer without a length ends with its connection.
        if response != nil, declared == nil { return completed() }
        finish(.failure(.closed(host: url.place, reason: "before the answer was whole")))
    }
}
