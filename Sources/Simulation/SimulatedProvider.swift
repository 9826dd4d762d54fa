import Audio
import Call
import Wire

/// What a simulated provider wants done next.
public enum SimulatedOutput: Equatable, Sendable {
    /// Send the message in the buffer.
    case send(MessageKind)
    /// Close the connection; nothing follows.
    case close
    /// Nothing to do before the given moment, or before a message arrives.
    case idle(wake: Moment?)
}

/// How a simulated call ended.
public enum CallEnding: String, CaseIterable, Sendable {
    case notStarted = "not started"
    case up = "still up"
    /// The simulated caller hung up.
    case callerHungUp = "caller hung up"
    /// The server closed the connection: the bot ended the call.
    case serverClosed = "server closed"
    /// The provider broke off because of what the server sent.
    case brokenOff = "provider broke off"
    /// The connection was cut on the provider's side: no last message, no close frame.
    case dropped = "connection dropped"
}

/// One provider's side of one simulated call: the stream's messages, a caller who speaks, presses keys and hangs up, and the
/// playout of what the server sends.
///
/// A value that is told and asked: after ``start(at:)`` and after each thing it is told, ``poll(at:into:)`` until it is idle, and
/// again at the moment it names. It never looks at a clock, so a virtual one plays an hour in seconds.
public struct SimulatedProvider: Sendable {
    public let provider: PlayedProvider
    public let identity: CallIdentity
    public let options: SimulationOptions

    /// What the provider objected to.
    public internal(set) var complaints = ComplaintList()
    public internal(set) var ending = CallEnding.notStarted
    /// Round trips, when ``SimulationOptions/expectsEcho`` says that there are any.
    public internal(set) var echo: EchoMeter?
    /// Keys that the server had pressed (Plivo `sendDTMF`).
    public internal(set) var keysFromServer: [KeypadEntry] = []
    /// When the caller spoke, in order.
    public internal(set) var spoken: [SpokenSpan] = []
    /// When the server's clears arrived, from the start of the stream; at most ``maximumClears``.
    public internal(set) var clearsAt: [Duration] = []

    let dialect: any SimulatedDialect
    var origin = Moment.zero
    var playout: PlayoutModel
    var speech: SpeechQueue
    /// Small messages that wait, in order. They go before caller audio.
    var waiting: [WaitingMessage] = []
    var stamp = Stamp()
    /// The packet that a swapped pair sends second.
    var swapped: (packet: CallerSpeech.Packet, stamp: Stamp)?
    var isClosing = false
    var isMediaOver = false
    var isMediaPaused = false
    /// Packets whose time passed while media was paused.
    var packetsLeftOut = 0
    var isSilent = false
    var counts = Counts()
    /// The first sound that arrived after the caller's first.
    var soundAnswered: Moment?
    var firstCallerSound: Moment?
    var lastMoment = Moment.zero

    var scanner = JSONScanner()
    var bytes: [UInt8] = []
    var samples: [Int16] = []

    enum WaitingMessage: Sendable {
        case greeting, start, cleared, stop
        case key(KeypadEntry)
        case markReturned(String)
        case complaint(Complaint)
    }

    struct Counts: Sendable {
        var marks = 0
        var clears = 0
        var mediaMessages = 0
        /// How late caller audio left, at worst: the driver's own lateness, not the server's.
        var lateness = Duration.zero
        /// The same of the packet that was handed out last.
        var lastLateness: Duration?
    }

    /// Keys of the server's that are kept.
    static let maximumKeys = 1_000
    /// Clears whose moments are kept: one a second for a quarter of an hour.
    static let maximumClears = 1_000

    /// - Throws: ``UnsupportedFormat`` for a format that the provider does not document.
    public init(_ provider: PlayedProvider, _ identity: CallIdentity, _ options: SimulationOptions) throws(UnsupportedFormat) {
        for format in [options.inbound, options.outbound] where !provider.speaks(format) {
            throw UnsupportedFormat(provider: provider, format: format)
        }
        self.provider = provider
        self.identity = identity
        self.options = options
        dialect = provider.makeDialect(identity, options)
        playout = PlayoutModel(
            rate: options.outbound.rate, origin: .zero, jitterBuffer: options.jitterBuffer, heardLimit: options.heardLimit)
        speech = SpeechQueue(options.inbound, provider)
        if options.expectsEcho {
            echo = EchoMeter(
                inbound: options.inbound.rate, outbound: options.outbound.rate, lateAfter: options.lateAfter,
                signature: options.signature)
        }
    }

