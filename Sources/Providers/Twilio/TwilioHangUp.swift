import Call
import Wire

/// Source: Twilio, *Voice API: update a call* (`twilio_api_v2010`).
extension TwilioDialect {
    /// `POST /2010-04-01/Accounts/{account}/Calls/{call}.json` with `Status=completed`.
    ///
    /// The account is the one that `start` names: a call of a subaccount is not found under the main account, and that would read
    /// as "already ended" while the line stays open. The main account's credentials reach its subaccounts.
    public func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? {
        guard let call = stream.callID, Self.isID(call), let credentials = Self.credentials(settings) else { return nil }
        let named = stream.accountID.flatMap { Self.isAccount($0) ? $0 : nil }
        guard let account = named ?? settings["TWILIO_ACCOUNT_SID"] else { return nil }
        let path = "2010-04-01/Accounts/\(FormEncoding.component(account))/Calls/\(call).json"
        return HTTPRequest(
            .post, "\(Self.base(settings))/\(path)",
            headers: [
                ("Authorization", Secret("Basic \(Base64.text(Array(credentials.utf8)))")),
                ("Content-Type", Secret("application/x-www-form-urlencoded")),
            ], body: Array(FormEncoding.text([.init("Status", "completed")]).utf8))
    }

    /// 404 with code 20404 says that the call was over.
    public func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome {
        let code = (try? JSONValue(parsing: response.body))?["code"]?.number.flatMap { Int(exactly: $0) }
        switch response.status {
        case 200..<300: return .ended
        case 404 where code == 20_404: return .ended
        case 500...: return .retry
        default: return .failed("Twilio answered \(response.status)" + (code.map { ", code \($0)" } ?? ""))
        }
    }

    /// User and password: an API key where one is set, else the account.
    static func credentials(_ settings: ProviderSettings) -> String? {
        if let key = settings["TWILIO_API_KEY"], let secret = settings["TWILIO_API_SECRET"] { return "\(key):\(secret)" }
        guard let account = settings["TWILIO_ACCOUNT_SID"], let token = settings["TWILIO_AUTH_TOKEN"] else { return nil }
        return "\(account):\(token)"
    }

    /// Scheme and host. `TWILIO_API_BASE` wins over region and edge; an edge without a region is in `us1`, as in Twilio's SDKs.
    static func base(_ settings: ProviderSettings) -> String {
        if var base = settings["TWILIO_API_BASE"] {
            while base.hasSuffix("/") { base.removeLast() }
            return base
        }
        let edge = settings["TWILIO_EDGE"]
        let region = settings["TWILIO_REGION"] ?? edge.map { _ in "us1" }
        return "https://" + (["api", edge, region, "twilio", "com"].compactMap { $0 }).joined(separator: ".")
    }

    /// Whether an id from the stream may stand in a path: letters, digits, `-` and `_` cannot leave their segment.
    private static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

    /// `AC` and 32 hexadecimal digits.
    private static func isAccount(_ text: String) -> Bool {
        text.hasPrefix("AC") && text.utf8.count == 34
            && text.utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }
}
