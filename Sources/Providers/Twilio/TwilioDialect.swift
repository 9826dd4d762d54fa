import Call

/// Twilio: JSON text both ways, mu-law at 8 kHz always, marks that come back, clear.
public struct TwilioDialect: ProviderDialect {
    public init() {}

    public var name: ProviderName { Self.name }
    static let name = ProviderName("twilio")

    /// A `start` with `streamSid` and `callSid`, with or without `connected` before it.
    public func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { kind == .text && TwilioMessage.opens(message) }

    public func makeSerializer() -> any StreamSerializer { TwilioSerializer() }

    /// `CallSid` is the `start.callSid` of the stream.
    public func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(
            callID: fields["CallSid"], from: fields["From"].map { PhoneNumber($0) }, to: fields["To"].map { PhoneNumber($0) })
    }

    public var guide: ProviderGuide {
        ProviderGuide(
            consolePlace: "Phone number > Voice > A call comes in > Webhook, HTTP POST", webhookSecret: "TWILIO_AUTH_TOKEN")
    }
}
