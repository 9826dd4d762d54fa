import Call
import Wire

/// The marker that stands for audio which was not kept: `#160` for 160 bytes. `#` is no character of base64.
///
/// Writer and reader use it when the header says `"audio":"none"`: an entry in memory holds silence of the same length.
enum LeftOutAudio {
    static let sign = UInt8(ascii: "#")

    static func marker(bytes: Int) -> [UInt8] { [sign] + Array(String(bytes).utf8) }

    /// - Returns: `nil` when the text is no marker, or stands for more than a message holds.
    static func bytes(_ marker: Span<UInt8>) -> Int? {
        guard marker.count > 1, marker.count <= 6, marker[0] == sign else { return nil }
        var value = 0
        for index in 1..<marker.count {
            guard (0x30...0x39).contains(marker[index]) else { return nil }
            value = value * 10 + Int(marker[index] & 0x0F)
        }
        return value <= CaptureLimits.longestMessage ? value : nil
    }

    /// Where the payload of a message's audio stands: the string `media.payload`, without its quotes.
    static func payload(_ message: Span<UInt8>, _ scanner: inout JSONScanner) -> Range<Int>? {
        guard let root = try? scanner.scan(message), let media = scanner.member("media", of: root, in: message),
            let payload = scanner.member("payload", of: media, in: message), payload.kind == .string, !scanner.isEscaped(payload)
        else { return nil }
        return scanner.range(payload)
    }

    /// A message whose payload is replaced by silence if it is a marker.
    static func expanded(_ message: [UInt8], _ format: MediaFormat, _ scanner: inout JSONScanner) -> [UInt8] {
        guard let range = payload(message.span, &scanner), let count = bytes(message.span.extracting(range)) else { return message }
        var payload: [UInt8] = []
        Base64.encode([UInt8](repeating: format.encoding.silence, count: count).span, into: &payload)
        return replacing(range, of: message, with: payload)
    }

    /// A message whose payload is replaced by a marker if it is base64.
    static func collapsed(_ message: [UInt8], _ scanner: inout JSONScanner) -> [UInt8] {
        guard let range = payload(message.span, &scanner) else { return message }
        var audio: [UInt8] = []
        guard Base64.decode(message.span.extracting(range), into: &audio) else { return message }
        return replacing(range, of: message, with: marker(bytes: audio.count))
    }

    private static func replacing(_ range: Range<Int>, of message: [UInt8], with text: [UInt8]) -> [UInt8] {
        var result = message
        result.replaceSubrange(range, with: text)
        return result
    }
}
