/// Where a client connects and what it asks for. The target is sent as it stands.
struct ClientURL: Equatable {
    /// Longest path and query. Units: bytes. libwebsockets writes a request line of at most 2,048 bytes and cuts what is longer.
    static let targetLimit = 2_000
    /// Longest host. Units: bytes. libwebsockets' room for `Host` and for the certificate check is 128 bytes.
    static let hostLimit = 100

    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int
    let target: String

    /// - Throws: ``NetError/url(_:)``, which never shows the target: it may carry a token.
    init(_ text: String, schemes: (plain: String, secure: String)) throws(NetError) {
        guard let mark = text.firstRange(of: "://") else { throw .url("no scheme; write \(schemes.secure)://host/path") }
        switch text[..<mark.lowerBound].lowercased() {
        case schemes.plain: isSecure = false
        case schemes.secure: isSecure = true
        default: throw .url("the scheme must be \(schemes.plain) or \(schemes.secure)")
        }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        var tail = String(rest[authority.endIndex...])
        if !tail.hasPrefix("/") { tail = "/" + tail }
        guard !authority.contains("@") else { throw .url("credentials in a URL are not used; send a header") }
        let digits: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .url("no ] after the address") }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .url("no port after the address") }
            digits = after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first.map { $0.lowercased() } ?? ""
            digits = parts.count > 1 ? parts[1] : ""
        }
        guard !host.isEmpty, host.utf8.count <= Self.hostLimit, host.utf8.allSatisfy(Self.isHostByte) else {
            throw .url("the host is empty, longer than \(Self.hostLimit) bytes, or holds characters that no host has")
        }
        if digits.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits), (1...65_535).contains(number)
            else {
                throw .url("the port must be 1 to 65535")
            }
            port = number
        }
        guard tail.utf8.count <= Self.targetLimit, tail.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .url("path and query must be percent-encoded and at most \(Self.targetLimit) bytes")
        }
        target = tail
    }

    /// What `Host` says: the port only when it is not the scheme's own.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// For messages.
    var place: String { hostHeader }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
        default: false
        }
    }
}
