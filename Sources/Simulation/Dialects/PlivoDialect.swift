import Audio
import Call
import Wire

/// Plivo's side of a bidirectional stream.
///
/// Source: Plivo, "Audio streaming: protocol reference" and the models of its stream SDK. There is no `connected` and no documented
/// `stop`; `sequenceNumber` and `chunk` are numbers, `timestamp` is a string of Unix milliseconds, and the `start` message has
/// `streamId` inside `start` only.
struct PlivoDialect: SimulatedDialect {
    let identity: CallIdentity
    let format: MediaFormat
    private let outbound: MediaFormat
    private let text = ServerText()
    private let extraHeaders: [UInt8]
    private let mediaStream: [UInt8]

    init(_ identity: CallIdentity, _ options: SimulationOptions) {
        self.identity = identity
        format = options.inbound
        outbound = options.outbound
        var headers = Array(#","extra_headers":"#.utf8)
        headers.string(identity.sortedParameters.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
        extraHeaders = headers
        var bytes = Array(#","streamId":"#.utf8)
        bytes.string(identity.streamID)
        mediaStream = bytes
    }

    var clearStyle: ClearStyle { .confirms }
    /// Plivo's guide names about 60 s, another of its pages 40 s.
    var playoutLimit: Duration { .seconds(60) }

    /// Plivo's largest WebSocket message. Units: bytes.
    private static let largestMessage = 65_536

    func greeting(into message: inout [UInt8]) -> Bool { false }

    func start(_ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"start","sequenceNumber":"#)
        JSONText.integer(stamp.sequence, into: &message)
        message.raw(#","start":{"callId":"#)
        message.string(identity.callID)
        message.append(contentsOf: mediaStream)
        message.raw(#","accountId":"#)
        message.string(identity.accountID)
        message.raw(#","tracks":["inbound"],"mediaFormat":{"encoding":"#)
        message.string(Self.contentType(format))
        message.raw(#","sampleRate":"#)
        JSONText.integer(format.rate.hertz, into: &message)
        message.raw("}}")
        message.append(contentsOf: extraHeaders)
        message.raw("}")
    }

    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind {
        open("media", stamp, into: &message)
        message.raw(#","media":{"track":"inbound","timestamp":"#)
        message.quoted(Int(identity.epochMilliseconds) + stamp.milliseconds)
        message.raw(#","chunk":"#)
        JSONText.integer(stamp.chunk, into: &message)
        message.raw(#","payload":""#)
        message.append(contentsOf: payload)
        message.raw(#""}"#)
        message.append(contentsOf: extraHeaders)
        message.raw("}")
        return .text
    }

    func key(_ key: KeypadEntry, _ stamp: Stamp, into message: inout [UInt8]) {
        open("dtmf", stamp, into: &message)
        message.raw(#","dtmf":{"track":"inbound","digit":"#)
        message.string(key.rawValue)
        message.raw(#","timestamp":"#)
        message.quoted(Int(identity.epochMilliseconds) + stamp.milliseconds)
        message.raw("}")
        message.append(contentsOf: extraHeaders)
        message.raw("}")
    }

    func markReturned(_ name: String, _ stamp: Stamp, into message: inout [UInt8]) {
        open("playedStream", stamp, into: &message)
        message.raw(#","name":"#)
        message.string(name)
        message.raw("}")
    }

    func cleared(_ stamp: Stamp, into message: inout [UInt8]) -> Bool {
        open("clearedAudio", stamp, into: &message)
        message.raw("}")
        return true
    }

    func stop(_ stamp: Stamp, into message: inout [UInt8]) -> Bool { false }

    private func open(_ event: String, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"#)
        message.string(event)
        message.raw(#","sequenceNumber":"#)
        JSONText.integer(stamp.sequence, into: &message)
        message.append(contentsOf: mediaStream)
    }

    private static func contentType(_ format: MediaFormat) -> String {
        format.encoding == .muLaw ? "audio/x-mulaw" : "audio/x-l16"
    }

    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage {
        guard message.count <= Self.largestMessage else {
            throw Complaint("a message of \(message.count) bytes, allowed are 65536")
        }
        let root = try text.open(message, kind, &scanner)
        switch try text.text("event", of: root, message, scanner) {
        case "playAudio":
            let media = try text.object("media", of: root, message, scanner)
            try checkFormat(of: media, message, scanner)
            try text.payload(of: media, message, scanner, into: &audio)
            return .audio
        case "checkpoint":
            try text.own("streamId", identity.streamID, of: root, message, scanner)
            return .mark(try text.text("name", of: root, message, scanner))
        case "clearAudio":
            try text.own("streamId", identity.streamID, of: root, message, scanner)
            return .clear
        case "sendDTMF":
            guard let keys = KeypadEntry.keys(in: try text.text("dtmf", of: root, message, scanner)) else {
                throw Complaint("dtmf holds a character that is no key")
            }
            return .keys(keys)
        default: throw Complaint("event is none that Plivo knows")
        }
    }

    /// Codec and rate must be those of the Stream element. The rate is a number in the reference and a string on two other pages.
    private func checkFormat(
        of media: JSONScanner.Node, _ message: Span<UInt8>, _ scanner: JSONScanner
    ) throws(Complaint) {
        let expected = Self.contentType(outbound)
        guard let type = scanner.member("contentType", of: media, in: message) else {
            throw Complaint("media.contentType is missing")
        }
        guard scanner.equals(type, expected, in: message) else {
            throw Complaint("media.contentType does not match the stream's \(expected)")
        }
        guard scanner.integer("sampleRate", of: media, in: message) == outbound.rate.hertz else {
            throw Complaint("media.sampleRate does not match the stream's \(outbound.rate.hertz)")
        }
    }
}
