import Call
import Wire

/// Vonage signs with a JSON Web Token in `Authorization`, HS256 with the account's signature secret.
///
/// Source: Vonage, *Decoding signed webhooks*; Vonage support article 19033783342876 on `payload_hash`.
extension VonageDialect {
    /// The token's `payload_hash`, where it has one, must be the SHA-256 of the body; of a GET, which has none, that of its query
    /// written as a JSON object in the order of the query.
    public func check(
        webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let secret = settings["VONAGE_SIGNATURE_SECRET"] else { return .notConfigured }
        guard let token = Self.bearer(request) else { return .invalid("the Vonage token is missing") }
        guard let claims = JSONWebToken.verified(token, secret: secret, unixTime: request.unixTime, cryptography) else {
            return .invalid("the Vonage token does not verify, or is more than five minutes old")
        }
        guard let hash = claims["payload_hash"]?.string else { return .valid }
        let matches = Self.payloads(of: request).contains { payload in
            let expected = JSONWebToken.hexadecimal(cryptography.sha256(payload))
            return cryptography.equalInConstantTime(Array(hash.lowercased().utf8), Array(expected.utf8))
        }
        return matches ? .valid : .invalid("the Vonage token is of another body")
    }

    /// An NCCO with `authorization: {"type":"vonage"}` makes Vonage send a token with the upgrade. Without one the stream token alone
    /// guards the socket.
    public func check(
        upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let secret = settings["VONAGE_SIGNATURE_SECRET"], let token = Self.bearer(request) else { return .notConfigured }
        let claims = JSONWebToken.verified(token, secret: secret, unixTime: request.unixTime, cryptography)
        return claims == nil
            ? .invalid("the Vonage token of the upgrade does not verify, or is more than five minutes old") : .valid
    }

    private static func bearer(_ request: SignedRequest) -> String? {
        guard let value = request.headers["authorization"], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " })
    }

    /// What the hash may be of.
    private static func payloads(of request: SignedRequest) -> [[UInt8]] {
        guard request.method.uppercased() == "GET", request.body.isEmpty else { return [request.body] }
        let query = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        guard let fields = try? FormEncoding.fields(query) else { return [] }
        var object: [UInt8] = [UInt8(ascii: "{")]
        for field in fields {
            if object.count > 1 { object.append(UInt8(ascii: ",")) }
            JSONText.string(field.name, into: &object)
            object.append(UInt8(ascii: ":"))
            JSONText.string(field.value, into: &object)
        }
        object.append(UInt8(ascii: "}"))
        return [object, []]
    }
}
