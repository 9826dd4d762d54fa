import CLibWebSockets
import COpenSSL
import Call
import Glibc

/// TLS in front of the plain door, on the same loop: one OpenSSL session between a client's socket and a socket pair whose other end
/// is served like any plain connection. See the decision `tls-door`.
final class TLSDoor {
    /// How long a handshake may take.
    static let handshakeTime = Duration.seconds(10)
    /// How long one side may stay open after the other has ended.
    static let lingerTime = Duration.seconds(5)
    /// The kernel's buffer of each direction of the pair. Units: bytes. Small, so that ``WebSocket/queueLimit`` stays the measure of
    /// a slow peer.
    static let pairBuffer: Int32 = 32_768
    /// How often the plain side is asked whether it has hung up while a client that takes nothing keeps it waiting. libwebsockets cannot
    /// close its end of a full pair, and would try without a pause.
    static let hangUpCheck = Duration.milliseconds(50)
    /// Pieces moved in one turn; the rest waits for the next, so that one connection cannot hold the loop.
    static let piecesPerTurn = 32

    private unowned let loop: EventLoop
    private let ssl: OpaquePointer
    private let outerFD: Int32
    private let peer: String
    private var innerFD: Int32 = -1
    private var outer: OpaquePointer?
    private var inner: OpaquePointer?
    private var isEstablished = false
    private var isDone = false
    private var inbound = Pending()
    private var outbound = Pending()
    private var outerEnded = false
    private var innerEnded = false
    private var toldInner = false
    private var toldOuter = false
    /// The plain side has closed while the client has not taken all: it is watched no more, since its hang-up would be reported for ever.
    private var innerLeft = false
    /// The TLS session waits for the socket to become writable.
    private var wantsWrite = false

