import Call
import Wire

/// Plivo's request signatures: HMAC-SHA256 with the account's auth token, in base64.
///
/// Source: Plivo's Python SDK 4.63 (`signature_v3.py`, `signature_validator.py`).
extension PlivoDialect {
    /// V3 where its header is there, else V2, which older applications get and which covers neither query nor body.
    public func check(
        webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let token = settings["PLIVO_AUTH_TOKEN"] else { return .notConfigured }
        if let given = PlivoSignature(request.headers, version: "v3") {
            guard request.body.isEmpty || isForm(request) else {
                return .invalid("the body is no form, so the Plivo V3 signature cannot cover it")
            }
            guard let form = try? FormEncoding.fields(request.body.span),
                let text = try? PlivoSignature.text(method: request.method, url: request.url, form: form)
            else { return .invalid("the request has more than \(FormEncoding.maximumFields) fields") }
            return given.matches("\(text).\(given.nonce)", token, cryptography)
                ? .valid : .invalid("the Plivo V3 signature does not match")
        }
        if let given = PlivoSignature(request.headers, version: "v2") {
            let text = PlivoSignature.withoutQuery(request.url).address
            return given.matches("\(text)\(given.nonce)", token, cryptography)
                ? .valid : .invalid("the Plivo V2 signature does not match")
        }
        return .invalid("the Plivo signature or its nonce is missing")
    }

    /// The upgrade is signed with V3 as a GET. Plivo's command line tool says that the address is signed with `http` in place of `wss`;
    /// `wss` and `https` are tried too, since that is the only source.
    public func check(
        upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography
    ) -> SignatureCheck {
        guard let token = settings["PLIVO_AUTH_TOKEN"], let given = PlivoSignature(request.headers, version: "v3") else {
            return .notConfigured
        }
        let host = request.origin.split(separator: "://", maxSplits: 1).last.map(String.init) ?? request.origin
        for scheme in ["http", "wss", "https"] {
            guard let text = try? PlivoSignature.text(method: "GET", url: "\(scheme)://\(host)\(request.target)", form: []) else {
                break
            }
            if given.matches("\(text).\(given.nonce)", token, cryptography) { return .valid }
        }
        return .invalid("the Plivo V3 signature of the upgrade does not match")
    }

    private func isForm(_ request: SignedRequest) -> Bool {
        guard let type = request.headers["content-type"] else { return true }
        return type.lowercased().hasPrefix("application/x-www-form-urlencoded")
    }
}

/// The signatures of one request and their nonce.
struct PlivoSignature {
    /// Base64 each. A header may list several, and the main account's token may sign beside the subaccount's.
    let candidates: [String]
    let nonce: String

    /// - Returns: `nil` when the version's signature or nonce is not there.
    init?(_ headers: [String: String], version: String) {
        let lists = ["x-plivo-signature-\(version)", "x-plivo-signature-ma-\(version)"].compactMap { headers[$0] }
        guard !lists.isEmpty, let nonce = headers["x-plivo-signature-\(version)-nonce"], !nonce.isEmpty else { return nil }
        candidates = lists.flatMap { $0.split(separator: ",") }.map { $0.filter { !$0.isWhitespace } }
        self.nonce = nonce
    }

    /// Whether one candidate signs the text.
    func matches(_ text: String, _ token: String, _ cryptography: any Cryptography) -> Bool {
        let expected = Array(Base64.text(cryptography.hmacSHA256(Array(text.utf8), key: Array(token.utf8))).utf8)
        return candidates.contains { cryptography.equalInConstantTime(Array($0.utf8), expected) }
    }

    /// What V3 signs before `.` and the nonce.
    ///
    /// With U the address without its query and Q the query's pairs, decoded, sorted by key and value, `k=v` joined by `&`:
    /// GET signs `U` or `U?Q`. POST adds the form's pairs, sorted, with nothing between them: `U`, `U?P`, `U?Q` or `U?Q.P`.
    ///
    /// - Throws: ``WireError`` `tooLarge` past ``FormEncoding/maximumFields``.
    static func text(method: String, url: String, form: [FormEncoding.Field]) throws(WireError) -> String {
        let (address, query) = withoutQuery(url)
        let pairs = sorted(try FormEncoding.fields(query)).map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        guard method.uppercased() == "POST", !form.isEmpty else { return pairs.isEmpty ? address : "\(address)?\(pairs)" }
        let fields = sorted(form).map { $0.name + $0.value }.joined()
        return pairs.isEmpty ? "\(address)?\(fields)" : "\(address)?\(pairs).\(fields)"
    }

    static func withoutQuery(_ url: String) -> (address: String, query: String) {
        guard let mark = url.firstIndex(of: "?") else { return (url, "") }
        return (String(url[..<mark]), String(url[url.index(after: mark)...]))
    }

    /// By code point, as the SDK sorts.
    private static func sorted(_ fields: [FormEncoding.Field]) -> [FormEncoding.Field] {
        fields.sorted { a, b in
            if a.name.utf8.lexicographicallyPrecedes(b.name.utf8) { return true }
            if b.name.utf8.lexicographicallyPrecedes(a.name.utf8) { return false }
            return a.value.utf8.lexicographicallyPrecedes(b.value.utf8)
        }
    }
}
