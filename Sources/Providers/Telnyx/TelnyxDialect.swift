import Audio
import Call

/// Telnyx: JSON text both ways, each direction with its own codec, media that may come out of order, marks that come back, clear.
public struct TelnyxDialect: ProviderDialect {
    /// What we ask the provider to play (`bidirectionalCodec`). The caller's audio has the format that `start` names.
    public let outbound: MediaFormat
    /// Order of the bytes of L16 in both directions. Telnyx does not say: RFC 3551 is big-endian, its users read little-endian.
    public let linear16: LinearPCM.ByteOrder

    /// - Parameter outbound: mu-law or A-law at 8 kHz, or 16-bit linear at any rate that the resampler makes; the byte order of
    ///   `linear16` wins over the one named here.
    public init(outbound: MediaFormat = .muLaw8000, linear16: LinearPCM.ByteOrder = .littleEndian) {
        let order: MediaEncoding = linear16 == .littleEndian ? .linear16 : .linear16BigEndian
        self.outbound = outbound.encoding.bytesPerSample == 2 ? MediaFormat(order, outbound.rate) : outbound
        self.linear16 = linear16
    }

    public var name: ProviderName { Self.name }
    static let name = ProviderName("telnyx")

    /// A `start` with `stream_id` at the top and `call_control_id` inside.
    public func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool { kind == .text && TelnyxMessage.opens(message) }

    public func makeSerializer() -> any StreamSerializer { TelnyxSerializer(outbound: outbound, linear16: linear16) }

    /// TeXML's `CallSid` is not documented to be the stream's `call_control_id`, so no token is bound to it.
    public func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(from: fields["From"].map { PhoneNumber($0) }, to: fields["To"].map { PhoneNumber($0) })
    }

    public var guide: ProviderGuide {
        ProviderGuide(
            consolePlace: "TeXML application > Voice > Webhook URL, POST", webhookSecret: "TELNYX_PUBLIC_KEY")
    }
}
