import Call
import Wire

/// Source: Plivo, *Call API*: hang up a call.
extension PlivoDialect {
    /// `DELETE /v1/Account/{auth id}/Call/{call id}/`; the slash at the end belongs to it.
    public func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? {
        guard let account = settings["PLIVO_AUTH_ID"], let token = settings["PLIVO_AUTH_TOKEN"], let call = stream.callID,
            Self.isCallID(call)
        else { return nil }
        let credentials = Base64.text(Array("\(account):\(token)".utf8))
        return HTTPRequest(
            .delete, "\(Self.base(settings))/v1/Account/\(FormEncoding.component(account))/Call/\(call)/",
            headers: [("Authorization", Secret("Basic \(credentials)"))])
    }

    /// Scheme and host.
    static func base(_ settings: ProviderSettings) -> String {
        var base = settings["PLIVO_API_BASE"] ?? "https://api.plivo.com"
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }

    /// 204 ended it, 404 says that it was over.
    public func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome {
        switch response.status {
        case 200..<300, 404: .ended
        case 500...: .retry
        default: .failed("Plivo answered \(response.status)")
        }
    }

    /// Whether an id from the stream may stand in a path. Plivo's are UUIDs; anything made of their letters, digits and `-`, or `_`, cannot
    /// leave its segment.
    static func isCallID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
