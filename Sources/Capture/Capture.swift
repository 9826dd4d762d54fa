import Call
import Wire

/// One call as data: what it was, and every message in the order in which it went over the socket.
public struct Capture: Sendable {
    /// Why a capture ends before its call does.
    public enum Cut: String, CaseIterable, Sendable {
        /// Messages came faster than they were written.
        case backlog
        /// ``CaptureLimits/largestFile`` or ``CaptureLimits/mostEntries`` was reached.
        case size
        /// A message was longer than any that may come (``CaptureLimits/longestLine``).
        case line
    }

    public var header: CaptureHeader
    public var entries: [CaptureEntry]
    /// The last line stops in the middle: the program was killed while it wrote. That line is left out.
    public var isTorn: Bool
    /// The call went on after the last entry; `nil` when it did not, or nobody could say so any more.
    public var cut: Cut?

    public init(header: CaptureHeader, entries: [CaptureEntry], isTorn: Bool = false, cut: Cut? = nil) {
        self.header = header
        self.entries = entries
        self.isTorn = isTorn
        self.cut = cut
    }
}

/// The first line of a capture.
public struct CaptureHeader: Equatable, Sendable {
    /// The version that this build writes.
    public static let version = 1

    /// What was kept of audio.
    public enum AudioKept: String, CaseIterable, Sendable {
        /// Every sample.
        case full
        /// Noise of the same level, message by message.
        case noise
        /// The number of bytes.
        case none
    }

    public var provider: ProviderName
    /// Wall clock at time zero of the entries. Units: microseconds since 1970 UTC.
    public var startedAt: Int64
    public var inbound: MediaFormat
    public var outbound: MediaFormat
    public var bot: String
    /// Version of the program that wrote the capture.
    public var build: String
    public var audio: AudioKept
    /// Whether pressed keys were written as they were; else each is written as `0`.
    public var keepsKeys: Bool
    /// What the bot was told about the call beside the stream's own messages; ids hashed, numbers and secrets masked.
    public var call: JSONValue

    public init(
        provider: ProviderName, startedAt: Int64, inbound: MediaFormat, outbound: MediaFormat, bot: String, build: String,
        audio: AudioKept = .full, keepsKeys: Bool = false, call: JSONValue = .object([:])
    ) {
        self.provider = provider
        self.startedAt = startedAt
        self.inbound = inbound
        self.outbound = outbound
        self.bot = bot
        self.build = build
        self.audio = audio
        self.keepsKeys = keepsKeys
        self.call = call
    }
}

/// One line of a capture after the first.
public struct CaptureEntry: Equatable, Sendable {
    public enum Direction: String, Sendable {
        /// From the provider.
        case inward = "in"
        /// To the provider.
        case outward = "out"
    }

    public enum Content: Equatable, Sendable {
        /// A text message that is JSON, byte for byte as it was sent but for what is masked.
        case json([UInt8])
        /// A text message that is no JSON.
        case text(String)
        case binary([UInt8])
        /// The socket was closed with this code from this side; `nil`: it broke.
        case close(code: UInt16?)
        /// Inward: the program itself ended the call (`DELETE /calls/{id}`, a drain). Outward: the call ended with this word.
        case end(Termination)
        /// Inward: the host's timer woke the call later than it should have (``late``). What left for it follows.
        case woken
    }

    /// Since the header's start. Units: microseconds.
    public var time: Int64
    public var direction: Direction
    public var content: Content
    /// How late the host was here: since the moment at which the call had wanted to be woken. 0 under ``CaptureLimits/leastLate``.
    ///
    /// - Units: microseconds.
    public var late: Int64

    public init(at time: Int64, _ direction: Direction, _ content: Content, late: Int64 = 0) {
        self.time = time
        self.late = late
        self.direction = direction
        self.content = content
    }
}
