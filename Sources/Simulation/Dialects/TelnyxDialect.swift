import Audio
import Call
import Wire

/// Telnyx's side of a bidirectional RTP stream.
///
/// Source: Telnyx, "Media streaming over WebSockets" and its AsyncAPI page. `stream_id` stands at the top level, never inside
/// `start`, and no client message carries one; `sequence_number`, `chunk` and `timestamp` are strings, `media_format` has numbers.
struct TelnyxDialect: SimulatedDialect {
    let identity: CallIdentity
    let inbound: MediaFormat
    let outbound: MediaFormat
    private let malformed = ServerText(code: 100_003, title: "malformed_frame")
    private let invalidMedia = ServerText(code: 100_004, title: "invalid_media")
    private let mediaStream: [UInt8]

    init(_ identity: CallIdentity, _ options: SimulationOptions) {
        self.identity = identity
        inbound = options.inbound
        outbound = options.outbound
        var bytes = Array(#","stream_id":"#.utf8)
        bytes.string(identity.streamID)
        bytes.raw(#","media":{"track":"inbound","chunk":"#)
        mediaStream = bytes
    }

    var clearStyle: ClearStyle { .returnsMarks }
    /// Telnyx documents no limit; ten minutes are twenty of the longest messages it takes.
    var playoutLimit: Duration { .seconds(600) }
    var answersComplaints: Bool { true }

    /// The audio one message may carry in RTP mode. Units: milliseconds.
    private static let messageMilliseconds = 20...30_000

    func greeting(into message: inout [UInt8]) -> Bool {
        message.raw(#"{"event":"connected","version":"1.0.0"}"#)
        return true
    }

    func start(_ stamp: Stamp, into message: inout [UInt8]) {
        open("start", stamp, into: &message)
        // The user is no account that a serializer reads; any UUID will do.
        message.raw(#","start":{"user_id":"#)
        message.string(identity.accountID)
        message.raw(#","call_control_id":"#)
        message.string(identity.callID)
        message.raw(#","call_session_id":"#)
        message.string(identity.streamID)
        message.raw(#","from":"#)
        message.string(identity.from.exposed)
        message.raw(#","to":"#)
        message.string(identity.to.exposed)
        message.raw(#","tags":[],"client_state":"","custom_parameters":"#)
        message.object(identity.sortedParameters)
        message.raw(#","media_format":{"encoding":"#)
        message.string(Self.encodingName(inbound.encoding))
        message.raw(#","sample_rate":"#)
        JSONText.integer(inbound.rate.hertz, into: &message)
        message.raw(#","channels":1}}}"#)
    }

    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind {
        message.raw(#"{"event":"media","sequence_number":"#)
        message.quoted(stamp.sequence)
        message.append(contentsOf: mediaStream)
        message.quoted(stamp.chunk)
        message.raw(#","timestamp":"#)
        message.quoted(stamp.milliseconds)
        message.raw(#","payload":""#)
        message.append(contentsOf: payload)
        message.raw(#""}}"#)
        return .text
    }

    func key(_ key: KeypadEntry, _ stamp: Stamp, into message: inout [UInt8]) {
        open("dtmf", stamp, into: &message)
        message.raw(#","occurred_at":"#)
        message.string(WallTime.text(milliseconds: identity.epochMilliseconds + Int64(stamp.milliseconds)))
        message.raw(#","dtmf":{"digit":"#)
        message.string(key.rawValue)
        message.raw("}}")
    }

    func markReturned(_ name: String, _ stamp: Stamp, into message: inout [UInt8]) {
        open("mark", stamp, into: &message)
        message.raw(#","mark":{"name":"#)
        message.string(name)
        message.raw("}}")
    }

    func cleared(_ stamp: Stamp, into message: inout [UInt8]) -> Bool { false }

    func complaint(_ complaint: Complaint, into message: inout [UInt8]) {
        message.raw(#"{"event":"error","stream_id":"#)
        message.string(identity.streamID)
        message.raw(#","payload":{"code":"#)
        JSONText.integer(complaint.code ?? 100_002, into: &message)
        message.raw(#","title":"#)
        message.string(complaint.title ?? "unknown_error")
        message.raw(#","detail":"#)
        message.string(complaint.words)
        message.raw("}}")
    }

    func stop(_ stamp: Stamp, into message: inout [UInt8]) -> Bool {
        open("stop", stamp, into: &message)
        message.raw(#","stop":{"user_id":"#)
        message.string(identity.accountID)
        message.raw(#","call_control_id":"#)
        message.string(identity.callID)
        message.raw("}}")
        return true
    }

    private func open(_ event: String, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"#)
        message.string(event)
        message.raw(#","sequence_number":"#)
        message.quoted(stamp.sequence)
        message.raw(#","stream_id":"#)
        message.string(identity.streamID)
    }

    private static func encodingName(_ encoding: MediaEncoding) -> String {
        switch encoding {
        case .muLaw: "PCMU"
        case .aLaw: "PCMA"
        case .linear16, .linear16BigEndian: "L16"
        }
    }

    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage {
        let root = try malformed.open(message, kind, &scanner)
        if scanner.member("stream_id", of: root, in: message) != nil {
            // Whether Telnyx tolerates the key is not known; it documents none.
            warnings.add(Complaint("stream_id is not expected in a client message"))
        }
        switch try malformed.text("event", of: root, message, scanner) {
        case "media":
            let media = try malformed.object("media", of: root, message, scanner)
            try invalidMedia.payload(of: media, message, scanner, into: &audio)
            try checkLength(audio.count)
            return .audio
        case "mark":
            let mark = try malformed.object("mark", of: root, message, scanner)
            return .mark(try malformed.text("name", of: mark, message, scanner))
        case "clear": return .clear
        default: throw malformed.objection("event is none that Telnyx knows")
        }
    }

    private func checkLength(_ bytes: Int) throws(Complaint) {
        guard bytes.isMultiple(of: outbound.encoding.bytesPerSample) else {
            throw invalidMedia.objection("media.payload ends in half a sample")
        }
        let nanoseconds = outbound.rate.nanoseconds(ofSamples: bytes / outbound.encoding.bytesPerSample)
        let allowed = Self.messageMilliseconds
        guard nanoseconds >= Int64(allowed.lowerBound) * 1_000_000, nanoseconds <= Int64(allowed.upperBound) * 1_000_000 else {
            throw invalidMedia.objection("media.payload holds \(nanoseconds / 1_000_000) ms, allowed are 20 ms to 30 s")
        }
    }
}
