import Call
import Net

/// Who may use the control routes, and who may open a media socket without token or signature.
///
/// With an API key set, the control routes need it. Without one they answer only to programs on this machine, and only while nothing
/// suggests that the request came through a proxy or from a web page: behind nginx or ngrok every peer is 127.0.0.1, and any page
/// in a browser can post to localhost.
struct AccessRule: Sendable {
    let apiKey: Secret?
    let isLoopbackBound: Bool
    let hasPublicHost: Bool
    let cryptography: any Cryptography

    init(_ configuration: Configuration, _ cryptography: any Cryptography) {
        apiKey = configuration.apiKey
        isLoopbackBound = configuration.isLoopback
        hasPublicHost = configuration.publicHost != nil
        self.cryptography = cryptography
    }

    /// - Returns: `nil` when the request may pass, else the refusal.
    func refusal(ofControl request: IncomingRequest) -> HTTPAnswer? {
        if let apiKey {
            let given = bearer(request.headers["authorization"])
            guard let given, cryptography.equalInConstantTime(Array(given.utf8), Array(apiKey.exposed.utf8)) else {
                var answer = HTTPAnswer.refusal(
                    401, "unauthorized", "this route needs the header Authorization: Bearer with the value of TRUNKLINE_API_KEY")
                answer.headers.append(("WWW-Authenticate", "Bearer"))
                return answer
            }
            return nil
        }
        guard let obstacle = obstacle(request) else { return nil }
        return .refusal(403, "forbidden", "\(obstacle); set TRUNKLINE_API_KEY on the server and send it as Authorization: Bearer")
    }

    /// Why the request does not count as one from this machine; `nil` when it does.
    func obstacle(_ request: IncomingRequest) -> String? {
        if !isLoopbackBound { return "the server does not listen on a loopback address" }
        if hasPublicHost { return "the server has a public host (-x)" }
        guard let host = request.headers["host"], LoopbackName.contains(LoopbackName.withoutPort(host)) else {
            return "the Host header does not name this machine"
        }
        let foreign = request.headers.keys.sorted().first {
            Self.fromElsewhere.contains($0) || $0.hasPrefix("x-forwarded-")
                || ($0 == "sec-fetch-site" && request.headers[$0] != "none")
        }
        return foreign.map { "the request carries the header \($0), so it came through a proxy or from a web page" }
    }

    /// What proxies and content networks add, and browsers for a page (for what a person types, `Sec-Fetch-Site` is `none`).
    private static let fromElsewhere: Set<String> = [
        "forwarded", "via", "origin", "x-real-ip", "cf-connecting-ip", "true-client-ip",
    ]

    private func bearer(_ header: String?) -> String? {
        guard let header, header.count > 7, header.prefix(7).lowercased() == "bearer " else { return nil }
        return header.dropFirst(7).trimmingPrefix(while: { $0 == " " }).description
    }
}

/// The names of this machine's loopback addresses.
enum LoopbackName {
    static func contains(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && $0.first != "+" }
    }

    /// `[::1]:7860` → `[::1]`, `localhost:7860` → `localhost`.
    static func withoutPort(_ host: String) -> String {
        let end = host.hasPrefix("[") ? host.firstIndex(of: "]").map { host.index(after: $0) } : host.firstIndex(of: ":")
        guard let end else { return host }
        let port = host[end...]
        // What is no port makes the whole no name of anything.
        guard port.isEmpty || (port.first == ":" && port.dropFirst().allSatisfy { ("0"..."9").contains($0) }) else { return host }
        return String(host[..<end])
    }
}
