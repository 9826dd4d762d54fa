import Call
import Wire

/// Signs requests and upgrades as each provider does, from its documents.
///
/// Sources: Twilio, "Webhooks security"; Telnyx, "Webhook signing"; Plivo, "Signature validation" V3 and its Python SDK; Vonage,
/// "Decoding signed webhooks" and support article 19033783342876; Exotel, "Stream and Voicebot applet" (basic authentication).
struct WebhookSigner: Sendable {
    let provider: PlayedProvider
    let secrets: ProviderSecrets
    let mode: Signing
    let cryptography: any Cryptography

    /// Adds the provider's proof to a webhook; nothing without its secret.
    ///
    /// - Parameters:
    ///   - payload: the body's fields, and those of the query of a GET.
    ///   - unixTime: seconds since 1970.
    func sign(_ request: inout HTTPRequest, _ payload: WebhookPayload, unixTime: Int64) {
        switch provider {
        case .twilio:
            guard let key = key(secrets.twilioAuthToken) else { return }
            var text = request.url
            if request.method == .post, case .form(let fields) = payload {
                text += Self.sorted(fields).map { $0.name + $0.value }.joined()
            }
            request.headers.append(("X-Twilio-Signature", Secret(Base64.text(cryptography.hmacSHA1(Array(text.utf8), key: key)))))
        case .telnyx:
            guard let seed = telnyxSeed else { return }
            let signature = cryptography.ed25519Sign(Array("\(unixTime)|".utf8) + request.body, seed: seed) ?? []
            request.headers.append(("telnyx-signature-ed25519", Secret(Base64.text(signature))))
            request.headers.append(("telnyx-timestamp", Secret(String(unixTime))))
        case .plivo:
            guard let key = key(secrets.plivoAuthToken) else { return }
            var form: [FormEncoding.Field] = []
            if request.method == .post, case .form(let fields) = payload { form = fields }
            request.headers += plivo(Self.plivoText(url: request.url, form: form), key)
        case .exotel: return
        case .vonage:
            guard let key = key(secrets.vonageSignatureSecret) else { return }
            var hashed = request.body
            if request.method == .get { hashed = WebhookPayload.jsonBytes(Self.query(of: request.url)) }
            let token = vonageToken(key, unixTime: unixTime, payload: hashed)
            request.headers.append(("Authorization", Secret("Bearer \(token)")))
        }
    }

    /// The provider's proof on a WebSocket upgrade; empty without its secret.
    func upgradeHeaders(_ order: StreamOrder, unixTime: Int64) -> [(name: String, value: Secret)] {
        let address = order.url.firstRange(of: "://").map { String(order.url[$0.upperBound...]) } ?? order.url
        switch provider {
        case .twilio:
            // The address as wss, without a form.
            guard let key = key(secrets.twilioAuthToken) else { return [] }
            return [("X-Twilio-Signature", Secret(Base64.text(cryptography.hmacSHA1(Array("wss://\(address)".utf8), key: key))))]
        case .telnyx:
            guard let key = key(secrets.telnyxStreamToken) else { return [] }
            return [("x-telnyx-streaming-auth-token", Secret(String(decoding: key, as: UTF8.self)))]
        case .plivo:
            // A GET of the address with http in place of wss, as Plivo's own command line tool has it.
            guard let key = key(secrets.plivoAuthToken) else { return [] }
            return plivo(Self.plivoText(url: "http://\(address)", form: []), key)
        case .exotel:
            guard !order.headers.contains(where: { $0.name == "Authorization" }), let key = key(secrets.exotelStream) else {
                return []
            }
            return [("Authorization", Secret("Basic \(Base64.text(key))"))]
        case .vonage:
            guard order.wantsProviderToken, let key = key(secrets.vonageSignatureSecret) else { return [] }
            return [("Authorization", Secret("Bearer \(vonageToken(key, unixTime: unixTime, payload: nil))"))]
        }
    }

    /// The key to sign with.
    private func key(_ secret: Secret?) -> [UInt8]? {
        switch mode {
        case .on: secret.map { Array($0.exposed.utf8) }
        case .off: nil
        case .wrong: Array("wrong:\(secret?.exposed ?? "")".utf8)
        }
    }

    private var telnyxSeed: Redacted<[UInt8]>? {
        switch mode {
        case .on: secrets.telnyxSeed
        case .off: nil
        case .wrong: Redacted(cryptography.sha256(secrets.telnyxSeed?.exposed ?? []))
        }
    }

    /// By name and then by value, in byte order, each pair once.
    static func sorted(_ fields: [FormEncoding.Field]) -> [FormEncoding.Field] {
        var sorted: [FormEncoding.Field] = []
        for field in fields.sorted(by: isBefore) where sorted.last.map({ isBefore($0, field) }) ?? true { sorted.append(field) }
        return sorted
    }

    private static func isBefore(_ a: FormEncoding.Field, _ b: FormEncoding.Field) -> Bool {
        let (one, other) = (Array(a.name.utf8), Array(b.name.utf8))
        return one == other ? a.value.utf8.lexicographicallyPrecedes(b.value.utf8) : one.lexicographicallyPrecedes(other)
    }

    /// Decoded, in order.
    private static func query(of url: String) -> [FormEncoding.Field] {
        (try? FormEncoding.fields(String(url.drop { $0 != "?" }.dropFirst()))) ?? []
    }

    // MARK: Plivo

    private func plivo(_ text: String, _ key: [UInt8]) -> [(name: String, value: Secret)] {
        // Twenty digits, as in Plivo's examples.
        let nonce = cryptography.randomBytes(20).map { String($0 % 10) }.joined()
        return [
            ("X-Plivo-Signature-V3", Secret(Self.plivoSignature(text, nonce: nonce, key, cryptography))),
            ("X-Plivo-Signature-V3-Nonce", Secret(nonce)),
        ]
    }

    static func plivoSignature(_ text: String, nonce: String, _ key: [UInt8], _ cryptography: any Cryptography) -> String {
        Base64.text(cryptography.hmacSHA256(Array("\(text).\(nonce)".utf8), key: key))
    }

    /// The address without its query; `?` when there is a query or a form; the query's pairs `k=v`, sorted and joined by `&`; a dot when
    /// there are both; the form's pairs, sorted, with nothing between.
    static func plivoText(url: String, form: [FormEncoding.Field]) -> String {
        let address = url.prefix { $0 != "?" }
        let query = Self.query(of: url).sorted(by: isBefore).map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        let parameters = form.sorted(by: isBefore).map { $0.name + $0.value }.joined()
        if query.isEmpty, parameters.isEmpty { return String(address) }
        return "\(address)?\(query)\(!query.isEmpty && !parameters.isEmpty ? "." : "")\(parameters)"
    }

    // MARK: Vonage

    private func vonageToken(_ key: [UInt8], unixTime: Int64, payload: [UInt8]?) -> String {
        var claims: [FormEncoding.Field] = [
            .init("iss", "Vonage"), .init("jti", Self.hexadecimal(cryptography.randomBytes(16))),
            .init("application_id", secrets.vonageApplicationID),
        ]
        if let payload { claims.append(.init("payload_hash", Self.hexadecimal(cryptography.sha256(payload)))) }
        var text = WebhookPayload.jsonBytes(claims).dropLast()
        text += Array(",\"iat\":\(unixTime)}".utf8)
        let signed = "\(Base64.urlText(Array(#"{"typ":"JWT","alg":"HS256"}"#.utf8))).\(Base64.urlText(Array(text)))"
        return "\(signed).\(Base64.urlText(cryptography.hmacSHA256(Array(signed.utf8), key: key)))"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
