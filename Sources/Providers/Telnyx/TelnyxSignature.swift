import Call
import Wire

/// Telnyx's webhook signatures: Ed25519 over `timestamp|body`.
///
/// Source: Telnyx, *Webhook signing*; `webhook_verification.py` of the Python SDK 4.189.
extension TelnyxDialect {
    /// Most that a signature's time may lie from ours, either way: what Telnyx's SDK allows. Units: seconds.
    static let signatureAge: Int64 = 300

    /// The body is covered, the address is not: fields in the query of a GET could be anybody's, so such a request is refused.
    public func check(
        webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let setting = settings["TELNYX_PUBLIC_KEY"] else { return .notConfigured }
        guard let key = Base64.lenientBytes(setting), key.count == 32 else {
            return .invalid("TELNYX_PUBLIC_KEY is not the base64 of a 32-byte Ed25519 key")
        }
        guard request.method.uppercased() == "POST" || !request.target.contains("?") else {
            return .invalid("Telnyx does not sign the query of a GET, set the webhook to POST")
        }
        guard let text = request.headers["telnyx-signature-ed25519"], let time = request.headers["telnyx-timestamp"] else {
            return .invalid("the header telnyx-signature-ed25519 or telnyx-timestamp is missing")
        }
        guard let signature = Base64.bytes(text), signature.count == 64 else {
            return .invalid("the Telnyx signature is not the base64 of 64 bytes")
        }
        guard time.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(time) else {
            return .invalid("the header telnyx-timestamp is not a number of seconds")
        }
        let (age, overflow) = request.unixTime.subtractingReportingOverflow(seconds)
        guard !overflow, age.magnitude <= UInt64(Self.signatureAge) else {
            return .invalid("the Telnyx signature is more than \(Self.signatureAge) s from this server's time")
        }
        return cryptography.ed25519Verifies(signature, Array("\(time)|".utf8) + request.body, publicKey: key)
            ? .valid : .invalid("the Telnyx signature does not match the body")
    }

    /// The upgrade is not signed; it carries the token that whoever started the stream gave as `stream_auth_token`.
    public func check(
        upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let token = settings["TELNYX_STREAM_AUTH_TOKEN"] else { return .notConfigured }
        guard let given = request.headers["x-telnyx-streaming-auth-token"] else {
            return .invalid("the header x-telnyx-streaming-auth-token is missing")
        }
        return cryptography.equalInConstantTime(Array(given.utf8), Array(token.utf8))
            ? .valid : .invalid("the stream token is not TELNYX_STREAM_AUTH_TOKEN")
    }
}
