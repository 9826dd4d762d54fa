import CLibWebSockets
import Call
import Glibc
import Synchronization

/// The C memory that a context points to: protocol list and strings. It outlives the context.
final class ContextMemory {
    /// Longest head that libwebsockets parses: answers to our own requests. Units: bytes. (Heads of incoming requests are ours:
    /// ``HTTPConnection/headLimit``.)
    static let headerData: UInt16 = 16_384
    /// Receive buffer of a WebSocket. Units: bytes. Holds every 20 ms message up to 24 kHz linear audio in base64; longer messages
    /// arrive in pieces. libwebsockets allocates it for each connection.
    static let receiveBuffer = 2_048
    /// Most bytes of one send. Units: bytes. More is cut and copied by libwebsockets.
    static let packet = 65_536
    /// libwebsockets' own time limit for a step of a client connection; ours are shorter.
    static let stepLimit: UInt32 = 120

    let vhostName = copy("trunkline")
    private let protocols: UnsafeMutablePointer<lws_protocols>
    private let names: [UnsafeMutablePointer<CChar>]
    private let trust: TLSTrust
    private let alpn = copy("http/1.1")
    private let noProxy = copy("")
    private let userBox: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    /// Set to `nil` by libwebsockets when the context has been freed.
    private let contextBox: UnsafeMutablePointer<OpaquePointer?>

    init(_ trust: TLSTrust) {
        self.trust = trust
        names = [copy("stream"), copy("rest")]
        protocols = .allocate(capacity: names.count + 1)
        protocols.initialize(repeating: lws_protocols(), count: names.count + 1)
        for (index, name) in names.enumerated() {
            protocols[index].name = UnsafePointer(name)
            protocols[index].callback = libwebsocketsCallback
            protocols[index].tx_packet_size = Self.packet
            protocols[index].rx_buffer_size = index == 0 ? Self.receiveBuffer : EventLoop.readSize
        }
        userBox = .allocate(capacity: 1)
        userBox.initialize(to: nil)
        contextBox = .allocate(capacity: 1)
        contextBox.initialize(to: nil)
    }

    deinit {
        for pointer in names + [vhostName, alpn, noProxy] { free(pointer) }
        protocols.deallocate()
        userBox.deallocate()
        contextBox.deallocate()
    }

    /// Callbacks find the loop through the context; before this they find nothing and do nothing.
    func link(_ loop: EventLoop) { userBox.pointee = Unmanaged.passUnretained(loop).toOpaque() }

    /// Whether libwebsockets has set OpenSSL up for this process. It would do so for every context and take a new slot for its data in
    /// TLS sessions each time, and handshakes of other loops would then look into the wrong one.
    private static let isTLSReady = Mutex(false)

    /// `lws_create_context` and `lws_create_vhost`.
    func makeContext(hearsSignals: Bool) throws(NetError) -> (context: OpaquePointer, vhost: OpaquePointer) {
        var info = lws_context_creation_info()
        info.port = CONTEXT_PORT_NO_LISTEN_SERVER
        info.protocols = UnsafePointer(protocols)
        info.vhost_name = UnsafePointer(vhostName)
        info.gid = -1
        info.uid = -1
        info.user = UnsafeMutableRawPointer(userBox)
        info.pcontext = contextBox
        let options =
            UInt64(LWS_SERVER_OPTION_LIBUV) | UInt64(LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN)
            | UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        let tls = UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
        if hearsSignals { info.signal_cb = signalCame } else { info.signal_cb = signalIgnored }
        info.max_http_header_data = Self.headerData
        info.pt_serv_buf_size = UInt32(EventLoop.readSize)
        info.timeout_secs = Self.stepLimit
        info.connect_timeout_secs = Self.stepLimit
        info.alpn = UnsafePointer(alpn)
        info.provided_client_ssl_ctx = trust.context
        // An `http_proxy` in the environment must not redirect calls to providers by surprise.
        info.http_proxy_address = UnsafePointer(noProxy)
        let made = Self.isTLSReady.withLock { isReady in
            info.options = isReady ? options : options | tls
            isReady = true
            return UInt(bitPattern: HighDescriptors.during { withUnsafePointer(to: &info) { lws_create_context($0) } })
        }
        guard let context = OpaquePointer(bitPattern: made) else {
            throw .system(
                "libwebsockets made no context: is its libuv plug-in installed (package libwebsockets-evlib-uv)? "
                    + (LibraryLog.last ?? ""))
        }
        contextBox.pointee = context
        info.options = options | tls
        guard let vhost = withUnsafePointer(to: &info, { lws_create_vhost(context, $0) }) else {
            freeContext()
            throw .system("libwebsockets made no virtual host: \(LibraryLog.last ?? "no reason given")")
        }
        return (context, vhost)
    }

    /// Frees the context after its loop has returned: what was begun inside the loop takes as many calls as libwebsockets needs
    /// (`lws_context_destroy`).
    func freeContext() {
        for _ in 0..<4 {
            guard let context = contextBox.pointee else { return }
            lws_context_destroy(context)
        }
    }
}

private func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
    guard let pointer = strdup(text) else { preconditionFailure("out of memory for \(text.utf8.count) bytes") }
    return pointer
}
