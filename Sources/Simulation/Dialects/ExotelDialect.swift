import Audio
import Call
import Wire

/// Exotel's side of a Voicebot stream.
///
/// Source: Exotel, "Stream and Voicebot applet" and "AgentStream protocol". The pages differ in types: the protocol page shows strings
/// (the usual form here), the applet page numbers (``SimulationOptions/numericFields``).
struct ExotelDialect: SimulatedDialect {
    let identity: CallIdentity
    let inbound: MediaFormat
    let outbound: MediaFormat
    private let numericFields: Bool
    private let text = ServerText()

    init(_ identity: CallIdentity, _ options: SimulationOptions) {
        self.identity = identity
        inbound = options.inbound
        outbound = options.outbound
        numericFields = options.numericFields
    }

    var clearStyle: ClearStyle { .keepsPlayingMessage }
    /// Exotel documents no limit; ten minutes hold any message a bot speaks.
    var playoutLimit: Duration { .seconds(600) }

    /// Raw bytes of one media message.
    private static let chunkBytes = 3_200...100_000
    /// What a chunk must be a multiple of. Units: bytes.
    static let chunkStep = 320

    func greeting(into message: inout [UInt8]) -> Bool {
        message.raw(#"{"event":"connected"}"#)
        return true
    }

    func start(_ stamp: Stamp, into message: inout [UInt8]) {
        open("start", stamp, into: &message)
        message.raw(#","start":{"stream_sid":"#)
        message.string(identity.streamID)
        message.raw(#","call_sid":"#)
        message.string(identity.callID)
        message.raw(#","account_sid":"#)
        message.string(identity.accountID)
        message.raw(#","from":"#)
        message.string(identity.from.exposed)
        message.raw(#","to":"#)
        message.string(identity.to.exposed)
        message.raw(#","custom_parameters":"#)
        message.object(identity.sortedParameters)
        message.raw(#","media_format":{"encoding":"audio/x-raw","sample_rate":"#)
        number(inbound.rate.hertz, into: &message)
        message.raw(#","bit_rate":"#)
        number(16, into: &message)
        message.raw("}}}")
    }

    func media(_ payload: [UInt8], _ stamp: Stamp, into message: inout [UInt8]) -> MessageKind {
        open("media", stamp, into: &message)
        message.raw(#","media":{"chunk":"#)
        number(stamp.chunk, into: &message)
        message.raw(#","timestamp":"#)
        number(stamp.milliseconds, into: &message)
        message.raw(#","payload":""#)
        message.append(contentsOf: payload)
        message.raw(#""}}"#)
        return .text
    }

    func key(_ key: KeypadEntry, _ stamp: Stamp, into message: inout [UInt8]) {
        open("dtmf", stamp, into: &message)
        message.raw(#","dtmf":{"digit":"#)
        message.string(key.rawValue)
        message.raw(#","duration":"#)
        number(100, into: &message)
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
        message.raw(#","stop":{"call_sid":"#)
        message.string(identity.callID)
        message.raw(#","account_sid":"#)
        message.string(identity.accountID)
        message.raw(#","reason":"callended"}}"#)
        return true
    }

    private func open(_ event: String, _ stamp: Stamp, into message: inout [UInt8]) {
        message.raw(#"{"event":"#)
        message.string(event)
        message.raw(#","sequence_number":"#)
        number(stamp.sequence, into: &message)
        message.raw(#","stream_sid":"#)
        message.string(identity.streamID)
    }

    private func number(_ value: Int, into message: inout [UInt8]) {
        if numericFields { JSONText.integer(value, into: &message) } else { message.quoted(value) }
    }

    func read(
        _ message: Span<UInt8>, _ kind: MessageKind, with scanner: inout JSONScanner, audio: inout [UInt8],
        warnings: inout ComplaintList
    ) throws(Complaint) -> ServerMessage {
        let root = try text.open(message, kind, &scanner)
        let event = try text.text("event", of: root, message, scanner)
        // Exotel's own sample bridges send the camelCase spelling, its documents the other.
        let isCamelCase = scanner.member("streamSid", of: root, in: message) != nil
        try text.own(isCamelCase ? "streamSid" : "stream_sid", identity.streamID, of: root, message, scanner)
        switch event {
        case "media":
            let media = try text.object("media", of: root, message, scanner)
            try text.payload(of: media, message, scanner, into: &audio)
            checkChunk(&audio, &warnings)
            return .audio
        case "mark":
            let mark = try text.object("mark", of: root, message, scanner)
            return .mark(try text.text("name", of: mark, message, scanner))
        case "clear": return .clear
        default: throw Complaint("event is none that Exotel knows")
        }
    }

    /// A chunk of a wrong size is played, with gaps: a short tail takes a whole slot.
    private func checkChunk(_ audio: inout [UInt8], _ warnings: inout ComplaintList) {
        let count = audio.count
        if count < Self.chunkBytes.lowerBound { warnings.add(Complaint("a chunk of \(count) bytes, the minimum is 3200")) }
        if count > Self.chunkBytes.upperBound { warnings.add(Complaint("a chunk of \(count) bytes, the maximum is 100000")) }
        let tail = count % Self.chunkStep
        if tail != 0 {
            warnings.add(Complaint("a chunk of \(count) bytes, which is no multiple of 320"))
            audio.append(contentsOf: repeatElement(0, count: Self.chunkStep - tail))
        }
    }
}
