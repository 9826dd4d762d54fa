import Call

/// Plivo: JSON text both ways, codec and rate as the answer document asks, checkpoints, clear with an acknowledgement.
public struct PlivoDialect: ProviderDialect {
    public init() {}

    public var name: ProviderName { Self.name }
    static let name = ProviderName("plivo")

    /// A `start` with `streamId` and `callId` inside; no `connected` comes before it.
    public func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { kind == .text && PlivoMessage.opens(message) }

    public func makeSerializer() -> any StreamSerializer { PlivoSerializer() }

    /// `CallUUID` is the `start.callId` of the stream.
    public func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(
            callID: fields["CallUUID"], from: fields["From"].map { PhoneNumber($0) }, to: fields["To"].map { PhoneNumber($0) })
    }

    public var guide: ProviderGuide {
        ProviderGuide(
            consolePlace: "Voice > XML application > Answer URL, POST", webhookSecret: "PLIVO_AUTH_TOKEN")
    }
}
