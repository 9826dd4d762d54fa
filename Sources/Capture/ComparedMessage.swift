import Call
import Wire

/// One outbound entry of a capture, taken apart for comparing.
///
/// It reads the words of all five providers, and of whoever speaks like them; a message that it does not know is compared as JSON.
struct ComparedMessage {
    enum Kind: Hashable {
        case audio
        case mark(String)
        case clear
        case keys(String)
        /// A message of no known kind.
        case other
        case close(UInt16?)
        case end(Termination)

        /// Kinds of the same class can be two versions of one message.
        var isAudio: Bool { self == .audio }

        func isLike(_ other: Kind) -> Bool {
            switch (self, other) {
            case (.audio, .audio), (.mark, .mark), (.clear, .clear), (.keys, .keys), (.other, .other), (.close, .close),
                (.end, .end):
                true
            case (.audio, _), (.mark, _), (.clear, _), (.keys, _), (.other, _), (.close, _), (.end, _): false
            }
        }
    }

    /// Since the capture's start. Units: microseconds.
    let time: Int64
    /// When the engine wanted it to leave: its time without the lateness of the host. Units: microseconds.
    let due: Int64
    let kind: Kind
    /// Audio as the stream's format spells it.
    let audio: [UInt8]
    /// The message without its audio.
    let envelope: [UInt8]

    init(_ entry: CaptureEntry) {
        time = entry.time
        due = entry.time - entry.late
        switch entry.content {
        case .close(let code): (kind, audio, envelope) = (.close(code), [], [])
        case .end(let word): (kind, audio, envelope) = (.end(word), [], [])
        case .binary(let bytes): (kind, audio, envelope) = (.audio, bytes, [])
        case .woken: (kind, audio, envelope) = (.other, [], [])
        case .text(let text): (kind, audio, envelope) = (.other, [], Array(text.utf8))
        case .json(let bytes): (kind, audio, envelope) = Self.parts(bytes)
        }
    }

    /// Whether it is a mark by which playout asks what was heard. How often it asks is no part of what a bot says, so these are not
    /// compared. The mark behind a bot's last word is: the end of the call hangs on it.
    var asksWhatWasHeard: Bool {
        guard case .mark(let name) = kind, name.hasPrefix("trunkline-") else { return false }
        let rest = name.dropFirst(10)
        return Int(rest) != nil || rest.hasPrefix("clear-")
    }

    private static func parts(_ bytes: [UInt8]) -> (Kind, [UInt8], [UInt8]) {
        var scanner = JSONScanner()
        let message = bytes.span
        guard let root = try? scanner.scanObject(message) else { return (.other, [], bytes) }
        let word = scanner.text("event", of: root, in: message) ?? scanner.text("action", of: root, in: message)
        switch word {
        case "media", "playAudio":
            guard let media = scanner.member("media", of: root, in: message),
                let payload = scanner.member("payload", of: media, in: message), payload.kind == .string
            else { return (.other, [], bytes) }
            var audio: [UInt8] = []
            guard (try? scanner.base64(payload, in: message, at: "media.payload", into: &audio)) != nil else {
                return (.other, [], bytes)
            }
            let range = scanner.range(payload)
            return (.audio, audio, Array(bytes[..<range.lowerBound] + bytes[range.upperBound...]))
        case "mark", "checkpoint", "notify":
            let holder = scanner.member("mark", of: root, in: message) ?? scanner.member("payload", of: root, in: message) ?? root
            let name = scanner.text("name", of: holder, in: message) ?? scanner.text("id", of: holder, in: message)
            return (name.map { .mark($0) } ?? .other, [], bytes)
        case "clear", "clearAudio": return (.clear, [], bytes)
        case "sendDTMF", "dtmf": return (.keys(scanner.text("dtmf", of: root, in: message) ?? ""), [], bytes)
        default: return (.other, [], bytes)
        }
    }

    /// What makes two messages the same one, wherever they stand.
    ///
    /// - Parameter hearsAudio: whether audio of other bytes is another message.
    func identity(hearsAudio: Bool) -> Identity {
        switch kind {
        case .audio: Identity(kind: kind, bytes: hearsAudio ? audio : [])
        case .other: Identity(kind: kind, bytes: envelope)
        case .mark, .clear, .keys, .close, .end: Identity(kind: kind, bytes: [])
        }
    }

    struct Identity: Hashable {
        let kind: Kind
        let bytes: [UInt8]
    }

    /// Whether the messages are equal but for their audio: the same JSON, in whatever order and spacing.
    func hasEnvelope(of other: ComparedMessage) -> Bool {
        if envelope == other.envelope { return true }
        guard let mine = try? JSONValue(parsing: envelope), let theirs = try? JSONValue(parsing: other.envelope) else {
            return false
        }
        return mine == theirs
    }
}

extension ComparedMessage: CustomStringConvertible {
    /// Longest message that is shown whole. Units: characters.
    private static let shown = 120

    var description: String {
        switch kind {
        case .audio: "audio of \(audio.count) bytes"
        case .mark(let name): "mark \"\(name)\""
        case .clear: "clear"
        case .keys(let keys): "keys \(keys)"
        case .close(let code): code.map { "close \($0)" } ?? "the connection breaks"
        case .end(let word): "end \(word.rawValue)"
        case .other: Self.cut(String(decoding: envelope, as: UTF8.self))
        }
    }

    /// The message as it is spelt, without its audio.
    var spelling: String { Self.cut(String(decoding: envelope, as: UTF8.self)) }

    private static func cut(_ text: String) -> String { text.count > shown ? text.prefix(shown) + "…" : text }
}
