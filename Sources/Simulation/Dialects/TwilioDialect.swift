import Call
import Wire

/// Twilio's side of a bidirectional media stream.
///
/// Source: Twilio, "Media Streams - WebSocket messages". All numbers are strings, but those of `mediaFormat`;
/// `sequenceNumber` counts from "1" with `start`; `connected` has none.
struct TwilioDialect: SimulatedDialect {
    let identity: CallIdentity
    /// Warning 31951, "Stream - Protocol - Invalid Message".
    private let text = ServerText(code: 31951, title: "invalid message")
    private let mediaHead: [UInt8]
    private let mediaStream: [UInt8]

    init(_ identity: CallIdentity) {
        self.identity = identity
        mediaHead = Array(#"{"event":"media","sequenceNumber":"#.utf8)
        var bytes = Array(#","streamSid":"#.utf8)
        bytes.string(identity.streamID)
        bytes.raw(#","media":{"track":"inbound","chunk":"#)
        mediaStream = bytes
    }

    var clearStyle: ClearStyle { .returnsMarks }
    /// Twilio documents no limit; ten minutes hold any message a bot speaks and keep a runaway bot from taking the memory.
    var playoutLimit: Duration { .seconds(600) }

    func greeting(into message: inout [UInt8]) -> Bool {
        message.raw(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
        return true
    }

    func start(_ stamp: Stamp, into message: inout [UInt8]) {
        open("start", stamp, into: &message)
        message.raw(#","start":{"accountSid":"#)
        message.string(identity.accountID)
        message.raw(#","streamSid":"#)
        message.string(identity.streamID)
        message.raw(#","callSid":"#)
        message.string(identity.callID)
        message.raw(
            #","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":"#)
        message.object(identity.sortedParameters)
        message.raw("}}")
    }

    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind {
        message.append(contentsOf: mediaHead)
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
        message.raw(#","dtmf":{"track":"inbound_track","digit":"#)
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

    func stop(_ stamp: Stamp, into message: inout [UInt8]) -> Bool {
        open("stop", stamp, into: &message)
        message.raw(#","stop":{"accountSid":"#)
        message.string(identity.accountID)
        message.raw(#","callSid":"#)
        message.string(identity.callID)
        message.raw("}}")
        return true
    }

    private func open(_ event: String, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"#)
        message.string(event)
        message.raw(#","sequenceNumber":"#)
        message.quoted(stamp.sequence)
        message.raw(#","streamSid":"#)
        message.string(identity.streamID)
    }

    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage {
        let root = try text.open(message, kind, &scanner)
        let event = try text.text("event", of: root, message, scanner)
        switch event {
        case "media":
            try text.own("streamSid", identity.streamID, of: root, message, scanner)
            let media = try text.object("media", of: root, message, scanner)
            try text.payload(of: media, message, scanner, into: &audio)
            refuseStrangers(in: root, ["event", "streamSid", "media"], message, scanner, &warnings)
            refuseStrangers(in: media, ["payload"], message, scanner, &warnings)
            return .audio
        case "mark":
            try text.own("streamSid", identity.streamID, of: root, message, scanner)
            let mark = try text.object("mark", of: root, message, scanner)
            refuseStrangers(in: root, ["event", "streamSid", "mark"], message, scanner, &warnings)
            refuseStrangers(in: mark, ["name"], message, scanner, &warnings)
            return .mark(try text.text("name", of: mark, message, scanner))
        case "clear":
            try text.own("streamSid", identity.streamID, of: root, message, scanner)
            refuseStrangers(in: root, ["event", "streamSid"], message, scanner, &warnings)
            return .clear
        default: throw text.objection("event is none that Twilio knows")
        }
    }

    /// Twilio warns of every member that it does not expect.
    private func refuseStrangers(
        in object: JSONScanner.Node, _ known: [String], _ message: Span<UInt8>, _ scanner: JSONScanner,
        _ warnings: inout ComplaintList
    ) {
        if let name = scanner.stranger(in: object, besides: known, message) {
            warnings.add(text.objection("\(name) is not expected"))
        }
    }
}
