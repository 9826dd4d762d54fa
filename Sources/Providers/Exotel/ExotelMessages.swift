import Audio
import Call
import Wire

/// One Exotel stream, as its `start` describes it.
struct ExotelStream {
    let id: String
    let rate: SampleRate
    /// A `media` message up to its payload.
    let audioPrefix: [UInt8]

    init(id: String, rate: SampleRate) {
        self.id = id
        self.rate = rate
        var prefix = Array(#"{"event":"media","stream_sid":"#.utf8)
        JSONText.string(id, into: &prefix)
        prefix.append(contentsOf: #","media":{"payload":""#.utf8)
        audioPrefix = prefix
    }

    static let audioSuffix = Array(#""}}"#.utf8)

    /// Exotel wants at least 3,200 bytes a message and a multiple of 320; every message here is the least one.
    static let chunkBytes = 3_200
    static let chunkSamples = chunkBytes / 2

    /// The caller's audio comes in frames of so long. An echo of it is no pause before the next one is late by two small frames.
    static let callerFrame = Duration.milliseconds(100)

    /// One chunk at a time, the next one sent 20 ms before the one being played runs out, so that jitter of a frame makes no gap:
    /// 220 ms ahead at 8 kHz, 120 ms at 16 kHz, 86.7 ms at 24 kHz.
    ///
    /// Marks confirm playback; whether those that wait return after a `clear` is not documented, so nobody may wait for them.
    static func playout(at rate: SampleRate) -> PlayoutProfile {
        PlayoutProfile(
            packetSamples: chunkSamples, lead: .nanoseconds(rate.nanoseconds(ofSamples: chunkSamples)) + .milliseconds(20),
            pause: callerFrame + .milliseconds(40), confirmsPlayback: true, clearFinishesPacket: true)
    }
}

/// How Exotel spells its messages. Ids in camel case are read too: Exotel's own sample bridges do.
///
/// Source: Exotel, *Stream and Voicebot applet* and *Voice streaming protocol*.
enum ExotelMessage {
    /// Whether the message is a `start` of Exotel's: a stream and a call id in snake case, or in camel case (which Twilio uses too) with
    /// an encoding that only Exotel names.
    static func opens(_ message: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard let root = try? scanner.scanObject(message), let event = scanner.member("event", of: root, in: message),
            scanner.equals(event, "start", in: message), let start = scanner.member("start", of: root, in: message)
        else { return false }
        if scanner.text("stream_sid", of: start, in: message) != nil, scanner.text("call_sid", of: start, in: message) != nil {
            return true
        }
        guard scanner.text("streamSid", of: start, in: message) != nil, scanner.text("callSid", of: start, in: message) != nil,
            let format = member(of: start, ["media_format", "mediaFormat"], scanner, message),
            let encoding = scanner.text("encoding", of: format, in: message)
        else { return false }
        return encoding == "audio/x-raw" || encoding == "raw"
    }

    /// Reads `start`.
    static func start(
        _ root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> (StreamStart, ExotelStream) {
        let start = try scanner.object("start", of: root, in: message, at: "start")
        func text(_ names: String...) -> String? {
            member(of: start, names, scanner, message).flatMap { scanner.text($0, in: message) }
        }
        guard let id = text("stream_sid", "streamSid") ?? scanner.text("stream_sid", of: root, in: message) else {
            throw WireError(.missing, at: "start.stream_sid")
        }
        let rate = try rate(member(of: start, ["media_format", "mediaFormat"], scanner, message), scanner, message)
        let format = MediaFormat(.linear16, rate)
        var parameters: [String: String] = [:]
        if let custom = member(of: start, ["custom_parameters", "customParameters"], scanner, message) {
            parameters = try scanner.strings(custom, in: message, at: "start.custom_parameters")
        }
        return (
            StreamStart(
                provider: ExotelDialect.name, streamID: id, callID: text("call_sid", "callSid"),
                accountID: text("account_sid", "accountSid"), from: text("from").map { PhoneNumber($0) },
                to: text("to").map { PhoneNumber($0) }, parameters: parameters, inbound: format, outbound: format),
            ExotelStream(id: id, rate: rate)
        )
    }

    /// 8 kHz when nothing is said. `encoding` has several names for 16-bit PCM (`audio/x-raw`, `raw`, …); only the name of another codec
    /// is refused, since it would be heard as noise.
    private static func rate(
        _ format: JSONScanner.Node?, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> SampleRate {
        guard let format, format.kind != .null else { return .hz8000 }
        guard format.kind == .object else { throw WireError(.wrongType, at: "start.media_format") }
        let encoding = (scanner.text("encoding", of: format, in: message) ?? "").lowercased()
        let isOtherCodec = ["ulaw", "mu-law", "alaw", "a-law", "pcmu", "pcma", "opus", "mp3", "mpeg", "g72"].contains {
            encoding.contains($0)
        }
        let rate = member(of: format, ["sample_rate", "sampleRate"], scanner, message)
        switch rate.map({ scanner.integer($0, in: message) }) ?? 8_000 {
        case 8_000? where !isOtherCodec: return .hz8000
        case 16_000? where !isOtherCodec: return .hz16000
        case 24_000? where !isOtherCodec: return .hz24000
        default: throw WireError(.unsupportedFormat, at: "start.media_format")
        }
    }

    /// The first of the names that the object has.
    private static func member(
        of object: JSONScanner.Node, _ names: [String], _ scanner: JSONScanner, _ message: Span<UInt8>
    ) -> JSONScanner.Node? {
        for name in names { if let node = scanner.member(name, of: object, in: message) { return node } }
        return nil
    }

    /// Writes a command.
    ///
    /// - Returns: `false` for keys, which Exotel has no message for.
    static func encode(_ command: CallCommand, of stream: ExotelStream, into message: inout MessageBuffer) -> Bool {
        switch command {
        case .mark(let name):
            open("mark", of: stream, into: &message)
            JSONText.raw(#","mark":{"name":"#, into: &message.storage)
            JSONText.string(name, into: &message.storage)
            JSONText.raw("}}", into: &message.storage)
        case .clear:
            open("clear", of: stream, into: &message)
            message.storage.append(UInt8(ascii: "}"))
        case .keys:
            return false
        }
        return true
    }

    private static func open(_ event: StaticString, of stream: ExotelStream, into message: inout MessageBuffer) {
        message.reset(.text)
        JSONText.raw(#"{"event":"\#(event)","stream_sid":"#, into: &message.storage)
        JSONText.string(stream.id, into: &message.storage)
    }
}
