import CLibWebSockets
import Glibc

/// Socket addresses in words, and the listening sockets of a group.
enum SocketAddress {
    /// Connections that wait to be accepted. The kernel cuts it to `net.core.somaxconn` (4,096).
    static let backlog: Int32 = 4_096
    /// How long sent bytes may stay unconfirmed before the kernel gives a peer up. Units: milliseconds. A half-dead phone leg
    /// must not hold a call's memory; a network that changes over is back in less.
    static let unconfirmedLimit: Int32 = 30_000
    /// What the kernel holds of a connection that is not read (it doubles the number). Units: bytes. By itself it takes up to 4 MiB,
    /// minutes of stale audio, before ``WebSocket/queueLimit`` sees a slow peer.
    static let sendBuffer: Int32 = 65_536

    /// Host in numbers and port (`getnameinfo`).
    static func text(_ address: UnsafePointer<sockaddr>?, _ length: socklen_t) -> (host: String, port: Int)? {
        guard let address else { return nil }
        if Int32(address.pointee.sa_family) == AF_UNIX { return nil }
        var host = [CChar](repeating: 0, count: 64)
        var port = [CChar](repeating: 0, count: 16)
        let status = getnameinfo(
            address, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        guard status == 0 else { return nil }
        let name = host.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        let digits = port.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        return (name, Int(digits) ?? 0)
    }

    /// The address a socket is bound to (`getsockname`).
    static func local(_ fd: Int32) -> (host: String, port: Int)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { room in
            room.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(fd, address, &length) == 0 ? text(address, length) : nil
            }
        }
    }

    /// No waiting for full packets, and an end for peers that no longer answer.
    static func tune(_ fd: Int32) {
        set(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(fd, SOL_SOCKET, SO_SNDBUF, sendBuffer)
        set(fd, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(fd, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(fd, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        set(fd, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, unconfirmedLimit)
    }

    @discardableResult
    static func set(_ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// As many listening sockets on one port as there are loops (SO_REUSEPORT: the kernel deals connections out).
    ///
    /// - Returns: the sockets, and the port that the first of them got.
    static func listen(_ host: String, _ port: Int, count: Int) throws(NetError) -> (sockets: [Int32], host: String, port: Int) {
        let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        guard (0...65_535).contains(port) else { throw .bind(address: name, reason: "no such port") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0, let entry = list?.pointee else {
            throw .bind(address: name, reason: gai_strerror(status).map { String(cString: $0) } ?? "no address")
        }
        // SO_REUSEPORT would let a second server of this user share the port without a word; a bind without it says so.
        let probe = try bound(entry, port, shared: false, name)
        close(probe)
        var sockets: [Int32] = []
        var chosen = port
        do throws(NetError) {
            for _ in 0..<count {
                let fd = try bound(entry, chosen, shared: true, name)
                sockets.append(fd)
                guard let address = local(fd), Glibc.listen(fd, backlog) == 0 else {
                    throw .bind(address: name, reason: systemMessage(errno))
                }
                chosen = address.port
            }
        } catch {
            for fd in sockets { close(fd) }
            throw error
        }
        return (sockets, sockets.first.flatMap { local($0)?.host } ?? host, chosen)
    }

    private static func bound(_ entry: addrinfo, _ port: Int, shared: Bool, _ name: String) throws(NetError) -> Int32 {
        let fd = lwsx_stream_socket(entry.ai_family)
        guard fd >= 0 else { throw .bind(address: name, reason: systemMessage(errno)) }
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1)
        if shared { set(fd, SOL_SOCKET, SO_REUSEPORT, 1) }
        var storage = sockaddr_storage()
        memcpy(&storage, entry.ai_addr, Int(entry.ai_addrlen))
        let big = UInt16(truncatingIfNeeded: port).bigEndian
        let status = withUnsafeMutablePointer(to: &storage) { room in
            if entry.ai_family == AF_INET6 {
                room.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { $0.pointee.sin6_port = big }
            } else {
                room.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port = big }
            }
            return room.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, entry.ai_addrlen) }
        }
        guard status == 0 else {
            let reason = systemMessage(errno)
            close(fd)
            throw .bind(address: name, reason: reason)
        }
        return fd
    }
}
