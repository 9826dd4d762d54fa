import Audio
import Call
import Wire

/// How Vonage spells its messages.
///
/// Source: Vonage, *WebSockets in the Voice API* and *NCCO reference*.
enum VonageMessage {
    /// `content-type` of the NCCO and of `websocket:connected`.
    static func contentType(_ rate: SampleRate) -> String { "audio/l16;rate=\(rate.hertz)" }

    static func opens(_ message: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        guard let root = try? scanner.scanObject(message), let event = scanner.member("event", of: root, in: message) else {
            return false
        }
        return scanner.equals(event, "websocket:connected", in: message)
    }

    /// Reads `websocket:connected`. The NCCO's `headers` lie flat beside `event` and `content-type`; those of our own document are told
    /// apart by name, the rest are parameters.
    static func connected(
        _ root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> StreamStart {
        var headers = try scanner.strings(root, in: message, at: "message")
        headers["event"] = nil
        let format = MediaFormat(.linear16, try rate(headers.removeValue(forKey: "content-type")))
        let call = headers.removeValue(forKey: "uuid")
        let from = headers.removeValue(forKey: "from").map { PhoneNumber($0) }
        let to = headers.removeValue(forKey: "to").map { PhoneNumber($0) }
        return StreamStart(
            provider: VonageDialect.name, callID: call, from: from, to: to, parameters: headers, inbound: format, outbound: format)
    }

    /// Left out, the rate is the one that our answer document asks for: 16 kHz.
    private static func rate(_ contentType: String?) throws(WireError) -> SampleRate {
        guard let contentType else { return .hz16000 }
        switch contentType.lowercased().filter({ !$0.isWhitespace }) {
        case "audio/l16;rate=8000": return .hz8000
        case "audio/l16;rate=16000", "audio/l16": return .hz16000
        case "audio/l16;rate=24000": return .hz24000
        default: throw WireError(.unsupportedFormat, at: "content-type")
        }
    }

    /// Writes a command.
    ///
    /// - Returns: `false` for keys, which Vonage has no message for.
    static func encode(_ command: CallCommand, into message: inout MessageBuffer) -> Bool {
        switch command {
        case .mark(let name):
            message.reset(.text)
            JSONText.raw(#"{"action":"notify","payload":{"id":"#, into: &message.storage)
            JSONText.string(name, into: &message.storage)
            JSONText.raw("}}", into: &message.storage)
        case .clear:
            message.reset(.text)
            JSONText.raw(#"{"action":"clear"}"#, into: &message.storage)
        case .keys:
            return false
        }
        return true
    }
}
