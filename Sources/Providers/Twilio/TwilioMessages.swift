import Audio
import Call
import Wire

/// One Twilio stream, as its `start` describes it.
struct TwilioStream {
    let id: String
    /// A `media` message up to its payload.
    let audioPrefix: [UInt8]

    init(id: String) {
        self.id = id
        var prefix = Array(#"{"event":"media","streamSid":"#.utf8)
        JSONText.string(id, into: &prefix)
        JSONText.raw(#","media":{"payload":""#, into: &prefix)
        audioPrefix = prefix
    }

    static let audioSuffix = Array(#""}}"#.utf8)
}

/// How Twilio spells its messages.
///
/// Source: Twilio, *Media Streams: WebSocket messages*.
enum TwilioMessage {
    /// Whether the message is a `start` with the ids that Twilio spells so. Raw samples under these names are another provider's.
    static func opens(_ message: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard let root = try? scanner.scanObject(message), let event = scanner.member("event", of: root, in: message),
            scanner.equals(event, "start", in: message), let start = scanner.member("start", of: root, in: message),
            scanner.text("callSid", of: start, in: message) != nil, streamID(root, start, scanner, message) != nil
        else { return false }
        guard let format = scanner.member("mediaFormat", of: start, in: message),
            let encoding = scanner.text("encoding", of: format, in: message)?.lowercased()
        else { return true }
        return encoding != "audio/x-raw" && encoding != "raw"
    }

    /// Reads `start`. Only the stream's id must be there: emulators send no more than the two ids.
    static func start(
        _ root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> StreamStart {
        let start = try scanner.object("start", of: root, in: message, at: "start")
        guard let id = streamID(root, start, scanner, message) else { throw WireError(.missing, at: "start.streamSid") }
        try checkFormat(of: start, scanner, message)
        var parameters: [String: String] = [:]
        if let custom = scanner.member("customParameters", of: start, in: message) {
            parameters = try scanner.strings(custom, in: message, at: "start.customParameters")
        }
        return StreamStart(
            provider: TwilioDialect.name, streamID: id, callID: scanner.text("callSid", of: start, in: message),
            accountID: scanner.text("accountSid", of: start, in: message),
            from: parameters["from_number"].map { PhoneNumber($0) }, to: parameters["to_number"].map { PhoneNumber($0) },
            parameters: parameters, inbound: .muLaw8000, outbound: .muLaw8000)
    }

    /// Inside `start`, and at the top of every message.
    private static func streamID(
        _ root: JSONScanner.Node, _ start: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) -> String? {
        scanner.text("streamSid", of: start, in: message) ?? scanner.text("streamSid", of: root, in: message)
    }

    /// `audio/x-mulaw`, 8000, one channel: the only format there is. What is left out counts as that.
    private static func checkFormat(
        of start: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) {
        guard let format = scanner.member("mediaFormat", of: start, in: message), format.kind != .null else { return }
        guard format.kind == .object else { throw WireError(.wrongType, at: "start.mediaFormat") }
        let encoding = scanner.text("encoding", of: format, in: message)?.lowercased() ?? "audio/x-mulaw"
        let rate = scanner.text("sampleRate", of: format, in: message) ?? "8000"
        let channels = scanner.text("channels", of: format, in: message) ?? "1"
        guard encoding == "audio/x-mulaw", rate == "8000", channels == "1" else {
            throw WireError(.unsupportedFormat, at: "start.mediaFormat")
        }
    }

    /// Writes a command with exactly the documented keys: Twilio warns (31951) about every other. It has no message for keys.
    static func encode(_ command: CallCommand, streamID: String, into message: inout MessageBuffer) -> Bool {
        switch command {
        case .mark(let name):
            message.reset(.text)
            JSONText.raw(#"{"event":"mark","streamSid":"#, into: &message.storage)
            JSONText.string(streamID, into: &message.storage)
            JSONText.raw(#","mark":{"name":"#, into: &message.storage)
            JSONText.string(name, into: &message.storage)
            JSONText.raw("}}", into: &message.storage)
        case .clear:
            message.reset(.text)
            JSONText.raw(#"{"event":"clear","streamSid":"#, into: &message.storage)
            JSONText.string(streamID, into: &message.storage)
            JSONText.raw("}", into: &message.storage)
        case .keys:
            return false
        }
        return true
    }
}
