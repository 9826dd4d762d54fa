import Audio
import Call
import Wire

/// One Plivo stream, as its `start` describes it.
struct PlivoStream {
    let id: String
    let format: MediaFormat
    /// A `playAudio` message up to its payload.
    let audioPrefix: [UInt8]

    init(id: String, format: MediaFormat) {
        self.id = id
        self.format = format
        let type = format.encoding == .muLaw ? "audio/x-mulaw" : "audio/x-l16"
        audioPrefix = Array(
            #"{"event":"playAudio","media":{"contentType":"\#(type)","sampleRate":\#(format.rate.hertz),"payload":""#.utf8)
    }

    static let audioSuffix = Array(#""}}"#.utf8)
}

/// How Plivo spells its messages.
///
/// Source: Plivo, *Audio streaming protocol reference*; the models of plivo-stream-sdk 0.1.1.
enum PlivoMessage {
    /// Whether the message is a `start` with the ids that only Plivo spells so.
    static func opens(_ message: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard let root = try? scanner.scanObject(message), let event = scanner.member("event", of: root, in: message),
            scanner.equals(event, "start", in: message), let start = scanner.member("start", of: root, in: message)
        else { return false }
        return scanner.text("streamId", of: start, in: message) != nil && scanner.text("callId", of: start, in: message) != nil
    }

    /// Reads `start`.
    static func start(
        _ root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> (StreamStart, PlivoStream) {
        let start = try scanner.object("start", of: root, in: message, at: "start")
        let id = try scanner.text("streamId", of: start, in: message, at: "start.streamId")
        let format = try format(of: start, scanner, message)
        let parameters = try ExtraHeaders.parameters(of: root, scanner, message)
        return (
            StreamStart(
                provider: PlivoDialect.name, streamID: id, callID: scanner.text("callId", of: start, in: message),
                accountID: scanner.text("accountId", of: start, in: message),
                from: parameters["from_number"].map { PhoneNumber($0) }, to: parameters["to_number"].map { PhoneNumber($0) },
                parameters: parameters, inbound: format, outbound: format),
            PlivoStream(id: id, format: format)
        )
    }

    /// `audio/x-mulaw` at 8 kHz, `audio/x-l16` at 8, 16 or 24 kHz. The rate stands in `sampleRate`, in some starts behind the type.
    ///
    /// Left out, the format is the one that our answer document asks for: mu-law at 8 kHz.
    private static func format(
        of start: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> MediaFormat {
        guard let format = scanner.member("mediaFormat", of: start, in: message), format.kind != .null else { return .muLaw8000 }
        guard format.kind == .object else { throw WireError(.wrongType, at: "start.mediaFormat") }
        let type = (scanner.text("encoding", of: format, in: message) ?? "audio/x-mulaw").lowercased()
        let encoding = type.prefix { $0 != ";" }.filter { !$0.isWhitespace }
        let parameter = type.firstRange(of: "rate=").map { String(type[$0.upperBound...]) }
        let hertz = Int(scanner.text("sampleRate", of: format, in: message) ?? parameter ?? "8000")
        switch (encoding, hertz) {
        case ("audio/x-mulaw", 8_000): return .muLaw8000
        case ("audio/x-l16", 8_000): return MediaFormat(.linear16, .hz8000)
        case ("audio/x-l16", 16_000): return MediaFormat(.linear16, .hz16000)
        case ("audio/x-l16", 24_000): return MediaFormat(.linear16, .hz24000)
        default: throw WireError(.unsupportedFormat, at: "start.mediaFormat")
        }
    }

    /// Writes a command. Plivo has a message for each.
    static func encode(_ command: CallCommand, of stream: PlivoStream, into message: inout MessageBuffer) {
        message.reset(.text)
        switch command {
        case .mark(let name):
            JSONText.raw(#"{"event":"checkpoint","streamId":"#, into: &message.storage)
            JSONText.string(stream.id, into: &message.storage)
            JSONText.raw(#","name":"#, into: &message.storage)
            JSONText.string(name, into: &message.storage)
        case .clear:
            JSONText.raw(#"{"event":"clearAudio","streamId":"#, into: &message.storage)
            JSONText.string(stream.id, into: &message.storage)
        case .keys(let keys):
            JSONText.raw(#"{"event":"sendDTMF","dtmf":"#, into: &message.storage)
            JSONText.string(keys.map(\.rawValue).joined(), into: &message.storage)
        }
        message.storage.append(UInt8(ascii: "}"))
    }
}
