import CLibWebSockets
import Call
import Glibc

/// One WebSocket, accepted or made. Loop-confined.
public final class WebSocket: Session {
    /// Longest message taken in. Units: bytes. The longest that a provider sends, 200 ms of 24 kHz linear audio in base64, is
    /// 12,800; a longer one than this closes with 1009.
    public static let messageLimit = 65_536
    /// Most bytes that wait for a peer. Units: bytes. About 15 s of 8 kHz mu-law in Twilio's messages: audio that late is worthless,
    /// so the connection is closed (``CloseCause/tooSlow``).
    public static let queueLimit = 262_144
    /// How long a close waits for queued messages to leave.
    static let lingerTime = Duration.seconds(2)

    private enum State: Equatable {
        /// A handshake is under way.
        case connecting
        case open
        /// Close frames are being exchanged, or the connection is about to be cut.
        case closing
        /// The handler has been told.
        case closed
    }

    /// The loop it lives on.
    public unowned let loop: EventLoop
    /// The peer's address in numbers; for a client, the host it dialled.
    public let peer: String

    private var state = State.connecting
    private var handler: (any WebSocketHandler)?
    private var wsi: OpaquePointer?
    private var queue = OutboundQueue()
    private var assembly: [UInt8] = []
    private var assemblyKind = MessageKind.text
    private var code: UInt16?
    private var reason = ""
    private var cause = CloseCause.lost
    /// Cut the connection at the next timer, with no close frame.
    private var isCut = false
    /// For a client, while the connection is being made.
    var dial: Dial?

    init(_ loop: EventLoop, peer: String, _ handler: any WebSocketHandler) {
        self.loop = loop
        self.peer = peer
        self.handler = handler
    }

    /// Bytes that wait here for the peer to take them; the kernel's buffer is not counted.
    public var queuedBytes: Int { queue.bytes }
    public var isOpen: Bool { state == .open }

    // MARK: sending

    /// Sends one message: at once from where it stands when nothing waits (`lws_write`), else from a copy when the socket can take it.
    ///
    /// The buffer's content is spent: a client's message has been masked in place. Sending on a socket that is not open does nothing.
    public func send(_ message: inout MessageBuffer) {
        guard state == .open, let wsi else { return }
        if queue.isEmpty && lws_partial_buffered(wsi) == 0 {
            let kind = message.kind
            write(&message.storage, kind, wsi)
            return
        }
        guard queue.bytes + message.count <= Self.queueLimit else { return cut(.tooSlow) }
        queue.append(message)
        lws_callback_on_writable(wsi)
    }

    private func write(_ storage: inout [UInt8], _ kind: MessageKind, _ wsi: OpaquePointer) {
        let count = storage.count - MessageBuffer.headroom
        let sent = storage.withUnsafeMutableBufferPointer { room -> Int32 in
            guard let base = room.baseAddress else { return -1 }
            return lws_write(wsi, base + MessageBuffer.headroom, count, kind == .text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY)
        }
        if sent < 0 { cut(.lost) }
    }

    /// Writes what waits, one message at a time while the socket takes them whole.
    private func flush(_ wsi: OpaquePointer) {
        while lws_partial_buffered(wsi) == 0, !isCut, var item = queue.popFirst() { write(&item.storage, item.kind, wsi) }
        if !queue.isEmpty { lws_callback_on_writable(wsi) }
    }

    /// Stops reading from the socket, or goes on (`lws_rx_flow_control`): the peer's messages wait in the network meanwhile, and past its
    /// room with the peer.
    public func setReading(_ isReading: Bool) {
        if state == .open, let wsi { lws_rx_flow_control(wsi, isReading ? 1 : 0) }
    }

    // MARK: closing

    /// Begins the closing handshake; what was sent before leaves first. From any callback; a second call does nothing.
    ///
    /// - Parameters:
    ///   - code: RFC 6455 §7.4.
    ///   - reason: at most 123 bytes go out.
    public func close(code: UInt16, reason: String = "") {
        switch state {
        case .closing, .closed: return
        case .connecting:
            cause = .local
            abandon()
            return finish()
        case .open: break
        }
        state = .closing
        cause = .local
        self.code = code
        self.reason = reason
        guard let wsi else { return }
        // A close frame asked for in the writable callback is lost under libuv; from the timer it goes out.
        let isFlushed = queue.isEmpty && lws_partial_buffered(wsi) == 0
        lws_set_timer_usecs(wsi, isFlushed ? 1 : Self.lingerTime.nanoseconds / 1_000)
        if !isFlushed { lws_callback_on_writable(wsi) }
    }

    /// Ends the connection at once, with no close frame and without what still waits: as a peer that vanishes does. From any callback.
    public func abort() { cut(.local) }

    /// Ends the connection without a handshake, from any callback.
    func cut(_ cause: CloseCause) {
        guard state != .closed, !isCut else { return }
        isCut = true
        state = .closing
        code = nil
        self.cause = cause
        queue.removeAll()
        if let wsi {
            lws_set_timer_usecs(wsi, 1)
        } else {
            finish()
        }
    }

    private func timer(_ wsi: OpaquePointer) -> Int32 {
        switch state {
        case .connecting: return 0
        case .open: return 0
        case .closed: return -1
        case .closing:
            if !isCut && queue.isEmpty && lws_partial_buffered(wsi) == 0 {
                if let code { sendClose(code, wsi) }
                return -1
            }
            // Nothing may be flushed any more: libwebsockets would hold a stuck connection for another five seconds.
            shutdown(lws_get_socket_fd(wsi), Int32(SHUT_RDWR))
            finish()
            return -1
        }
    }

