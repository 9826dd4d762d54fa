import Call
import Dialing
import Net

/// The running server that a command talks to, and the key that it asks for.
struct DialServer: Sendable {
    /// `http://127.0.0.1:7860`, without a slash at its end.
    let base: String
    private let key: Secret?

    static let usual = "http://127.0.0.1:7860"

    /// - Parameters:
    ///   - url: what was typed; `nil` for the usual one.
    ///   - environment: where `TRUNKLINE_API_KEY` is.
    init(_ url: String?, _ environment: [String: String]) throws(UsageError) {
        var base = url ?? Self.usual
        while base.hasSuffix("/") { base.removeLast() }
        let host = base.split(separator: "/", omittingEmptySubsequences: false)
        guard host.count >= 3, ["http:", "https:"].contains(host[0]), host[1].isEmpty, !host[2].isEmpty,
            !base.contains("?"), !base.contains("#"), base.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw UsageError("--server \(base): must be a URL such as \(Self.usual)") }
        self.base = base
        let value = environment["TRUNKLINE_API_KEY"] ?? ""
        key = value.isEmpty ? nil : Secret(value)
    }

    /// - Parameter json: the body; empty for none.
    func request(
        _ method: HTTPRequest.Method, _ target: String, json: [UInt8] = [], idempotencyKey: String? = nil
    ) -> HTTPRequest {
        var headers: [(name: String, value: Secret)] = []
        if !json.isEmpty { headers.append(("Content-Type", Secret("application/json"))) }
        if let idempotencyKey { headers.append(("Idempotency-Key", Secret(idempotencyKey))) }
        if let key { headers.append(("Authorization", Secret("Bearer \(key.exposed)"))) }
        return HTTPRequest(method, base + target, headers: headers, body: json)
    }

    /// Whether the request surely never reached the server.
    static func isSurelyNotSent(_ error: NetError) -> Bool {
        switch error {
        case .url, .resolve, .connect, .tls, .overloaded, .bind: true
        case .closed, .refused, .timeout, .tooLarge, .stopped, .system: false
        }
    }

    /// The sentence of an error of the server, with what needs to be done where it does not say so itself.
    static func words(_ response: HTTPResponse) -> String {
        let sentence = ServerWords.sentence(response)
        switch response.status {
        case 401 where !sentence.contains("TRUNKLINE_API_KEY"), 403 where ServerWords.code(response) == nil:
            return sentence + "; set TRUNKLINE_API_KEY to the key of the server"
        case 404: return sentence + "; is the server's address right (--server)?"
        default: return sentence
        }
    }
}
