import Call

/// Vonage Voice API: binary 16-bit PCM at 8, 16 or 24 kHz in frames of exactly 20 ms, JSON text for everything else.
public struct VonageDialect: ProviderDialect {
    public init() {}

    public var name: ProviderName { Self.name }
    static let name = ProviderName("vonage")

    /// The text `websocket:connected`.
    public func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { kind == .text && VonageMessage.opens(message) }

    public func makeSerializer() -> any StreamSerializer { VonageSerializer() }

    /// Our NCCO sends `uuid` back in the stream's headers.
    public func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(
            callID: fields["uuid"], from: fields["from"].map { PhoneNumber($0) }, to: fields["to"].map { PhoneNumber($0) })
    }

    public var guide: ProviderGuide {
        ProviderGuide(
            consolePlace: "Application > Voice > Answer URL, HTTP GET", webhookSecret: "VONAGE_SIGNATURE_SECRET",
            fileSettings: ["VONAGE_PRIVATE_KEY"])
    }
}
