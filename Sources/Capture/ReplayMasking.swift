import Wire

/// What was masked in a capture, masked again in its replay, and undone for the bot where it has to understand.
///
/// A bot's mark whose name says too much stands in a capture as `mark-` and twelve digits, when it leaves and when it comes back. The
/// marks of a replay are the captured ones by their order: the bot is told its own names, and the captured ones are written. Keys that
/// the bot presses are written as `0`.
public struct ReplayMasking {
    private let masksKeys: Bool
    /// Names of the marks that left, in order.
    private let captured: [String]
    private var sent = 0
    /// What the bot calls them, by the masked name.
    private var names: [String: String] = [:]
    private var scanner = JSONScanner()

    public init(_ capture: Capture) {
        masksKeys = !capture.header.keepsKeys
        captured = capture.entries.compactMap { entry in
            let message = ComparedMessage(entry)
            guard entry.direction == .outward, case .mark(let name) = message.kind, !message.asksWhatWasHeard else { return nil }
            return name
        }
    }

    /// A message of the bot's as it would have been captured.
    public mutating func outward(_ message: [UInt8]) -> [UInt8] {
        let span = message.span
        guard let root = try? scanner.scanObject(span),
            let event = scanner.member("event", of: root, in: span) ?? scanner.member("action", of: root, in: span)
        else { return message }
        if let node = Self.markName(root, event, scanner, span) {
            if ComparedMessage(CaptureEntry(at: 0, .outward, .json(message))).asksWhatWasHeard { return message }
            defer { sent += 1 }
            guard captured.indices.contains(sent), Self.isMasked(captured[sent]), let name = scanner.text(node, in: span) else {
                return message
            }
            names[captured[sent]] = name
            return Self.replacing(scanner.range(node), of: message, with: captured[sent])
        }
        guard masksKeys, scanner.equals(event, "sendDTMF", in: span), let keys = scanner.member("dtmf", of: root, in: span) else {
            return message
        }
        let range = scanner.range(keys)
        return Self.replacing(range, of: message, with: String(repeating: "0", count: range.count))
    }

    /// A message for the bot, with its own name of a mark that comes back.
    public mutating func inward(_ message: [UInt8]) -> [UInt8] {
        guard !names.isEmpty else { return message }
        let span = message.span
        guard let root = try? scanner.scanObject(span), let event = scanner.member("event", of: root, in: span),
            let node = Self.markName(root, event, scanner, span), let name = scanner.text(node, in: span), let own = names[name]
        else { return message }
        return Self.replacing(scanner.range(node), of: message, with: own)
    }

    /// The name in a message about a mark, in any provider's words.
    private static func markName(
        _ root: JSONScanner.Node, _ event: JSONScanner.Node, _ scanner: borrowing JSONScanner, _ message: Span<UInt8>
    ) -> JSONScanner.Node? {
        switch scanner.text(event, in: message) {
        case "mark": scanner.member("mark", of: root, in: message).flatMap { scanner.member("name", of: $0, in: message) }
        case "checkpoint", "playedStream", "played": scanner.member("name", of: root, in: message)
        case "notify", "websocket:notify":
            scanner.member("payload", of: root, in: message).flatMap { scanner.member("id", of: $0, in: message) }
        default: nil
        }
    }

    /// `mark-` and twelve hexadecimal digits.
    static func isMasked(_ name: String) -> Bool {
        name.utf8.count == 17 && name.hasPrefix("mark-")
            && name.utf8.dropFirst(5).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Puts a text in the place of a JSON string, which stands without its quotes.
    private static func replacing(_ range: Range<Int>, of message: [UInt8], with text: String) -> [UInt8] {
        var spelt: [UInt8] = []
        JSONText.string(text, into: &spelt)
        return message[..<range.lowerBound] + spelt.dropFirst().dropLast() + message[range.upperBound...]
    }
}
