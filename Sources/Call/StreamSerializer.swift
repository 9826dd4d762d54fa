import Audio
import Wire

/// One provider's dialect on one media stream: messages in, messages out. It never does I/O.
///
/// A serializer is made fresh for each stream. It is public API: a sixth provider, or a customer's own dialect,
/// conforms to this and to ``StreamDialect``.
public protocol StreamSerializer {
    /// How the provider wants audio to be sent. Valid after the `started` event.
    var playout: PlayoutProfile { get }

    /// Reads one whole WebSocket message and appends the events it carries (none for a message that says nothing new;
    /// several when a late message releases others that waited for it).
    ///
    /// - Throws: ``WireError`` when the provider's protocol is broken. The stream can go on.
    mutating func decode(
        _ message: Span<UInt8>, _ kind: MessageKind, at now: Moment, into events: inout [CallEvent]
    ) throws(WireError)

    /// When ``release(at:into:)`` wants to be called: media waits for an earlier message. `nil`: nothing waits.
    var wake: Moment? { get }

    /// Appends the events whose waiting time is over.
    mutating func release(at now: Moment, into events: inout [CallEvent])

    /// Writes one message that carries the samples, at the outbound rate of the stream. Playout gives exactly
    /// ``PlayoutProfile/packetSamples`` samples.
    mutating func encode(audio samples: Span<Int16>, into message: inout MessageBuffer)

    /// Writes one message that carries the command.
    ///
    /// - Returns: `false` when the provider has no message for it; nothing is written.
    mutating func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool
}

extension StreamSerializer {
    public var wake: Moment? { nil }
    public mutating func release(at now: Moment, into events: inout [CallEvent]) {}
}

/// How a provider wants audio to be sent.
public struct PlayoutProfile: Equatable, Sendable {
    /// Samples of every audio message, at the outbound rate. The last of an utterance is padded with silence.
    public let packetSamples: Int
    /// Most audio that may be sent ahead of real time: enough for network jitter, little enough that an interruption is
    /// heard at once.
    public let lead: Duration
    /// A partial packet is padded and sent when nothing follows it for this long.
    public let pause: Duration
    /// Whether the provider returns marks (or its like) when audio has played.
    public let confirmsPlayback: Bool
    /// Whether a clear lets the packet that is being played finish (Exotel).
    public let clearFinishesPacket: Bool
    /// How keys reach the far end.
    public let keys: KeyDelivery

    /// How a provider sends keys to the far end.
    public enum KeyDelivery: Equatable, Sendable {
        /// By a message on the stream.
        case message
        /// By a request to its REST API.
        case request
        /// It has no way of its own: their tones are said.
        case tones
    }

    public init(
        packetSamples: Int, lead: Duration = .milliseconds(60), pause: Duration = .milliseconds(60), confirmsPlayback: Bool = true,
        clearFinishesPacket: Bool = false, keys: KeyDelivery = .tones
    ) {
        self.packetSamples = packetSamples
        self.lead = lead
        self.pause = pause
        self.confirmsPlayback = confirmsPlayback
        self.clearFinishesPacket = clearFinishesPacket
        self.keys = keys
    }

    /// 20 ms messages, 60 ms ahead.
    public static func frames(at rate: SampleRate, keys: KeyDelivery = .tones) -> PlayoutProfile {
        PlayoutProfile(packetSamples: rate.samples(inMilliseconds: 20), keys: keys)
    }
}

/// How a provider is told from the others by its first messages, and the maker of its serializer.
public protocol StreamDialect: Sendable {
    var name: ProviderName { get }

    /// Whether this message is the one that opens this provider's stream (`start`, or Vonage's `websocket:connected`).
    ///
    /// Called for each message until one dialect says `true`; then that dialect's serializer decodes the same message. A greeting
    /// that several providers share (`connected`) is nobody's: nothing is lost by waiting for the message that tells.
    func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool

    func makeSerializer() -> any StreamSerializer
}