    /// Bytes read from one side that the other has not taken yet: at most one read's.
    private struct Pending {
        var bytes: [UInt8] = []
        var start = 0
        var isEmpty: Bool { start == bytes.count }
        mutating func set(_ new: UnsafeRawBufferPointer) {
            bytes.removeAll(keepingCapacity: true)
            bytes.append(contentsOf: new)
            start = 0
        }
        mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }
        mutating func took(_ count: Int) {
            start += count
            // An idle call keeps no buffer.
            if isEmpty { self = Pending() }
        }
    }

    /// Takes the client's socket over.
    static func open(_ loop: EventLoop, _ identity: TLSIdentity, _ fd: Int32, peer: String) {
        guard let ssl = identity.session(fd) else {
            close(fd)
            return
        }
        let door = TLSDoor(loop, ssl, fd, peer)
        guard let wsi = door.watch(fd, isOuter: true) else { return }
        door.outer = wsi
        loop.startedReading(UInt(bitPattern: lws_get_opaque_user_data(wsi)))
        lws_set_timer_usecs(wsi, handshakeTime.nanoseconds / 1_000)
    }

    private init(_ loop: EventLoop, _ ssl: OpaquePointer, _ fd: Int32, _ peer: String) {
        self.loop = loop
        self.ssl = ssl
        self.outerFD = fd
        self.peer = peer
    }

    deinit { SSL_free(ssl) }

    private func watch(_ fd: Int32, isOuter: Bool) -> OpaquePointer? {
        let side = Side(self, isOuter: isOuter)
        let handle = loop.sessions.insert(side)
        let wsi = lwsx_adopt_file(loop.vhost, fd, "stream", UnsafeMutableRawPointer(bitPattern: handle))
        if wsi == nil {
            close(fd)
            _ = loop.sessions.remove(handle)
        }
        return wsi
    }

    /// One end of the relay, as libwebsockets sees it.
    final class Side: ReadingSession {
        let door: TLSDoor
        let isOuter: Bool

        init(_ door: TLSDoor, isOuter: Bool) {
            self.door = door
            self.isOuter = isOuter
        }

        func handle(
            _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
        ) -> Int32 {
            switch reason {
            case LWS_CALLBACK_RAW_RX_FILE, LWS_CALLBACK_RAW_WRITEABLE_FILE: door.pump()
            case LWS_CALLBACK_TIMER: if isOuter { door.timeout() } else { door.askInner() }
            case LWS_CALLBACK_RAW_CLOSE_FILE:
                door.gone(isOuter)
                return 0
            default: return 0
            }
            return door.isDone || (!isOuter && door.innerLeft) ? -1 : 0
        }

        var isReading: Bool { isOuter && !door.isEstablished && !door.isDone }

        func dropUnread() { if isReading { door.finish() } }

        func released() { door.gone(isOuter) }
    }

    private func gone(_ isOuter: Bool) {
        if isOuter { outer = nil } else { inner = nil }
        if isOuter || !innerLeft { finish() }
    }

    private func finish() {
        guard !isDone else { return }
        isDone = true
        if !isEstablished { loop.readingRequests -= 1 }
        for wsi in [outer, inner] { if let wsi { lws_set_timer_usecs(wsi, 1) } }
    }

    private func timeout() {
        if !isEstablished || (outerEnded || innerEnded) { finish() }
    }

    /// A loop that stops lets a handshake go; an established session ends with what is behind it.
    func loopStops() { if !isEstablished { finish() } }

    // MARK: moving bytes

    private func pump() {
        guard !isDone, isEstablished || shake() else { return }
        wantsWrite = false
        var pieces = 0
        while !isDone, pieces < Self.piecesPerTurn {
            // Both, always: a side that blocks must not stop the other.
            let moved = [fillInner(), fillOuter()]
            guard moved.contains(true) else { break }
            pieces += 1
        }
        guard !isDone else { return }
        endSides()
        guard !isDone else { return }
        if pieces == Self.piecesPerTurn { loop.later { [weak self] in self?.pump() } }
        watchFor()
    }

    /// - Returns: whether the handshake is done.
    private func shake() -> Bool {
        ERR_clear_error()
        let result = SSL_accept(ssl)
        guard result == 1 else {
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: break
            case SSL_ERROR_WANT_WRITE: loop.askWritable { [weak self] in self?.outer }
            default: finish()
            }
            return false
        }
        var pair: [Int32] = [-1, -1]
        guard !loop.isStopping, lwsx_socket_pair(&pair) == 0 else {
            finish()
            return false
        }
        for fd in pair { SocketAddress.set(fd, SOL_SOCKET, SO_SNDBUF, Self.pairBuffer) }
        innerFD = pair[0]
        guard let wsi = watch(pair[0], isOuter: false) else {
            close(pair[1])
            finish()
            return false
        }
        inner = wsi
        isEstablished = true
        loop.readingRequests -= 1
        if let outer { lws_set_timer_usecs(outer, Int64(LWS_SET_TIMER_USEC_CANCEL)) }
        HTTPConnection.start(loop, pair[1], peer: peer, secureLocal: SocketAddress.local(outerFD) ?? ("", 0))
        return true
    }

    /// From the client to the plain side.
    private func fillInner() -> Bool {
        if inbound.isEmpty && !outerEnded {
            ERR_clear_error()
            let count = SSL_read(ssl, loop.scratch, Int32(EventLoop.readSize))
            if count > 0 {
                inbound.set(UnsafeRawBufferPointer(start: loop.scratch, count: Int(count)))
            } else {
                switch SSL_get_error(ssl, count) {
                case SSL_ERROR_WANT_READ: break
                case SSL_ERROR_WANT_WRITE: wantsWrite = true
                default: outerEnded = true
                }
            }
        }
        guard !inbound.isEmpty, inner != nil else { return false }
        let count = inbound.bytes[inbound.start...].withUnsafeBytes {
            send(innerFD, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 {
            inbound.took(count)
            return true
        }
        if count < 0 && errno != EAGAIN && errno != EINTR {
            // Nobody reads on the plain side any more; what it wrote may still have to leave.
            inbound = Pending()
            outerEnded = true
        }
        return false
    }

    /// From the plain side to the client.
    private func fillOuter() -> Bool {
        if outbound.isEmpty && !innerEnded, inner != nil {
            let count = recv(innerFD, loop.scratch, EventLoop.readSize, 0)
            if count > 0 {
                outbound.set(UnsafeRawBufferPointer(start: loop.scratch, count: count))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                innerEnded = true
            }
        }
        guard !outbound.isEmpty else { return false }
        ERR_clear_error()
        let count = outbound.bytes[outbound.start...].withUnsafeBytes { SSL_write(ssl, $0.baseAddress, Int32($0.count)) }
        if count > 0 {
            outbound.took(Int(count))
            return true
        }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ: break
        case SSL_ERROR_WANT_WRITE: wantsWrite = true
        default: finish()
        }
        return false
    }

    /// Passes an end on once everything before it has been passed on.
    private func endSides() {
        if outerEnded, inbound.isEmpty, !toldInner {
            toldInner = true
            if inner != nil { shutdown(innerFD, Int32(SHUT_WR)) }
            linger()
        }
        if innerEnded, outbound.isEmpty, !toldOuter {
            toldOuter = true
            ERR_clear_error()
            _ = SSL_shutdown(ssl)
            shutdown(outerFD, Int32(SHUT_WR))
            linger()
        }
        if toldInner && toldOuter { finish() }
    }

    /// Once the plain side has hung up, takes all that it wrote and lets it go. What is left goes to the client, for as long as one
    /// side may stay open.
    private func askInner() {
        guard !isDone, !innerLeft, !outbound.isEmpty, let inner else { return }
        guard lwsx_has_hung_up(innerFD) != 0 else {
            lws_set_timer_usecs(inner, Self.hangUpCheck.nanoseconds / 1_000)
            return
        }
        // At most what the pair holds.
        while !innerEnded {
            let count = recv(innerFD, loop.scratch, EventLoop.readSize, 0)
            if count > 0 {
                outbound.append(UnsafeRawBufferPointer(start: loop.scratch, count: count))
            } else {
                innerEnded = true
            }
        }
        innerLeft = true
        inbound = Pending()
        outerEnded = true
        toldInner = true
        linger()
        lws_rx_flow_control(inner, 0)
        lws_set_timer_usecs(inner, 1)
    }

    private func linger() {
        if let outer { lws_set_timer_usecs(outer, Self.lingerTime.nanoseconds / 1_000) }
    }

    /// Watches a side for what is wanted of it: readiness that nobody uses would be reported for ever.
    private func watchFor() {
        if let outer {
            lws_rx_flow_control(outer, inbound.isEmpty && !outerEnded ? 1 : 0)
            if wantsWrite { loop.askWritable { [weak self] in self?.outer } }
        }
        if let inner {
            if !outbound.isEmpty { lws_set_timer_usecs(inner, Self.hangUpCheck.nanoseconds / 1_000) }
            lws_rx_flow_control(inner, outbound.isEmpty && !innerEnded ? 1 : 0)
            if !inbound.isEmpty { loop.askWritable { [weak self] in self?.inner } }
        }
    }
}
