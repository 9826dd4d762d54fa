import Audio
import Call
import Wire

/// How Telnyx spells its messages.
///
/// Source: Telnyx, *Media streaming over WebSockets*, guide and AsyncAPI page.
enum TelnyxMessage {
    static func opens(_ message: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard let root = try? scanner.scanObject(message), let event = scanner.member("event", of: root, in: message),
            scanner.equals(event, "start", in: message), let start = scanner.member("start", of: root, in: message)
        else { return false }
        return scanner.text("stream_id", of: root, in: message) != nil
            && scanner.text("call_control_id", of: start, in: message) != nil
    }

    /// Reads `start`.
    static func start(
        _ root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>, outbound: MediaFormat,
        linear16: LinearPCM.ByteOrder
    ) throws(WireError) -> StreamStart {
        let start = try scanner.object("start", of: root, in: message, at: "start")
        let id = try scanner.text("stream_id", of: root, in: message, at: "stream_id")
        return StreamStart(
            provider: TelnyxDialect.name, streamID: id, callID: scanner.text("call_control_id", of: start, in: message),
            accountID: scanner.text("user_id", of: start, in: message),
            from: scanner.text("from", of: start, in: message).flatMap { $0.isEmpty ? nil : PhoneNumber($0) },
            to: scanner.text("to", of: start, in: message).flatMap { $0.isEmpty ? nil : PhoneNumber($0) },
            parameters: try parameters(of: start, scanner, message),
            inbound: try format(of: start, scanner, message, linear16), outbound: outbound)
    }

    /// `PCMU` and `PCMA` at 8 kHz, `L16` at the rates that the resampler takes. What is left out counts as `PCMU` at 8 kHz.
    ///
    /// A leg in Europe is commonly `PCMA`, whatever codec we asked for in the other direction.
    private static func format(
        of start: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>, _ linear16: LinearPCM.ByteOrder
    ) throws(WireError) -> MediaFormat {
        guard let format = scanner.member("media_format", of: start, in: message), format.kind != .null else { return .muLaw8000 }
        guard format.kind == .object else { throw WireError(.wrongType, at: "start.media_format") }
        let encoding = scanner.text("encoding", of: format, in: message)?.uppercased() ?? "PCMU"
        let rate = try rate(of: format, scanner, message)
        guard scanner.text("channels", of: format, in: message) ?? "1" == "1" else {
            throw WireError(.unsupportedFormat, at: "start.media_format")
        }
        switch encoding {
        case "PCMU" where rate == .hz8000: return .muLaw8000
        case "PCMA" where rate == .hz8000: return MediaFormat(.aLaw, .hz8000)
        case "L16" where [.hz8000, .hz16000, .hz22050, .hz24000, .hz44100, .hz48000].contains(rate):
            return MediaFormat(linear16 == .littleEndian ? .linear16 : .linear16BigEndian, rate)
        default: throw WireError(.unsupportedFormat, at: "start.media_format")
        }
    }

    private static func rate(
        of format: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> SampleRate {
        guard scanner.text("sample_rate", of: format, in: message) != nil else { return .hz8000 }
        guard let hertz = scanner.integer("sample_rate", of: format, in: message), let rate = SampleRate(hertz: hertz) else {
            throw WireError(.unsupportedFormat, at: "start.media_format")
        }
        return rate
    }

    /// `custom_parameters`, as an object or as the list of names and values that `streaming_start` takes, and `client_state` (base64
    /// by Telnyx's rule; as it is when it is not).
    private static func parameters(
        of start: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> [String: String] {
        var parameters: [String: String] = [:]
        if let state = scanner.text("client_state", of: start, in: message), !state.isEmpty {
            parameters["client_state"] = Base64.bytes(state).flatMap { String(validating: $0, as: UTF8.self) } ?? state
        }
        guard let custom = scanner.member("custom_parameters", of: start, in: message) else { return parameters }
        for (name, value) in try scanner.strings(custom, in: message, at: "start.custom_parameters") { parameters[name] = value }
        guard custom.kind == .array else { return parameters }
        for pair in scanner.children(of: custom) {
            guard let name = scanner.text("name", of: pair, in: message), let value = scanner.text("value", of: pair, in: message)
            else { continue }
            guard parameters.count < JSONScanner.maximumMembers else { throw WireError(.tooLarge, at: "start.custom_parameters") }
            parameters[name] = value
        }
        return parameters
    }

    static let audioPrefix = Array(#"{"event":"media","media":{"payload":""#.utf8)
    static let audioSuffix = Array(#""}}"#.utf8)

    /// Writes a command. No message of ours names the stream; there is none for keys.
    static func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        switch command {
        case .mark(let name):
            message.reset(.text)
            JSONText.raw(#"{"event":"mark","mark":{"name":"#, into: &message.storage)
            JSONText.string(name, into: &message.storage)
            JSONText.raw("}}", into: &message.storage)
        case .clear:
            message.reset(.text)
            JSONText.raw(#"{"event":"clear"}"#, into: &message.storage)
        case .keys:
            return false
        }
        return true
    }
}
