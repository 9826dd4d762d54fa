import Foundation

/// A plain blocking TCP client, so that the server is tested by something that shares no code with it.
final class TestSocket {
    struct Broken: Error { let what: String }

    /// A test that hangs is a failed test; no answer on loopback takes this long.
    static let patience = 10

    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Broken(what: "connect: \(errno)") }
    }

    deinit { Foundation.close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Broken(what: "send: \(errno)") }
            sent += count
        }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Exactly this many bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while pending.count < count {
            guard try fill() else { throw Broken(what: "closed after \(pending.count) of \(count) bytes") }
        }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    /// Everything until the peer closes.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { pending = [] }
        return pending
    }

    /// Up to and including the empty line after the headers.
    func readHead() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = pending.firstRange(of: end) {
                defer { pending.removeFirst(range.upperBound) }
                return String(decoding: pending[..<range.upperBound], as: UTF8.self)
            }
            guard try fill() else { throw Broken(what: "closed in the head: \(String(decoding: pending, as: UTF8.self))") }
        }
    }

    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else {
            if errno == ECONNRESET { return false }
            throw Broken(what: "recv: \(errno)")
        }
        pending += buffer[..<count]
        return count > 0
    }
}

/// One HTTP exchange.
struct TestHTTP {
    let status: Int
    let head: String
    let body: String

    init(
        _ method: String, _ target: String, port: Int, headers: [(String, String)] = [], body: String? = nil, host: String? = nil
    ) throws {
        let socket = try TestSocket(port: port)
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try socket.write(text + "\r\n" + (body ?? ""))
        head = try socket.readHead()
        self.body = String(decoding: try socket.readToEnd(), as: UTF8.self)
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:] }
    var errorCode: String? { (json["error"] as? [String: Any])?["code"] as? String }
}

/// The client's end of a WebSocket (RFC 6455), spelt by hand.
final class TestWebSocket {
    enum Message: Equatable {
        case text(String)
        case binary([UInt8])
        case close(UInt16?)
    }

    struct Refused: Error { let status: Int; let body: String }

    private let socket: TestSocket

    init(port: Int, target: String = "/ws", headers: [(String, String)] = [], host: String? = nil) throws {
        socket = try TestSocket(port: port)
        var text = "GET \(target) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        try socket.write(text + "\r\n")
        let head = try socket.readHead()
        guard head.hasPrefix("HTTP/1.1 101") else {
            let body = String(decoding: (try? socket.readToEnd()) ?? [], as: UTF8.self)
            throw Refused(status: Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0, body: body)
        }
    }

    func send(_ text: String) throws { try frame(0x81, Array(text.utf8)) }
    func send(_ bytes: [UInt8]) throws { try frame(0x82, bytes) }

    func close(_ code: UInt16 = 1000) throws { try frame(0x88, [UInt8(code >> 8), UInt8(code & 255)]) }

    private func frame(_ first: UInt8, _ payload: [UInt8]) throws {
        let mask: [UInt8] = [0x11, 0x22, 0x33, 0x44]
        var bytes = [first]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        bytes += mask
        bytes += payload.enumerated().map { $1 ^ mask[$0 & 3] }
        try socket.write(bytes)
    }

    /// The next message; pings are passed over.
    func receive() throws -> Message {
        while true {
            let head = try socket.read(2)
            var count = Int(head[1] & 0x7F)
            if count == 126 { count = try socket.read(2).reduce(0) { $0 << 8 | Int($1) } }
            if count == 127 { count = try socket.read(8).reduce(0) { $0 << 8 | Int($1) } }
            let payload = try socket.read(count)
            switch head[0] & 0x0F {
            case 1: return .text(String(decoding: payload, as: UTF8.self))
            case 2: return .binary(payload)
            case 8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
            default: continue
            }
        }
    }

    /// Reads on until the peer closes: code and reason of its close frame.
    func receiveClose() throws -> (code: UInt16, reason: [UInt8]) {
        while true {
            let head = try socket.read(2)
            var count = Int(head[1] & 0x7F)
            if count == 126 { count = try socket.read(2).reduce(0) { $0 << 8 | Int($1) } }
            let payload = try socket.read(count)
            guard head[0] & 0x0F == 8 else { continue }
            guard payload.count >= 2 else { throw TestSocket.Broken(what: "a close frame without a code") }
            return (UInt16(payload[0]) << 8 | UInt16(payload[1]), Array(payload.dropFirst(2)))
        }
    }

    /// The next text message as a JSON object.
    func receiveJSON() throws -> [String: Any] {
        guard case .text(let text) = try receive(),
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        else { throw TestSocket.Broken(what: "no JSON object") }
        return object
    }

    /// Reads on until the peer closes. Returns the close code, `nil` when it closed without one.
    func closeCode() throws -> UInt16? {
        while true { if case .close(let code) = try receive() { return code } }
    }
}
