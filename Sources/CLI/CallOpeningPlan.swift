import Call
import LibCrypto
import Net
import Simulation

/// How simulated calls come to their sockets: by a URL that was typed, or by an answer document that is fetched and obeyed.
struct CallOpeningPlan: Sendable {
    /// Where the answer document is; `nil` when calls go straight to ``url``.
    private(set) var answer: WebAddress?
    private(set) var url: String
    let method: HTTPRequest.Method
    /// Where the provider reports how the call goes.
    let status: WebAddress?
    let detour: Detour?
    let desk: ProviderDesk
    /// Whether upgrades to a typed URL are signed too.
    let signsTypedURL: Bool
    let log = CallOpeningLog()

    static let names = ["answer", "method", "status", "connect-to", "sign"]

    init(
        _ arguments: Arguments, _ provider: PlayedProvider, url: String, _ environment: [String: String]
    ) throws(UsageError) {
        self.url = url
        let modes = Signing.allCases.map(\.rawValue).joined(separator: ", ")
        let typedMode = arguments.value("sign")
        guard let mode = typedMode.map({ Signing(rawValue: $0) }) ?? .on else {
            throw UsageError("--sign \(typedMode ?? ""): must be one of \(modes)")
        }
        signsTypedURL = typedMode != nil
        let secrets: ProviderSecrets
        do {
            secrets = try ProviderSecrets(environment)
        } catch {
            throw UsageError(error.description)
        }
        desk = ProviderDesk(provider, secrets, mode, OpenSSLCryptography())
        answer = try arguments.value("answer").map { text throws(UsageError) in try Self.address(text, "answer", provider) }
        status = try arguments.value("status").map { text throws(UsageError) in try Self.address(text, "status", provider) }
        if answer != nil, arguments.has("url") {
            throw UsageError("--answer and --url: give one; the answer document names the socket")
        }
        if answer == nil, let stray = ["method", "status"].first(where: { arguments.has($0) }) {
            throw UsageError("--\(stray) is about the answer document; give its address with --answer")
        }
        let known = desk.answerMethods
        let typed = arguments.value("method")?.uppercased()
        guard let method = typed.map({ name in known.first { $0.rawValue == name } }) ?? known.first else {
            let list = known.map(\.rawValue).joined(separator: " or ")
            throw UsageError("--method \(typed ?? ""): \(provider.rawValue) fetches answer documents by \(list)")
        }
        self.method = method
        detour = try arguments.value("connect-to").map(Self.detour)
    }

    /// The same for a call that asks for something in the query of its URL: that of the answer document, or the typed one.
    ///
    /// - Parameter query: encoded, without `?`; empty for nothing.
    func asking(_ query: String) -> CallOpeningPlan {
        guard !query.isEmpty else { return self }
        var plan = self
        plan.url += (url.contains("?") ? "&" : "?") + query
        if let given = answer?.query, !given.isEmpty {
            plan.answer?.query = "\(given)&\(query)"
        } else {
            plan.answer?.query = query
        }
        return plan
    }

    /// What a report calls the other side. Shows no query: it may hold a secret.
    var place: String { answer.map { "\($0.scheme)://\($0.authority)\($0.path)" } ?? url }

    /// - Parameter text: `{provider}` in it stands for the provider's name.
    private static func address(_ text: String, _ name: String, _ provider: PlayedProvider) throws(UsageError) -> WebAddress {
        guard let address = WebAddress(text.replacing("{provider}", with: provider.rawValue)),
            ["http", "https"].contains(address.scheme)
        else {
            throw UsageError("--\(name): must be a URL that begins with http:// or https://")
        }
        return address
    }

    /// `HOST:PORT` as the URL says, `http://HOST:PORT` without TLS, `https://HOST:PORT` with it.
    private static func detour(_ text: String) throws(UsageError) -> Detour {
        let isBare = !text.contains("://")
        let wrong = UsageError("--connect-to \(text): must be HOST:PORT, or http://HOST:PORT for a connection without TLS")
        guard let address = WebAddress(isBare ? "any://\(text)" : text), address.path.isEmpty || address.path == "/" else {
            throw wrong
        }
        let secure: Bool?
        switch address.scheme {
        case "any": secure = nil
        case "http", "ws": secure = false
        case "https", "wss": secure = true
        default: throw wrong
        }
        let digits = address.authority.split(separator: ":").last.map(String.init) ?? ""
        guard address.authority.hasSuffix(":\(digits)"), let port = Int(digits), (1...65_535).contains(port), !address.host.isEmpty
        else {
            throw wrong
        }
        return Detour(host: address.host, port: port, isSecure: secure)
    }
}
