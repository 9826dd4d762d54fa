/// The head of one HTTP/1.1 request, read strictly (RFC 9112): what is not exactly right is refused, because a lenient
/// reading is how two servers come to disagree about where a request ends.
struct RequestHead: Equatable {
    /// Most fields of a head. A browser sends about twenty, a proxy chain ten more.
    static let fieldLimit = 100
    /// Longest method. Units: bytes.
    static let methodLimit = 32

    var method: String
    /// Path and query as sent.
    var target: String
    var headers: [String: String]
    var isHTTP10: Bool
    /// `nil`: the field is absent.
    var contentLength: Int?

    /// Why a head was refused: the answer to give.
    struct Refusal: Error, Equatable {
        let answer: HTTPAnswer
        init(_ status: Int, _ code: String, _ message: String) { answer = .refusal(status, code, message) }
    }

    /// - Parameter bytes: the head with the empty line that ends it.
    /// - Throws: ``Refusal`` with status 400, 431, 501 or 505.
    init(_ bytes: [UInt8]) throws(Refusal) {
        var lines = Lines(bytes)
        guard let first = try lines.next() else { throw Self.broken("no request line") }
        let authority: String?
        (method, target, authority, isHTTP10) = try Self.requestLine(first)
        headers = [:]
        var fields = 0
        while let line = try lines.next(), !line.isEmpty {
            fields += 1
            guard fields <= Self.fieldLimit else {
                throw Refusal(431, "too_many_fields", "more than \(Self.fieldLimit) header fields")
            }
            let (name, value) = try Self.field(line)
            if let known = headers[name] {
                guard name != "host" else { throw Self.broken("more than one Host") }
                // Equal lengths sent twice are still one length; anything else is an attempt to smuggle.
                guard name != "content-length" || known == value else { throw Self.broken("two lengths") }
                if name != "content-length" { headers[name] = known + ", " + value }
            } else {
                headers[name] = value
            }
        }
        guard isHTTP10 || headers["host"] != nil else { throw Self.broken("no Host") }
        guard headers["host"]?.utf8.allSatisfy(Self.isHostByte) ?? true else { throw Self.broken("Host") }
        // Two names for one server: whoever stands in between may have believed the other one.
        if let authority, authority.lowercased() != headers["host"]?.lowercased() { throw Self.broken("Host is not the target's") }
        contentLength = try Self.length(headers["content-length"])
        guard headers["transfer-encoding"] == nil || contentLength == nil else {
            throw Self.broken("both Content-Length and Transfer-Encoding")
        }
    }

    private static func broken(_ what: String) -> Refusal { Refusal(400, "bad_request", "malformed request: \(what)") }

    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Refusal) -> (String, String, String?, Bool) {
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3 else { throw broken("request line") }
        let (method, target, version) = (words[0], words[1], words[2])
        guard !method.isEmpty, method.count <= methodLimit, method.allSatisfy(isToken) else { throw broken("method") }
        switch String(decoding: version, as: UTF8.self) {
        case "HTTP/1.1", "HTTP/1.0": break
        case let other where other.hasPrefix("HTTP/"):
            throw Refusal(505, "http_version", "only HTTP/1.1 is served")
        default: throw broken("version")
        }
        guard !target.isEmpty, target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw broken("target") }
        var text = String(decoding: target, as: UTF8.self)
        var authority: String?
        if !text.hasPrefix("/") && text != "*" {
            // Absolute form (RFC 9112 §3.2.2): what a proxy's client sends.
            guard let scheme = text.range(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound].lowercased())
            else { throw broken("target") }
            let rest = text[scheme.upperBound...]
            authority = String(rest.prefix { $0 != "/" && $0 != "?" })
            text = rest.firstIndex(where: { $0 == "/" || $0 == "?" }).map { String(rest[$0...]) } ?? "/"
            if text.hasPrefix("?") { text = "/" + text }
        }
        return (String(decoding: method, as: UTF8.self), text, authority, version.last == 0x30)
    }

    private static func field(_ line: ArraySlice<UInt8>) throws(Refusal) -> (String, String) {
        guard let colon = line.firstIndex(of: 0x3A) else { throw broken("header field without a colon") }
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(isToken) else { throw broken("header field name") }
        var value = line[(colon + 1)...]
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
        guard value.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { throw broken("header field value") }
        return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
    }

    private static func length(_ value: String?) throws(Refusal) -> Int? {
        guard let value else { return nil }
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw broken("Content-Length") }
        return Int(value) ?? .max
    }

    /// A name, or an address in numbers or brackets, and a port (RFC 3986 §3.2). No user name (`@`), no list.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5B, 0x5D, 0x5F: true
        default: false
        }
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Whether a comma-separated field holds a word, in any case.
    func lists(_ word: String, in name: String) -> Bool {
        guard let value = headers[name] else { return false }
        return value.split(separator: ",").contains { part in
            part.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == word
        }
    }

    /// CRLF lines; a bare LF or CR is refused.
    private struct Lines {
        private var rest: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { rest = bytes[...] }

        mutating func next() throws(Refusal) -> ArraySlice<UInt8>? {
            guard !rest.isEmpty else { return nil }
            guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D else {
                throw RequestHead.broken("line end")
            }
            let line = rest[..<(end - 1)]
            rest = rest[(end + 1)...]
            return line
        }
    }
}
