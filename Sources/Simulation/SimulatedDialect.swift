import Audio
import Call
import Wire

/// How one provider spells its side of a stream and what it accepts, written from the provider's documents and from nothing else.
///
/// A dialect keeps no state: what counts and what time it is comes with ``Stamp``.
protocol SimulatedDialect: Sendable {
    /// What `clear` does to audio and marks.
    var clearStyle: ClearStyle { get }
    /// Most audio that waits to be played; what comes past it is dropped with a complaint.
    var playoutLimit: Duration { get }
    /// Whether the provider sends its complaints back on the stream.
    var answersComplaints: Bool { get }

    /// The message in front of `start`. Returns `false` where there is none.
    func greeting(into message: inout [UInt8]) -> Bool
    /// The message that describes the stream.
    func start(_ stamp: Stamp, into message: inout [UInt8])
    /// One packet of the caller's audio; the payload as ``CallerSpeech`` holds it. Returns the kind of the message.
    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind
    func key(_ key: KeypadEntry, _ stamp: Stamp, into message: inout [UInt8])
    /// The confirmation that all audio before a mark was played.
    func markReturned(_ name: String, _ stamp: Stamp, into message: inout [UInt8])
    /// The confirmation of a clear. Returns `false` where there is none.
    func cleared(_ stamp: Stamp, into message: inout [UInt8]) -> Bool
    /// A complaint as a message. Called when ``answersComplaints``.
    func complaint(_ complaint: Complaint, into message: inout [UInt8])
    /// The last message. Returns `false` where the connection just closes.
    func stop(_ stamp: Stamp, into message: inout [UInt8]) -> Bool

    /// Reads what the server sent.
    ///
    /// - Parameters:
    ///   - audio: receives the bytes of audio, without base64.
    ///   - warnings: receives what the provider objects to and uses all the same.
    /// - Throws: the complaint about a message that the provider does not use.
    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage
}

extension SimulatedDialect {
    var answersComplaints: Bool { false }
    func complaint(_ complaint: Complaint, into message: inout [UInt8]) {}
}

/// What the provider does about `clear`.
enum ClearStyle: Sendable {
    /// All audio goes; marks that waited for it come back (Twilio, Telnyx).
    case returnsMarks
    /// All audio goes and its marks with it; one message says so (Plivo, Vonage).
    case confirms
    /// The message whose audio is playing plays to its end; the rest goes, its marks with it, and nothing is said (Exotel, which
    /// documents no fate of the marks: a server must not wait for them).
    case keepsPlayingMessage
}

/// A message of the server's, understood.
enum ServerMessage: Equatable {
    case audio
    /// The mark's name; for Vonage the notify payload as it was spelt.
    case mark(String)
    case clear
    case keys([KeypadEntry])
}

/// Numbers that a message carries.
struct Stamp: Equatable, Sendable {
    /// Counts the messages that carry a number, 1 for `start`.
    var sequence = 0
    /// Counts the packets of caller audio from 1.
    var chunk = 0
    /// Audio time at the end of the packet, or time of the event. Units: milliseconds since the stream's start.
    var milliseconds = 0
}
