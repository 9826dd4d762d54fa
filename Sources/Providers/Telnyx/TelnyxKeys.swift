import Call
import Wire

/// The part of a provider's dialect that sends keys to the far end by its REST API.
public protocol KeySendingDialect: ProviderDialect {
    /// - Returns: `nil` when credentials or the call id are missing.
    func send(_ keys: [KeypadEntry], on stream: StreamStart, _ settings: ProviderSettings) -> HTTPRequest?
}

/// Source: Telnyx, *Call Control: send DTMF*.
extension TelnyxDialect: KeySendingDialect {
    /// How long each key sounds: Telnyx's default; it takes 100 to 500. Units: milliseconds.
    private static let keyLength = 250

    /// `POST /v2/calls/{call_control_id}/actions/send_dtmf`. Whether a TeXML call takes the command is not documented.
    public func send(_ keys: [KeypadEntry], on stream: StreamStart, _ settings: ProviderSettings) -> HTTPRequest? {
        guard let key = settings["TELNYX_API_KEY"], let call = stream.callID, Self.isCallControlID(call), !keys.isEmpty else {
            return nil
        }
        let body = JSONValue.object([
            "digits": .string(keys.map(\.rawValue).joined()), "duration_millis": .number(Double(Self.keyLength)),
        ])
        return HTTPRequest(
            .post, "\(Self.base(settings))/calls/\(FormEncoding.component(call))/actions/send_dtmf",
            headers: [("Authorization", Secret("Bearer \(key)")), ("Content-Type", Secret("application/json"))], body: body.bytes)
    }
}