    /// The call is answered and the connection stands. Caller audio flows from here on, silence when nothing is said.
    public mutating func start(at now: Moment) {
        precondition(ending == .notStarted, "a simulated call starts once")
        ending = .up
        origin = now
        lastMoment = now
        playout = PlayoutModel(
            rate: options.outbound.rate, origin: now, jitterBuffer: options.jitterBuffer, heardLimit: options.heardLimit)
        waiting = [.greeting, .start]
    }

    /// The caller says something, after all that was said before.
    ///
    /// - Parameter audio: at the rate of the inbound format.
    public mutating func speak(_ audio: PCM16) { speech.append(CallerSpeech(audio, as: options.inbound, for: provider)) }

    /// The caller says something that was prepared, and may be shared by many calls.
    public mutating func speak(_ prepared: CallerSpeech) {
        precondition(
            prepared.provider == provider && prepared.format == options.inbound,
            "speech prepared for \(prepared.provider.rawValue) at \(prepared.format)")
        speech.append(prepared)
    }

    /// Whether the caller still has something to say.
    public var isSpeaking: Bool { !speech.isEmpty }

    /// The caller presses a key. Several calls press several, in order.
    public mutating func press(_ key: KeypadEntry) {
        if ending == .up { waiting.append(.key(key)) }
    }

    /// The caller hangs up: the provider's last message, where it has one, then the close.
    public mutating func hangUp() {
        guard ending == .up else { return }
        ending = .callerHungUp
        isClosing = true
        waiting.append(.stop)
    }

    /// How late the packet that was handed out last left, once; `nil` when the last message was none.
    public mutating func takeLateness() -> Duration? {
        defer { counts.lastLateness = nil }
        return counts.lastLateness
    }

    /// Round trips are measured of packets that leave within this time.
    public mutating func measure(_ window: Range<Moment>) { echo?.window = window }

    /// The caller says nothing more, and the provider sends silence, as it does until the end of a real call.
    ///
    /// The silence is not expected back. It carries with it what an echo held back in filters and chunks: half a second later a packet
    /// without an answer is lost and not under way.
    public mutating func fallSilent() { isSilent = true }

    /// No more caller audio is sent, not even silence; the stream stays up.
    ///
    /// An echo then sends back what it still holds: half a second later a packet without an answer is lost and not under way.
    public mutating func endMedia() { isMediaOver = true }

    /// The connection breaks on this side. Nothing more is sent, and the server is told nothing.
    public mutating func drop(at now: Moment) {
        guard ending == .up else { return }
        ending = .dropped
        finish(at: now)
    }

    /// The server closed the connection, or it broke.
    public mutating func connectionClosed(at now: Moment) {
        if ending == .up { ending = .serverClosed }
        finish(at: now)
    }

    /// What the caller has heard until the last moment this value was told, from the start of the stream, with silence where nothing
    /// played. At the rate of the outbound format.
    public var heard: PCM16 { PCM16(samples: playout.heard, rate: playout.rate) }

    /// Stretches of ``heard`` in which nothing played, because nothing was there. Units: samples. What the server sent is the rest.
    public var unplayed: [Range<Int>] { playout.unplayed }

    /// Audio that the provider holds and has not played.
    public var buffered: Duration { playout.rate.time(of: playout.queued) }

    /// The call is over: what is known now is final.
    mutating func finish(at now: Moment) {
        playout.advance(to: now)
        lastMoment = max(lastMoment, now)
        echo?.finish(at: now)
        waiting = []
        swapped = nil
        isClosing = false
    }
}

/// When the caller said one thing, from the start of the stream.
public struct SpokenSpan: Equatable, Sendable {
    public let start: Duration
    public let end: Duration

    public init(start: Duration, end: Duration) {
        self.start = start
        self.end = end
    }
}
