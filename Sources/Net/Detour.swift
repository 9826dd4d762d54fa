/// Another place to connect to than the one that a URL names. `Host`, SNI and the certificate check keep the URL's name.
public struct Detour: Equatable, Sendable {
    /// A name or an address, without brackets.
    public var host: String
    public var port: Int
    /// Whether the connection is TLS; `nil` as the URL says. `false` stands in for a proxy that ends TLS in front of a plain server.
    public var isSecure: Bool?

    public init(host: String, port: Int, isSecure: Bool? = nil) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
    }
}
