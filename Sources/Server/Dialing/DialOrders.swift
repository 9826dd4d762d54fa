import Call
import Dialing
import Net
import Providers
import Wire

/// Makes the orders of outbound calls: addresses, tokens, and the request that places the call.
struct DialOrders: Sendable {
    let shared: SharedState
    private var configuration: Configuration { shared.configuration }

    init(_ shared: SharedState) { self.shared = shared }

    /// Where providers reach this server.
    struct Origin: Equatable {
        /// `https://voice.example.com`
        let web: String
        /// `wss://voice.example.com`
        let stream: String
    }

    func dialect(_ name: ProviderName) -> (any DiallingDialect)? { configuration.dialling.first { $0.name == name } }

    /// - Returns: `nil` when the provider cannot reach this server: there is no `-x`, and its API is not on this machine.
    func origin(for dialect: any ProviderDialect) -> Origin? {
        if let host = configuration.publicHost { return Origin(web: "https://\(host)", stream: "wss://\(host)") }
        guard let base = configuration.settings[dialect.settingsPrefix + "API_BASE"], Self.isOnThisMachine(base) else { return nil }
        let name = LoopbackName.contains(configuration.host) ? configuration.host : "127.0.0.1"
        let host = "\(name.contains(":") ? "[\(name)]" : name):\(shared.dialing.port)"
        let isSecure = configuration.tlsCertificate != nil
        return Origin(web: "\(isSecure ? "https" : "http")://\(host)", stream: "\(isSecure ? "wss" : "ws")://\(host)")
    }

    private static func isOnThisMachine(_ url: String) -> Bool {
        guard let mark = url.firstRange(of: "://") else { return false }
        let authority = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return LoopbackName.contains(LoopbackName.withoutPort(String(authority)))
    }

    /// What is sent for a call: the provider's better way of opening the stream, or the first other one that is short enough.
    ///
    /// - Parameter id: our id of the call.
    /// - Throws: ``DialRefusal``; the first one, when no way is open.
    func request(for call: DialRequest, id: String, _ dialect: any DiallingDialect, _ origin: Origin, unixTime: Double)
        throws(DialRefusal) -> (order: DialOrder, request: HTTPRequest)
    {
        var first: DialRefusal?
        for opening in openings(for: call, id: id, dialect, origin, unixTime: unixTime) {
            let order = order(for: call, id: id, opening, origin, dialect.name)
            do throws(DialRefusal) {
                return (order, try dialect.dial(order, configuration.settings, shared.cryptography, unixTime: Int64(unixTime)))
            } catch {
                first = first ?? error
                guard case .tooLong = error.reason else { throw first ?? error }
            }
        }
        throw first ?? DialRefusal(.unsupported, "\(dialect.name) places no calls")
    }

    /// The order by which a call is looked for: what it opens plays no part there.
    func order(for call: DialedCall, _ origin: Origin?) -> DialOrder {
        let origin = origin ?? Origin(web: "https://unknown.invalid", stream: "wss://unknown.invalid")
        var order = order(for: call.request, id: call.id, .stream(origin.stream), origin, call.request.provider)
        order.providerCallID = call.providerCallID
        return order
    }

    private func order(
        for call: DialRequest, id: String, _ opening: DialOrder.Opening, _ origin: Origin, _ provider: ProviderName
    ) -> DialOrder {
        DialOrder(
            callID: id, to: call.to, from: call.from, opening: opening, statusURL: "\(origin.web)/status/\(provider)/\(id)",
            ringTimeout: call.ringTimeout, maximumDuration: call.maximumDuration, machineDetection: call.machineDetection)
    }

    /// The ways that the provider takes, the better one first. An answer address too long with the body goes without it: the body
    /// stays here until the provider fetches the document.
    private func openings(
        for call: DialRequest, id: String, _ dialect: any DiallingDialect, _ origin: Origin, unixTime: Double
    ) -> [DialOrder.Opening] {
        let expires = Int64(unixTime) + Int64(call.ringTimeout) + DialledClaim.grace
        let claim = DialledClaim(id: id, body: call.body, machineDetection: call.machineDetection)
        var bare = claim
        bare.body = nil
        func token(_ claim: DialledClaim, _ purpose: StreamToken.Purpose) -> String {
            shared.tokens.mint(dialect.name, claim, bot: call.bot, for: purpose, expires: expires)
        }
        return dialect.dialling.openings.flatMap { opening -> [DialOrder.Opening] in
            switch opening {
            case .stream: [.stream("\(origin.stream)/ws/\(token(claim, .stream))")]
            case .document:
                (call.body == nil ? [bare] : [claim, bare]).map { claim in
                    .document("\(origin.web)/answer/\(dialect.name)/\(token(claim, .answer))")
                }
            }
        }
    }
}

extension Configuration {
    /// The providers that place calls.
    var dialling: [any DiallingDialect] { dialects.compactMap { $0 as? any DiallingDialect } }
}
