import Call
import Net
import Providers

/// Under which scheme and host a provider dialled us. Signatures cover it, and answer documents name it.
enum PublicOrigin {
    /// The origins that the provider may have signed, most likely first: with `-x` exactly that host, else the `Host` header.
    ///
    /// Trying both schemes is safe: a signature over either proves the secret.
    static func candidates(_ request: IncomingRequest, _ configuration: Configuration, webSocket: Bool) -> [String] {
        let schemes = webSocket ? ["wss", "ws"] : ["https", "http"]
        let host = configuration.publicHost ?? request.headers["host"] ?? ""
        return (configuration.publicHost == nil ? schemes : [schemes[0]]).map { $0 + "://" + host }
    }

    /// `wss://{host}/ws/{token}`; `ws` only for a plain server on this machine.
    static func streamURL(_ request: IncomingRequest, _ configuration: Configuration, token: String) -> String {
        let (host, isLocal) = host(request, configuration)
        return "\(isLocal ? "ws" : "wss")://\(host)/ws/\(token)"
    }

    /// `https://{host}`; `http` only for a plain server on this machine.
    static func webURL(_ request: IncomingRequest, _ configuration: Configuration) -> String {
        let (host, isLocal) = host(request, configuration)
        return "\(isLocal ? "http" : "https")://\(host)"
    }

    private static func host(_ request: IncomingRequest, _ configuration: Configuration) -> (name: String, isLocal: Bool) {
        let host = configuration.publicHost ?? request.headers["host"] ?? "\(configuration.host):\(configuration.port)"
        let isLocal = configuration.publicHost == nil && !request.isSecure && LoopbackName.contains(LoopbackName.withoutPort(host))
        return (host, isLocal)
    }
}

extension SignedRequest {
    init(_ request: IncomingRequest, _ origin: String, _ shared: SharedState) {
        self.init(
            method: request.method, origin: origin, target: request.target, headers: request.headers, body: request.body,
            unixTime: Int64(shared.unixTime))
    }
}
