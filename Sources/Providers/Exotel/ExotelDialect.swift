import Call

/// Exotel: JSON text both ways, 16-bit PCM at 8, 16 or 24 kHz, outbound in chunks of 3,200 bytes.
public struct ExotelDialect: ProviderDialect {
    public init() {}

    public var name: ProviderName { Self.name }
    static let name = ProviderName("exotel")

    public func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { kind == .text && ExotelMessage.opens(message) }

    public func makeSerializer() -> any StreamSerializer { ExotelSerializer() }

    /// The webhook's `CallSid` is not documented to be the stream's, so no token is bound to it.
    public func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(
            from: (fields["CallFrom"] ?? fields["From"]).map { PhoneNumber($0) },
            to: (fields["CallTo"] ?? fields["To"]).map { PhoneNumber($0) })
    }

    public var guide: ProviderGuide { ProviderGuide(consolePlace: "App Bazaar > Voicebot applet > URL (https)") }
}
