import Call
import Wire

/// Source: Vonage, *Voice API*: modify an in-progress call.
extension VonageDialect {
    /// `PUT /v1/calls/{uuid}` with a token of the application's private key.
    ///
    /// `VONAGE_PRIVATE_KEY` is PEM text; line ends may be written `\n`, as environment files have them.
    public func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? {
        guard let call = stream.callID, Self.isCallID(call),
            let authorization = Self.authorization(settings, cryptography, unixTime)
        else { return nil }
        return HTTPRequest(
            .put, "\(Self.base(settings))/v1/calls/\(call)",
            headers: [authorization, ("Content-Type", Secret("application/json"))],
            body: Array(#"{"action":"hangup"}"#.utf8))
    }

    /// A fresh token of the application's private key; `nil` when a setting is missing or the key cannot be read.
    static func authorization(
        _ settings: ProviderSettings, _ cryptography: any Cryptography, _ unixTime: Int64
    ) -> (name: String, value: Secret)? {
        guard let application = settings["VONAGE_APPLICATION_ID"], let key = settings["VONAGE_PRIVATE_KEY"],
            let token = JSONWebToken.signed(
                applicationID: application, privateKeyPEM: Secret(pem(key)), unixTime: unixTime, cryptography)
        else { return nil }
        return ("Authorization", Secret("Bearer \(token)"))
    }

    /// Scheme and host.
    static func base(_ settings: ProviderSettings) -> String {
        var base = settings["VONAGE_API_BASE"] ?? "https://api.nexmo.com"
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }

    /// 204 ended it, 404 says that there is no such call any more (Vonage's OpenAPI document names 204, 401 and 404 only). A 400 that
    /// complains of the call's state is counted as ended too: the platform behind it answers `conversation:error:invalid-member-state`.
    public func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome {
        switch response.status {
        case 200..<300, 404: .ended
        case 400 where Self.complainsOfState(response.body): .ended
        case 500...: .retry
        default: .failed("Vonage answered \(response.status)")
        }
    }

    private static func complainsOfState(_ body: [UInt8]) -> Bool {
        guard let answer = try? JSONValue(parsing: body) else { return false }
        return ["type", "title", "error_title", "detail"].contains { key in
            guard let text = answer[key]?.string?.lowercased() else { return false }
            return ["invalid-member-state", "invalid-call-state", "already ended", "already completed"].contains {
                text.contains($0)
            }
        }
    }

    private static func pem(_ text: String) -> String { text.replacing(#"\n"#, with: "\n") }

    /// Whether an id from the stream may stand in a path. Vonage's are UUIDs; anything made of their letters, digits and `-`, or `_`, cannot
    /// leave its segment.
    private static func isCallID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
