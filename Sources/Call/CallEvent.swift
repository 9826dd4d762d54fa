import Audio
import Wire

/// What a provider's message means. The words are the same for all providers.
public enum CallEvent: Equatable, Sendable {
    /// The stream is described: from here on media flows.
    indirect case started(StreamStart)
    /// The caller's audio, decoded, at the inbound rate of the stream.
    case audio(PCM16)
    /// The caller pressed a key.
    case key(KeypadEntry)
    /// A mark that we sent came back: all audio before it was played, or dropped by a clear.
    case markReturned(String)
    /// The provider dropped what it had not played, as we asked.
    case cleared
    /// The provider reports an error of its own about our messages; the stream goes on.
    case providerError(code: String)
    /// The provider says that the stream is over; the reason is the provider's word where it has one.
    case stopped(reason: String?)
}

/// The facts of a provider's `start` message.
public struct StreamStart: Equatable, Sendable {
    public var provider: ProviderName
    /// The provider's stream id; `nil` where it has none (Vonage).
    public var streamID: String?
    /// The provider's call id, the one its REST API takes; `nil` when the stream does not carry it.
    public var callID: String?
    public var accountID: String?
    public var from: PhoneNumber?
    public var to: PhoneNumber?
    /// Parameters that the answer document attached to the stream (Twilio `customParameters`, Plivo `extra_headers`, …).
    public var parameters: [String: String]
    /// The caller's audio.
    public var inbound: MediaFormat
    /// What the provider plays.
    public var outbound: MediaFormat

    public init(
        provider: ProviderName, streamID: String? = nil, callID: String? = nil, accountID: String? = nil,
        from: PhoneNumber? = nil, to: PhoneNumber? = nil, parameters: [String: String] = [:],
        inbound: MediaFormat = .muLaw8000, outbound: MediaFormat = .muLaw8000
    ) {
        self.provider = provider
        self.streamID = streamID
        self.callID = callID
        self.accountID = accountID
        self.from = from
        self.to = to
        self.parameters = parameters
        self.inbound = inbound
        self.outbound = outbound
    }
}