    private func sendClose(_ code: UInt16, _ wsi: OpaquePointer) {
        // Whole characters: a close frame that is no UTF-8 would be answered with 1007.
        var text: [UInt8] = []
        for scalar in reason.unicodeScalars {
            let bytes = UTF8.encode(scalar).map(Array.init) ?? []
            guard text.count + bytes.count <= 123 else { break }
            text += bytes
        }
        text.withUnsafeMutableBufferPointer {
            lws_close_reason(wsi, lws_close_status(UInt32(code)), $0.baseAddress, $0.count)
        }
    }

    /// Tells the handler, once.
    private func finish() {
        guard state != .closed else { return }
        state = .closed
        queue.removeAll()
        assembly = []
        endDial()
        let handler = self.handler
        self.handler = nil
        handler?.closed(code: code, cause)
    }

    func released() {
        wsi = nil
        finish()
    }

    // MARK: callbacks

    func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_RECEIVE, LWS_CALLBACK_CLIENT_RECEIVE:
            receive(bytes, count, wsi)
            return 0
        case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_CLIENT_WRITEABLE:
            flush(wsi)
            if state == .closing, queue.isEmpty, lws_partial_buffered(wsi) == 0 { lws_set_timer_usecs(wsi, 1) }
            return 0
        case LWS_CALLBACK_TIMER: return timer(wsi)
        case LWS_CALLBACK_ESTABLISHED, LWS_CALLBACK_CLIENT_ESTABLISHED:
            self.wsi = wsi
            return open(wsi)
        case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
            peerCloses(bytes, count)
            return 0
        case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLIENT_CLOSED, LWS_CALLBACK_CLOSED_HTTP:
            finish()
            return 0
        case LWS_CALLBACK_WSI_DESTROY:
            self.wsi = nil
            return 0
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR, LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER, LWS_CALLBACK_WSI_CREATE,
            LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
            return handshake(reason, wsi, bytes, count)
        default: return 0
        }
    }

    private func open(_ wsi: OpaquePointer) -> Int32 {
        guard state == .connecting else { return -1 }
        lws_set_timer_usecs(wsi, Int64(LWS_SET_TIMER_USEC_CANCEL))
        endDial()
        state = .open
        handler?.opened(self)
        return 0
    }

    private func receive(_ bytes: UnsafeMutableRawPointer?, _ count: Int, _ wsi: OpaquePointer) {
        guard state == .open else { return }
        let remaining = lws_remaining_packet_payload(wsi)
        let isWhole = lws_is_final_fragment(wsi) != 0 && remaining == 0
        let piece = UnsafeBufferPointer(start: bytes?.assumingMemoryBound(to: UInt8.self), count: bytes == nil ? 0 : count)
        if isWhole && assembly.isEmpty && count <= Self.messageLimit {
            handler?.received(piece.span, lws_frame_is_binary(wsi) != 0 ? .binary : .text)
            return
        }
        guard assembly.count + count <= Self.messageLimit, remaining <= Self.messageLimit - assembly.count - count else {
            assembly = []
            return close(code: 1009, reason: "message over \(Self.messageLimit) bytes")
        }
        if assembly.isEmpty { assemblyKind = lws_frame_is_binary(wsi) != 0 ? .binary : .text }
        assembly.append(contentsOf: piece)
        guard isWhole else { return }
        let whole = assembly
        assembly = []
        handler?.received(whole.span, assemblyKind)
    }

    private func peerCloses(_ bytes: UnsafeMutableRawPointer?, _ count: Int) {
        guard state == .open else { return }
        state = .closing
        queue.removeAll()
        var words = ""
        if let bytes, count >= 2 {
            let frame = UnsafeRawBufferPointer(start: bytes, count: count)
            code = UInt16(frame[0]) << 8 | UInt16(frame[1])
            words = String(decoding: frame.dropFirst(2), as: UTF8.self)
        }
        cause = .peer(reason: words)
    }

    // MARK: beginnings

    /// Gives an accepted socket to libwebsockets with a handshake that holds only what it needs: no subprotocol (an unknown one would
    /// be closed unanswered), no extension, no long headers.
    static func adopt(_ loop: EventLoop, _ fd: Int32, key: String, peer: String, _ handler: any WebSocketHandler) {
        let socket = WebSocket(loop, peer: peer, handler)
        let handle = loop.sessions.insert(socket)
        let head = """
            GET / HTTP/1.1\r\nHost: trunkline\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: \(key)\r\n\r\n
            """
        loop.adopting = handle
        let wsi = head.withCString { lws_adopt_socket_vhost_readbuf(loop.vhost, fd, $0, strlen($0)) }
        loop.adopting = 0
        if wsi == nil { loop.release(handle) }
    }

    func clientStarted(_ wsi: OpaquePointer) { if state == .connecting { self.wsi = wsi } }

    var isConnecting: Bool { state == .connecting }

    /// The connection will not be made.
    func failed(_ error: NetError) {
        guard state == .connecting else { return }
        cause = .failed(error)
        abandon()
        finish()
    }

    /// Lets a connection attempt end by itself; its callbacks find this socket closed.
    func abandon() {
        if let wsi { lws_set_timer_usecs(wsi, 1) }
    }

    /// The attempt's connection is gone; another may follow.
    func forgetConnection() { wsi = nil }

    private func endDial() {
        guard let dial else { return }
        dial.cancel()
        self.dial = nil
        loop.dialling[ObjectIdentifier(self)] = nil
    }
}
