import CLibWebSockets
import Call
import Glibc

/// A session that connects to somebody.
protocol ClientSession: Session {
    /// libwebsockets has made a connection object.
    func clientStarted(_ wsi: OpaquePointer)
    /// There is no connection, and no address is left to try.
    func failed(_ error: NetError)
    /// The time is over.
    func expired()
}

/// The way from a URL to a connection: resolve on a worker, connect by address, next address when one refuses
/// (`lws_client_connect_via_info`; the name stays in SNI, in the certificate check and in `Host`).
final class Dial {
    /// How far a connection has come; an error is named after it.
    enum Phase { case resolving, connecting, securing, asking }

    let url: ClientURL
    private let detour: Detour?
    private(set) var phase = Phase.resolving
    /// Status of an answer that was not 101.
    var status: Int?

    private unowned let loop: EventLoop
    /// Who is told. It holds this dial.
    weak var session: (any ClientSession)?
    private let headers: [(name: String, value: Secret)]
    private let method: String?
    private let `protocol`: String
    private var addresses: ArraySlice<String> = []
    private var handle: UInt = 0
    private let deadline: LoopTimer
    private let retry: LoopTimer

    init(
        _ loop: EventLoop, _ url: ClientURL, method: String?, protocol: String, headers: [(name: String, value: Secret)],
        detour: Detour? = nil
    ) {
        self.loop = loop
        self.url = url
        self.detour = detour
        self.method = method
        self.protocol = `protocol`
        self.headers = headers
        deadline = LoopTimer(loop.context)
        retry = LoopTimer(loop.context)
    }

    /// Time starts here; ``ClientSession/expired()`` comes at its end unless ``cancel()`` does.
    func start(timeout: Duration) {
        deadline.fired = { [unowned self] in session?.expired() }
        retry.fired = { [unowned self] in connect() }
        deadline.schedule(after: timeout)
    }

    func resolve() {
        loop.resolve(detour?.host ?? url.host) { [weak self] outcome in
            guard let self, let session else { return }
            switch outcome {
            case .failure(let error): session.failed(error)
            case .success(let list):
                addresses = list[...]
                // Not in place: the caller has not got its object yet.
                retry.schedule(after: .zero)
            }
        }
    }

    func cancel() {
        deadline.cancel()
        retry.cancel()
        session = nil
    }

    private func connect() {
        guard let session, let address = addresses.popFirst() else { return }
        guard !loop.isStopping else { return session.failed(.stopped) }
        phase = .connecting
        handle = loop.sessions.insert(session)
        guard let wsi = request(address) else {
            _ = loop.sessions.remove(handle)
            return refused("connection refused or no descriptor free")
        }
        session.clientStarted(wsi)
    }

    private func request(_ address: String) -> OpaquePointer? {
        let texts: [String] = [address, url.target, url.hostHeader, `protocol`, "http/1.1", method ?? ""]
        let strings = texts.map { strdup($0) }
        defer { for string in strings { free(string) } }
        var info = lws_client_connect_info()
        info.context = loop.context
        info.vhost = loop.vhost
        info.address = UnsafePointer(strings[0])
        info.port = Int32(detour?.port ?? url.port)
        info.path = UnsafePointer(strings[1])
        info.host = UnsafePointer(strings[2])
        info.local_protocol_name = UnsafePointer(strings[3])
        info.alpn = UnsafePointer(strings[4])
        if method != nil { info.method = UnsafePointer(strings[5]) }
        info.ssl_connection = Int32(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue) | (isSecure ? Int32(LCCSCF_USE_SSL.rawValue) : 0)
        info.opaque_user_data = UnsafeMutableRawPointer(bitPattern: handle)
        return withUnsafePointer(to: &info) { lws_client_connect_via_info($0) }
    }

    private var isSecure: Bool { detour?.isSecure ?? url.isSecure }

    private func refused(_ reason: String) {
        guard !addresses.isEmpty else { session?.failed(.connect(host: url.place, reason: reason)); return }
        retry.schedule(after: .zero)
    }

    // MARK: callbacks

    func connected(_ wsi: OpaquePointer) {
        phase = isSecure ? .securing : .asking
        SocketAddress.tune(lws_get_socket_fd(wsi))
    }

    /// `LWS_CALLBACK_CLIENT_CONNECTION_ERROR`.
    func broke(_ reason: String) {
        switch phase {
        case .resolving, .connecting:
            // This connection's later callbacks find nothing.
            _ = loop.sessions.remove(handle)
            refused(reason)
        case .securing: session?.failed(.tls(host: url.place, reason: reason))
        case .asking:
            let closed = NetError.closed(host: url.place, reason: reason)
            session?.failed(status.map { .refused(host: url.place, status: $0) } ?? closed)
        }
    }

    /// `LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER`.
    ///
    /// - Returns: whether there was room.
    func writeHeaders(_ extra: [(name: String, value: String)], _ bytes: UnsafeMutableRawPointer?, _ room: Int) -> Bool {
        phase = .asking
        guard let cursor = bytes?.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>.self) else { return false }
        var text: [UInt8] = []
        for (name, value) in extra + headers.map({ (name: $0.name, value: $0.value.exposed) }) {
            // A value from outside must not begin a new header.
            text += name.utf8.filter { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            text += ": ".utf8
            text += value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
            text += "\r\n".utf8
        }
        guard text.count < room else { return false }
        text.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            cursor.pointee.update(from: base, count: source.count)
            cursor.pointee += source.count
        }
        return true
    }

    static func words(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> String {
        guard let bytes, count > 0 else { return "no reason given" }
        let text = UnsafeRawBufferPointer(start: bytes, count: count).prefix { $0 != 0 }
        return String(decoding: text, as: UTF8.self)
    }
}
