import Call
import Wire

/// Twilio's request signatures: HMAC-SHA1 with the account's auth token, or HMAC-SHA256 with a shared key, in base64.
///
/// Source: Twilio, *Webhooks security*; `request_validator.py` of the Python SDK 9.13.
extension TwilioDialect {
    public func check(
        webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        let form: String
        switch TwilioSignature.signedBody(of: request, cryptography) {
        case .success(let text): form = text
        case .failure(let reason):
            guard TwilioSignature.isConfigured(settings) else { return .notConfigured }
            return .invalid(reason.sentence)
        }
        return TwilioSignature.check(request, urls: [request.url], form: form, settings, cryptography)
    }

    /// The upgrade is signed as `wss://`, without a form. A slash at the path's end may be there on one side and not on the other.
    public func check(
        upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        let host = request.origin.split(separator: "://", maxSplits: 1).last.map(String.init) ?? request.origin
        let (path, query) = TwilioSignature.divided(request.target)
        let other = path.hasSuffix("/") ? String(path.dropLast()) : path + "/"
        return TwilioSignature.check(
            request, urls: ["wss://\(host)\(request.target)", "wss://\(host)\(other)\(query)"], form: "", settings, cryptography)
    }
}

enum TwilioSignature {
    struct Refusal: Error { let sentence: String }

    static func isConfigured(_ settings: ProviderSettings) -> Bool {
        settings["TWILIO_AUTH_TOKEN"] != nil || settings["TWILIO_SIGNING_KEYS"] != nil
    }

    /// Checks the header against each spelling of the address.
    static func check(
        _ request: SignedRequest, urls: [String], form: String, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard isConfigured(settings) else { return .notConfigured }
        guard let given = request.headers["x-twilio-signature"], !given.isEmpty else {
            return .invalid("the header X-Twilio-Signature is missing")
        }
        switch method(request, settings) {
        case .failure(let refusal):
            return .invalid(refusal.sentence)
        case .success(let method):
            let matches = urls.flatMap { [$0, otherPort($0)] }.contains { url in
                let message = Array((url + form).utf8)
                let digest =
                    method.isSHA256
                    ? cryptography.hmacSHA256(message, key: method.key) : cryptography.hmacSHA1(message, key: method.key)
                return cryptography.equalInConstantTime(Array(given.utf8), Array(Base64.text(digest).utf8))
            }
            return matches ? .valid : .invalid("the Twilio signature does not match the address that was called")
        }
    }

    /// The key and hash that `X-Twilio-Webhooks-Signature-Settings: key=<id>,algorithm=HMAC_SHA256` names; without it, the auth
    /// token and SHA-1. `TWILIO_SIGNING_KEYS` holds the shared keys as `id:secret,id:secret`.
    private static func method(
        _ request: SignedRequest, _ settings: ProviderSettings
    ) -> Result<(key: [UInt8], isSHA256: Bool), Refusal> {
        guard let header = request.headers["x-twilio-webhooks-signature-settings"], !header.isEmpty else {
            guard let token = settings["TWILIO_AUTH_TOKEN"] else {
                return .failure(Refusal(sentence: "the request is signed with the auth token and TWILIO_AUTH_TOKEN is not set"))
            }
            return .success((Array(token.utf8), false))
        }
        var named: [Substring: Substring] = [:]
        for part in header.split(separator: ",") {
            let pair = part.filter { $0 != " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { named[Substring(pair[0])] = Substring(pair[1]) }
        }
        guard named["algorithm"] == "HMAC_SHA256" else {
            return .failure(Refusal(sentence: "the Twilio signature uses an algorithm other than HMAC_SHA256"))
        }
        let keys = (settings["TWILIO_SIGNING_KEYS"] ?? "").split(separator: ",").map { $0.split(separator: ":", maxSplits: 1) }
        guard let id = named["key"], let key = keys.first(where: { $0.count == 2 && $0[0] == id }) else {
            return .failure(Refusal(sentence: "the Twilio signature names a key that is not in TWILIO_SIGNING_KEYS"))
        }
        return .success((Array(key[1].utf8), true))
    }

    /// What is signed behind the address.
    ///
    /// Of a form POST: each name in byte order, before each of its distinct values in byte order. Of a body that is no form: nothing, but the address must
    /// carry its SHA-256 as `bodySHA256`. Of all else nothing.
    static func signedBody(of request: SignedRequest, _ cryptography: any Cryptography) -> Result<String, Refusal> {
        guard request.method.uppercased() == "POST", !request.body.isEmpty else { return .success("") }
        let type = request.headers["content-type"]?.lowercased() ?? "application/x-www-form-urlencoded"
        guard type.hasPrefix("application/x-www-form-urlencoded") else {
            let query = (try? FormEncoding.fields(String(divided(request.target).query.dropFirst()))) ?? []
            guard let given = query.first(where: { $0.name == "bodySHA256" })?.value else {
                return .failure(Refusal(sentence: "the body is no form and the address carries no bodySHA256"))
            }
            let digits = Array("0123456789abcdef".utf8)
            let hash = cryptography.sha256(request.body).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            guard cryptography.equalInConstantTime(Array(given.utf8), hash) else {
                return .failure(Refusal(sentence: "the body does not match the address's bodySHA256"))
            }
            return .success("")
        }
        guard let fields = try? FormEncoding.fields(request.body.span) else {
            return .failure(Refusal(sentence: "the form has more than \(FormEncoding.maximumFields) fields"))
        }
        var sorted: [FormEncoding.Field] = []
        for field in fields.sorted(by: isBefore) {
            // Equal bytes, not equal text: Unicode has several spellings of one letter.
            if let last = sorted.last, !isBefore(last, field) { continue }
            sorted.append(field)
        }
        return .success(sorted.map { $0.name + $0.value }.joined())
    }

    private static func isBefore(_ a: FormEncoding.Field, _ b: FormEncoding.Field) -> Bool {
        if a.name.utf8.elementsEqual(b.name.utf8) { return a.value.utf8.lexicographicallyPrecedes(b.value.utf8) }
        return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    /// The address with its port left out, or with the scheme's own port put in: Twilio signs either, and its SDKs take both.
    static func otherPort(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        let rest = url[authority.endIndex...]
        if let colon = authority.lastIndex(of: ":"), authority[colon...].dropFirst().allSatisfy(\.isNumber) {
            return String(url[..<colon]) + rest
        }
        let isSecure = url.hasPrefix("https:") || url.hasPrefix("wss:")
        return String(url[..<authority.endIndex]) + (isSecure ? ":443" : ":80") + rest
    }

    /// Path and query, the query with its `?`.
    static func divided(_ target: String) -> (path: String, query: String) {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        return (String(target[..<mark]), String(target[mark...]))
    }
}
