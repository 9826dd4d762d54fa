import Audio
import Call

/// How a simulated provider behaves, beside who calls whom.
public struct SimulationOptions: Sendable {
    /// The caller's audio.
    public var inbound: MediaFormat
    /// What the answer document asked the provider to play.
    public var outbound: MediaFormat
    /// Telnyx: sends each second packet before the first of its pair. Telnyx does not promise an order.
    public var swapsMedia = false
    /// Exotel: spells `sequence_number`, `chunk` and their like as numbers, as its applet page does. Its protocol page shows strings.
    public var numericFields = false
    /// Audio that starts an utterance waits this long before it plays.
    ///
    /// No provider documents one. Zero suits a virtual clock. Over real sockets messages come a little late and a little early, and
    /// 20 ms to 40 ms keep the driver's own jitter from being heard as gaps.
    public var jitterBuffer = Duration.zero
    /// Most of what is heard that is kept as samples; what plays later is measured and not kept.
    ///
    /// Four hours, the longest call a server allows by default, are 230 MB at 8 kHz. A load of many calls sets this to zero.
    public var heardLimit = Duration.seconds(4 * 3_600)
    /// A caller who hangs up is told by the close of the connection alone, without the provider's last message.
    public var endsWithoutStop = false
    /// The far end is an echo: each packet that is sent is expected back, and its round trip measured.
    public var expectsEcho = false
    /// What the caller of an echo says in place of speech, so that each packet is recognised when it comes back.
    public var signature: CallSignature?
    /// A packet of an echo that is under way for longer is late. 60 ms are two packets more than the 20 ms that an echo with one conversion
    /// takes; a listener notices the pause from about 150 ms on.
    public var lateAfter = Duration.milliseconds(60)

    /// Why nothing that the server sends is played, when the answer document asked for a stream that goes one way.
    public var unheard: Complaint?

    public init(inbound: MediaFormat, outbound: MediaFormat? = nil) {
        self.inbound = inbound
        self.outbound = outbound ?? inbound
    }

    /// The provider's usual format in both directions.
    public init(for provider: PlayedProvider) { self.init(inbound: provider.usualFormat) }
}
