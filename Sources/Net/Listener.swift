import CLibWebSockets
import Glibc

/// One loop's listening socket, watched as a raw file: libwebsockets cannot share a port between contexts, the kernel can.
final class Listener: Session {
    /// Most connections accepted in one turn, so that a flood of new ones does not silence those that talk.
    static let acceptsPerTurn = 64
    /// How long accepting rests when the process has no descriptor left. libuv would report the socket ready for ever.
    static let rest = Duration.milliseconds(100)

    private unowned let loop: EventLoop
    private let fd: Int32
    /// `nil`: plain connections.
    private let identity: TLSIdentity?
    private var wsi: OpaquePointer?
    private var isClosing = false
    private let resume: LoopTimer

    init(_ loop: EventLoop, _ fd: Int32, _ identity: TLSIdentity?) {
        self.loop = loop
        self.fd = fd
        self.identity = identity
        resume = LoopTimer(loop.context)
    }

    func adopt() -> Bool {
        resume.fired = { [unowned self] in
            if let wsi, !isClosing { lws_rx_flow_control(wsi, 1) }
        }
        let handle = loop.sessions.insert(self)
        wsi = lwsx_adopt_file(loop.vhost, fd, "stream", UnsafeMutableRawPointer(bitPattern: handle))
        if wsi == nil { _ = loop.sessions.remove(handle) }
        return wsi != nil
    }

    func close() {
        isClosing = true
        if let wsi { lws_set_timer_usecs(wsi, 1) }
    }

    func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32 {
        switch reason {
        case LWS_CALLBACK_TIMER: return isClosing ? -1 : 0
        case LWS_CALLBACK_RAW_RX_FILE:
            if isClosing { return -1 }
            accept(wsi)
            return 0
        case LWS_CALLBACK_RAW_CLOSE_FILE, LWS_CALLBACK_WSI_DESTROY:
            self.wsi = nil
            return 0
        default: return 0
        }
    }

    func released() { resume.cancel() }

    private func accept(_ wsi: OpaquePointer) {
        for _ in 0..<Self.acceptsPerTurn {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let (client, peer) = withUnsafeMutablePointer(to: &storage) { room in
                room.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let client = lwsx_accept(fd, address, &length)
                    return (client, client >= 0 ? SocketAddress.text(address, length)?.host : nil)
                }
            }
            guard client >= 0 else {
                switch errno {
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    lws_rx_flow_control(wsi, 0)
                    resume.schedule(after: Self.rest)
                    return
                case EINTR, ECONNABORTED: continue
                default: return
                }
            }
            if loop.readingRequests >= HTTPConnection.readingLimit { loop.dropOldestReading() }
            guard loop.sessions.count < EventLoop.connectionLimit else {
                Glibc.close(client)
                continue
            }
            SocketAddress.tune(client)
            if let identity {
                TLSDoor.open(loop, identity, client, peer: peer ?? "")
            } else {
                HTTPConnection.start(loop, client, peer: peer ?? "", secureLocal: nil)
            }
        }
    }
}
