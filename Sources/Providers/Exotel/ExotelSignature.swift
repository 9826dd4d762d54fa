import Call
import Wire

/// Exotel signs nothing. A socket address with a user and a password in it, `wss://user:password@host/…`, makes it send them.
///
/// Source: Exotel, *Stream and Voicebot applet*: authentication.
extension ExotelDialect {
    public func check(
        webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck { .notConfigured }

    /// Basic authentication with `EXOTEL_STREAM_USER` and `EXOTEL_STREAM_PASSWORD`. One of them is enough to ask for both.
    public func check(
        upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        let user = settings["EXOTEL_STREAM_USER"], password = settings["EXOTEL_STREAM_PASSWORD"]
        guard user != nil || password != nil else { return .notConfigured }
        guard let value = request.headers["authorization"], value.lowercased().hasPrefix("basic ") else {
            return .invalid("the Exotel stream user and password are missing")
        }
        let given = Array(value.dropFirst(6).utf8.drop { $0 == UInt8(ascii: " ") })
        let expected = Array(Base64.text(Array("\(user ?? ""):\(password ?? "")".utf8)).utf8)
        return cryptography.equalInConstantTime(given, expected) ? .valid : .invalid("the Exotel stream user or password is wrong")
    }
}
