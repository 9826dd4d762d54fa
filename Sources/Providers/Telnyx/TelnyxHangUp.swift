import Call
import Wire

/// Source: Telnyx, *Call Control: hang up call*.
extension TelnyxDialect {
    /// `POST /v2/calls/{call_control_id}/actions/hangup`. `TELNYX_API_BASE` may be given with its `/v2` or without.
    public func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? {
        guard let key = settings["TELNYX_API_KEY"], let call = stream.callID, Self.isCallControlID(call) else { return nil }
        return HTTPRequest(
            .post, "\(Self.base(settings))/calls/\(FormEncoding.component(call))/actions/hangup",
            headers: [("Authorization", Secret("Bearer \(key)")), ("Content-Type", Secret("application/json"))],
            body: Array("{}".utf8))
    }

    /// 422 with an error 90018 says that the call was over.
    public func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome {
        let codes = Self.errorCodes(response.body)
        switch response.status {
        case 200..<300: return .ended
        case 422 where codes.contains("90018"): return .ended
        case 500...: return .retry
        default: return .failed("Telnyx answered \(response.status)" + (codes.first.map { ", code \($0)" } ?? ""))
        }
    }

    /// Scheme, host and `/v2`.
    static func base(_ settings: ProviderSettings) -> String {
        var base = settings["TELNYX_API_BASE"] ?? "https://api.telnyx.com"
        while base.hasSuffix("/") { base.removeLast() }
        return base.hasSuffix("/v2") ? base : base + "/v2"
    }

    /// `errors[].code`, which is a string of digits. What is none is not repeated.
    static func errorCodes(_ body: [UInt8]) -> [String] {
        guard case .array(let errors)? = (try? JSONValue(parsing: body))?["errors"] else { return [] }
        return errors.compactMap { error in
            let code = error["code"]
            let text = code?.string ?? code?.number.flatMap { Int(exactly: $0) }.map { String($0) }
            return text.flatMap { (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? $0 : nil }
        }
    }

    /// Whether an id from the stream may stand in a path, escaped: a version, a colon and a token without slashes.
    static func isCallControlID(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-_:.=+~".utf8.contains(byte)
                }
            }
    }
}
