import Call
import Wire

/// Takes out of a call's messages what must not reach a disk, before it does: ids, telephone numbers, secrets, keys, sound.
///
/// One value serves one call. What it knows by the dialects' documents (event names, sequence numbers, formats) stays; ids and numbers
/// become keyed hashes; of all else only what is plainly harmless stays. A message that is no JSON keeps nothing but its length.
public struct Masking: Sendable {
    /// Bytes of the key of a folder of captures.
    public static let keyLength = 32

    private let provider: ProviderName
    private let inbound: MediaFormat
    private let outbound: MediaFormat
    private let audio: CapturedAudio
    private let keepsAudio: Bool
    private var values: TextMasking
    private var scanner = JSONScanner()
    private var count: UInt64 = 0
    /// Words of the dialect that were found to be some: they come in every message.
    private var technical: Set<String> = []
    /// The sound of one message; the memory is kept.
    private var sound: [UInt8] = []
    private let noiseSeed: UInt64

    /// - Parameter key: random, of the folder; whoever has it can try out whose number a pseudonym stands for.
    public init(
        key: [UInt8], _ cryptography: any Cryptography, provider: ProviderName, inbound: MediaFormat, outbound: MediaFormat,
        audio: CaptureHeader.AudioKept, keepsKeys: Bool
    ) {
        self.provider = provider
        self.inbound = inbound
        self.outbound = outbound
        self.audio = CapturedAudio(audio)
        keepsAudio = audio == .full
        values = TextMasking(Pseudonyms(key: key, cryptography), keepsKeys: keepsKeys)
        noiseSeed = cryptography.hmacSHA256(Array("noise".utf8), key: key).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What the bot was told, for the header: `from`, `to`, `query`, `webhook` and `body`.
    public mutating func header(of call: CallInfo) -> JSONValue {
        func strings(_ fields: [String: String]) -> JSONValue { .object(fields.mapValues { .string($0) }) }
        // The ids first, so that they are found in every other text.
        for (name, value) in call.webhook where values.rule(name) == .id { _ = values.text(value, of: name) }
        let facts: [String: JSONValue] = [
            "from": call.from.map { .string($0.exposed) } ?? .null, "to": call.to.map { .string($0.exposed) } ?? .null,
            "query": strings(call.query), "webhook": strings(call.webhook), "body": call.body ?? .null,
        ]
        var masked: [String: JSONValue] = [:]
        for (name, value) in facts { masked[name] = values.value(value, of: name) }
        return .object(masked)
    }

    /// One message as it may be written.
    ///
    /// - Returns: the content, and for a message that broke JSON what was wrong with it.
    public mutating func content(
        of message: [UInt8], _ kind: MessageKind, _ direction: CaptureEntry.Direction
    ) -> (content: CaptureEntry.Content, note: String?) {
        count &+= 1
        let format = direction == .inward ? inbound : outbound
        switch kind {
        case .binary:
            // Only Vonage has sound in binary messages; in another dialect it could be anything.
            guard provider.text == "vonage" else { return (.binary([UInt8](repeating: 0, count: message.count)), nil) }
            return (.binary(audio.masked(message, format.encoding, seed: seed)), nil)
        case .text:
            do throws(WireError) {
                let root = try scanner.scan(message.span)
                return (.json(masked(message, root, format)), nil)
            } catch {
                return (.text(String(repeating: "?", count: message.count)), error.description)
            }
        }
    }

    private var seed: UInt64 {
        var chance = SplitMix64(state: noiseSeed &+ count)
        return chance.next()
    }

    // MARK: One JSON message

    /// Where in a message a value stands.
    private enum Place {
        case root(event: String)
        /// In `media` of a message with sound.
        case media
        /// In `mark`, or in the payload of Vonage's `notify`.
        case mark
        /// In a part that the dialect describes.
        case known
        /// In what somebody attached: nothing is known about it.
        case attached
    }

    private struct Edit {
        let range: Range<Int>
        let text: [UInt8]
    }

    private mutating func masked(_ message: [UInt8], _ root: JSONScanner.Node, _ format: MediaFormat) -> [UInt8] {
        var edits: [Edit] = []
        let span = message.span
        if root.kind == .object {
            let event = scanner.member("event", of: root, in: span) ?? scanner.member("action", of: root, in: span)
            let place = Place.root(event: event.flatMap { scanner.text($0, in: span) } ?? "")
            walk(root, named: "", place, span, format, &edits)
        } else {
            walk(root, named: "", .attached, span, format, &edits)
        }
        guard !edits.isEmpty else { return message }
        var result: [UInt8] = []
        result.reserveCapacity(message.count + 256)
        var cursor = 0
        for edit in edits {
            result.append(contentsOf: message[cursor..<edit.range.lowerBound])
            result.append(contentsOf: edit.text)
            cursor = edit.range.upperBound
        }
        result.append(contentsOf: message[cursor...])
        return result
    }

    /// Notes what is to be replaced in a value and all inside it, in the order of the message.
    private mutating func walk(
        _ node: JSONScanner.Node, named name: String, _ place: Place, _ message: Span<UInt8>, _ format: MediaFormat,
        _ edits: inout [Edit]
    ) {
        switch node.kind {
        case .yes, .no, .null: return
        case .number:
            let text = scanner.text(node, in: message) ?? ""
            let masked = isKnownNumber(name, text, place) ? text : values.number(text, of: name)
            if masked != text { edits.append(Edit(range: scanner.range(node), text: Array(masked.utf8))) }
        case .string: string(node, named: name, place, message, format, &edits)
        case .array:
            for child in scanner.children(of: node) { walk(child, named: name, place, message, format, &edits) }
        case .object:
            let pair = pairName(node, message)
            for child in scanner.children(of: node) {
                let member = scanner.name(of: child, in: message)
                let masked = values.name(member)
                if masked != member { edits.append(Edit(range: scanner.nameRange(of: child), text: Self.spelt(masked))) }
                if let pair, member == "name" || member == "value" {
                    walk(child, named: member == "value" ? pair : "bot", .attached, message, format, &edits)
                } else {
                    walk(child, named: member, inside(place, member, child), message, format, &edits)
                }
            }
        }
    }

    /// The name in `{"name":…,"value":…}`, as Telnyx lists parameters.
    private func pairName(_ node: JSONScanner.Node, _ message: Span<UInt8>) -> String? {
        guard scanner.member("value", of: node, in: message) != nil, let name = scanner.member("name", of: node, in: message) else {
            return nil
        }
        return scanner.text(name, in: message)
    }

    /// The place of a member, by the place of its object.
    private func inside(_ place: Place, _ member: String, _ child: JSONScanner.Node) -> Place {
        guard case .root(let event) = place else {
            if case .attached = place { return .attached }
            if Self.attachedNames.contains(member) { return .attached }
            return child.kind == .object || child.kind == .array ? .known : place
        }
        // Vonage lays the headers of the answer document flat beside its own two members.
        if event == "websocket:connected", member != "event", member != "content-type" { return .attached }
        if Self.attachedNames.contains(member) { return .attached }
        guard child.kind == .object else { return place }
        if member == "media", event == "media" || event == "playAudio" { return .media }
        if member == "mark" || member == "payload" && (event == "notify" || event == "websocket:notify") { return .mark }
        return .known
    }

    private mutating func string(
        _ node: JSONScanner.Node, named name: String, _ place: Place, _ message: Span<UInt8>, _ format: MediaFormat,
        _ edits: inout [Edit]
    ) {
        let range = scanner.range(node)
        if case .media = place, name == "payload" {
            if let payload = payload(node, message, format) { edits.append(Edit(range: range, text: payload)) }
            return
        }
        let text = scanner.text(node, in: message) ?? ""
        let masked = string(text, named: name, place)
        if masked != text { edits.append(Edit(range: range, text: Self.spelt(masked))) }
    }

    private mutating func string(_ text: String, named name: String, _ place: Place) -> String {
        switch place {
        case .attached: return values.text(text, of: name)
        case .mark where name == "name" || name == "id": return values.mark(text)
        case .root(let event) where name == "name" && ["checkpoint", "playedStream", "played"].contains(event):
            return values.mark(text)
        case .root, .media, .mark, .known:
            if Self.wordNames.contains(name), isTechnical(text) { return text }
            if isKnownNumber(name, text, place) || name == "occurred_at" && Self.isTimestamp(text) { return text }
            return values.text(text, of: name)
        }
    }

    /// - Returns: `nil` when the payload stays as it is.
    private mutating func payload(_ node: JSONScanner.Node, _ message: Span<UInt8>, _ format: MediaFormat) -> [UInt8]? {
        sound.removeAll(keepingCapacity: true)
        do throws(WireError) {
            try scanner.base64(node, in: message, at: "media.payload", into: &sound)
        } catch {
            // Not sound, so nobody knows what it is; it stays as long and as broken as it was.
            return [UInt8](repeating: UInt8(ascii: "%"), count: max(scanner.range(node).count, 1))
        }
        guard !keepsAudio else { return nil }
        var text: [UInt8] = []
        Base64.encode(audio.masked(sound, format.encoding, seed: seed).span, into: &text)
        return text
    }

    // MARK: What the dialects document

    /// Members whose content somebody attached to the call.
    private static let attachedNames: Set = [
        "customParameters", "custom_parameters", "extra_headers", "extraHeaders", "client_state", "clientState", "tags", "headers",
        "body",
    ]
    /// Members that hold a word of the dialect.
    private static let wordNames: Set = [
        "event", "action", "protocol", "version", "track", "tracks", "encoding", "contentType", "content-type", "reason", "title",
    ]
    /// Members that hold a count, a rate, a time or a code.
    private static let numberNames: Set = [
        "sequenceNumber", "sequence_number", "chunk", "timestamp", "sampleRate", "sample_rate", "bitRate", "bit_rate", "channels",
        "duration", "code",
    ]

    /// At most thirteen digits, as milliseconds since 1970 have.
    private func isKnownNumber(_ name: String, _ text: String, _ place: Place) -> Bool {
        if case .attached = place { return false }
        return Self.numberNames.contains(name) && text.utf8.count <= 13 && text.utf8.allSatisfy(TextMasking.isDigit)
    }

    private mutating func isTechnical(_ text: String) -> Bool {
        if technical.contains(text) { return true }
        guard Self.isTechnical(text) else { return false }
        if technical.count < Pseudonyms.mostKept { technical.insert(text) }
        return true
    }

    private static func isTechnical(_ text: String) -> Bool {
        // `audio/l16; rate=16000` may be spaced.
        let bytes = Array(text.replacing("; ", with: ";").utf8)
        let isPlain = bytes.allSatisfy { TextMasking.isPlain($0) || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "=") }
        return bytes.count <= 64 && isPlain && !TextMasking.holdsToken(bytes) && bytes.count(where: TextMasking.isDigit) <= 10
            && TextMasking.longest(bytes, where: TextMasking.isDigit) <= TextMasking.mostDigits
    }

    /// `2030-01-02T03:04:05.678901Z`.
    private static func isTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (19...32).contains(bytes.count) && bytes[4] == UInt8(ascii: "-") && bytes[10] == UInt8(ascii: "T")
            && bytes.allSatisfy { TextMasking.isDigit($0) || "-:.TZ+".utf8.contains($0) }
    }

    /// A string of JSON without its quotes.
    private static func spelt(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.string(text, into: &bytes)
        return Array(bytes.dropFirst().dropLast())
    }
}
