import Foundation
import Glibc

/// A client that says exactly the bytes it is given. Reads wait at most ten seconds.
final class RawClient {
    let fd: Int32

    struct Failed: Error { let call: String, code: Int32 }

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { throw Failed(call: "connect", code: errno) }
    }

    deinit { close(fd) }

    func say(_ text: String) { say(Array(text.utf8)) }

    func say(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let n = bytes[sent...].withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { return }
            sent += n
        }
    }

    /// Whatever comes next; empty at the end or after ten seconds.
    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let n = recv(fd, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, n)))
    }

    /// Until the peer closes.
    func readAll() -> String {
        var all: [UInt8] = []
        while true {
            let part = read()
            guard !part.isEmpty else { return String(decoding: all, as: UTF8.self) }
            all += part
        }
    }

    /// Until the bytes hold this text; what came after it stays in ``rest``.
    private(set) var rest: [UInt8] = []
    func read(through mark: String) -> String {
        let mark = Array(mark.utf8)
        while true {
            if rest.count >= mark.count {
                for start in 0...(rest.count - mark.count) where Array(rest[start..<(start + mark.count)]) == mark {
                    let head = String(decoding: rest[..<(start + mark.count)], as: UTF8.self)
                    rest = Array(rest[(start + mark.count)...])
                    return head
                }
            }
            let part = read()
            guard !part.isEmpty else { return String(decoding: rest, as: UTF8.self) }
            rest += part
        }
    }

    // MARK: WebSocket

    static func handshake(_ target: String = "/", extra: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(extra)\r\n"
    }

    static func frame(_ opcode: UInt8, _ payload: [UInt8], final: Bool = true, masked: Bool = true) -> [UInt8] {
        var out = [opcode | (final ? 0x80 : 0)]
        let bit: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: out.append(UInt8(payload.count) | bit)
        case ..<65_536: out += [126 | bit, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            out.append(127 | bit)
            for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
        }
        guard masked else { return out + payload }
        let mask: [UInt8] = [1, 2, 3, 4]
        return out + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    private func take(_ count: Int) -> [UInt8]? {
        while rest.count < count {
            let part = read()
            guard !part.isEmpty else { return nil }
            rest += part
        }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    /// One frame of the server.
    func readFrame() -> (opcode: UInt8, payload: [UInt8])? {
        guard let head = take(2) else { return nil }
        var length = Int(head[1] & 127)
        if length == 126 {
            guard let more = take(2) else { return nil }
            length = Int(more[0]) << 8 | Int(more[1])
        } else if length == 127 {
            guard let more = take(8) else { return nil }
            length = more.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = take(length) else { return nil }
        return (head[0] & 15, payload)
    }
}
