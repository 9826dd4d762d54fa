import Call
import Wire

/// The parts of an absolute URL, as they were written: `scheme://user:password@host:port/path?query`.
public struct WebAddress: Equatable, Sendable {
    /// Lower-case.
    public var scheme: String
    /// `user:password`; `nil` without an `@`. Does not print itself: it may hold a password.
    public var credentials: Redacted<String>?
    /// Host and port as written.
    public var authority: String
    /// With its leading slash; empty when nothing follows the authority.
    public var path: String
    /// Without its `?`; `nil` when there is none.
    public var query: String?

    /// - Returns: `nil` for what is no absolute URL: no scheme, no host, white space or characters that are not ASCII.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first) else { return nil }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        var authority = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = rest[authority.endIndex...]
        if let at = authority.lastIndex(of: "@") {
            credentials = Redacted(String(authority[..<at]))
            authority = authority[authority.index(after: at)...]
        }
        guard !authority.isEmpty, authority.first != ":" else { return nil }
        self.authority = String(authority)
        path = String(tail.prefix { $0 != "?" })
        let question = tail.dropFirst(path.count)
        query = question.isEmpty ? nil : String(question.dropFirst())
    }

    /// The URL as it goes over the wire: without credentials, with a path.
    public var text: String { "\(scheme)://\(authority)\(path.isEmpty ? "/" : path)\(query.map { "?" + $0 } ?? "")" }

    /// The host without port and brackets, lower-case.
    public var host: String {
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.lastIndex(of: ":")
        return authority[..<(end ?? authority.endIndex)].drop { $0 == "[" }.lowercased()
    }

    /// A name or an address of this machine.
    public var isLoopback: Bool {
        let host = host
        return host == "localhost" || host == "::1" || host.hasPrefix("127.") || host.hasSuffix(".localhost")
    }

    /// The URL that a reference in a document means (RFC 3986 §5.2).
    ///
    /// - Returns: `nil` for what is no URL.
    public func resolving(_ reference: String) -> WebAddress? {
        if reference.contains("://") { return WebAddress(reference) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let base = "\(scheme)://\(authority)"
        let text =
            if reference.hasPrefix("//") {
                "\(scheme):\(reference)"
            } else if reference.hasPrefix("/") {
                base + reference
            } else {
                base + (folder.isEmpty ? "/" : String(folder)) + reference
            }
        guard var address = WebAddress(text) else { return nil }
        address.credentials = credentials
        address.path = Self.withoutDots(address.path)
        return address
    }

    /// RFC 3986 §5.2.4: `.` is where one stands, `..` one above.
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isDots = part == "." || part == ".."
            if part == "..", kept.count > 1 { kept.removeLast() }
            if !isDots { kept.append(part) } else if index == parts.count - 1 { kept.append("") }
        }
        return kept.joined(separator: "/")
    }

    /// `Authorization: Basic …`, for an address with credentials in it.
    var basicAuthorization: (name: String, value: Secret)? {
        credentials.map { ("Authorization", Secret("Basic " + Base64.text(Array($0.exposed.utf8)))) }
    }
}
