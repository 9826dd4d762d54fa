import CLibWebSockets
import Call

/// What a WebSocket client asks for.
public struct WebSocketClientRequest: Sendable {
    /// How long resolving, connecting, TLS and handshake may take together.
    public static let connectTime = Duration.seconds(10)

    /// `ws://` or `wss://`, path and query percent-encoded; they are sent as they stand.
    public var url: String
    /// Sent with the handshake (`Authorization` and the like).
    public var headers: [(name: String, value: Secret)]
    public var timeout: Duration
    /// Where to connect, when that is not what the URL names.
    public var detour: Detour?

    public init(
        _ url: String, headers: [(name: String, value: Secret)] = [], timeout: Duration = connectTime, detour: Detour? = nil
    ) {
        self.url = url
        self.headers = headers
        self.timeout = timeout
        self.detour = detour
    }
}

extension EventLoop {
    /// Dials a WebSocket. The handler hears `opened`, or `closed` with ``CloseCause/failed(_:)``; never both in place of one, and never
    /// before this returns.
    @discardableResult
    public func connect(_ request: WebSocketClientRequest, handler: any WebSocketHandler) -> WebSocket {
        let url: ClientURL
        do throws(NetError) {
            url = try ClientURL(request.url, schemes: ("ws", "wss"))
        } catch {
            let socket = WebSocket(self, peer: "", handler)
            later { socket.failed(error) }
            return socket
        }
        let socket = WebSocket(self, peer: url.host, handler)
        guard !isStopping else {
            later { socket.failed(.stopped) }
            return socket
        }
        let dial = Dial(self, url, method: nil, protocol: "stream", headers: request.headers, detour: request.detour)
        dial.session = socket
        socket.dial = dial
        dialling[ObjectIdentifier(socket)] = socket
        dial.start(timeout: request.timeout)
        dial.resolve()
        return socket
    }
}

extension WebSocket: ClientSession {
    func expired() {
        guard let dial else { return }
        let error = NetError.timeout(host: dial.url.place)
        abandon()
        failed(error)
    }

    /// Callbacks of a connection that is being made.
    func handshake(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        guard let dial, isConnecting else { return -1 }
        switch reason {
        case LWS_CALLBACK_WSI_CREATE: dial.connected(wsi)
        case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return dial.writeHeaders([], bytes, count) ? 0 : -1
        case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
            let status = Int(lws_http_client_http_response(wsi))
            if status != 101 { dial.status = status }
        default:
            forgetConnection()
            dial.broke(Dial.words(bytes, count))
        }
        return 0
    }
}
