import Call
import Testing
import Wire

@testable import Capture

/// Secrets in places that nobody thought of.
@Suite struct MaskingFuzzTests {
    static let secrets = [
        "+15551234567", "15551234567", "63f61863-4a51-4f6b-86e1-46edebcf9356", "CA9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b",
        "ada@example.com",
        "Ada Lovelace", "sk_live_4eC39HqLyjWDarjtT1", "Bearer abc.def",
    ]
    /// What is looked for, in whatever wrapping.
    static let traces = [
        "5551234567", "63f61863", "46edebcf9356", "9e8d7c6b5a4f", "ada@", "example.com", "Ada", "Lovelace", "4eC39HqLyj", "abc.def",
    ]
    private static let names = [
        "event", "action", "start", "media", "mark", "name", "payload", "reason", "title", "track", "tracks", "encoding", "x",
        "tenant",
        "customParameters", "extra_headers", "client_state", "body", "tags", "version", "value", "id", "digit", "stop",
        "+15551234567",
        "occurred_at", "from", "protocol", "content-type", "note",
    ]

    private struct Chance {
        var state: SplitMix64
        mutating func below(_ count: Int) -> Int { Int(state.next() % UInt64(count)) }
        mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
    }

    /// A secret in up to four wrappings.
    private static func wrapped(_ chance: inout Chance) -> String {
        var text = chance.pick(secrets)
        for _ in 0..<chance.below(5) {
            switch chance.below(6) {
            case 0: text = Base64.text(Array(text.utf8))
            case 1: text = Base64.urlText(Array(text.utf8))
            case 2: text = FormEncoding.component(text)
            case 3: text = "a=1,b=\(text)"
            case 4: text = String(decoding: JSONValue.object(["a": .string(text), "b": .number(1)]).bytes, as: UTF8.self)
            default: text = String(decoding: JSONValue.array([.string("z"), .string(text)]).bytes, as: UTF8.self)
            }
        }
        return text
    }

    private static func value(_ chance: inout Chance, depth: Int) -> JSONValue {
        switch depth > 4 ? 0 : chance.below(6) {
        case 0, 1, 2: return .string(wrapped(&chance))
        case 3: return .array((0..<chance.below(3)).map { _ in value(&chance, depth: depth + 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<chance.below(5) { members[chance.pick(names)] = value(&chance, depth: depth + 1) }
            if chance.below(3) == 0 {
                members["event"] = .string(chance.pick(["media", "mark", "start", "checkpoint", "websocket:connected"]))
            }
            return .object(members)
        }
    }

    /// The text and what it says once its base64 and percent escapes are read.
    private static func unwrapped(_ text: String, depth: Int = 0) -> [String] {
        guard depth < 6 else { return [text] }
        var texts = [text]
        let plain = text.replacing("\\", with: "")
        for word in plain.split(whereSeparator: { !($0.isLetter || $0.isNumber || "+/=-_%".contains($0)) }) where word.count > 7 {
            for part in [word] + word.split(separator: "=") {
                let decoded = (try? FormEncoding.fields(String(part)))?.map { $0.name + "=" + $0.value } ?? []
                for inner in decoded where inner.dropLast() != part && inner != part { texts += unwrapped(inner, depth: depth + 1) }
                guard let bytes = Base64.lenientBytes(String(part)), let inner = String(validating: bytes, as: UTF8.self) else {
                    continue
                }
                texts += unwrapped(inner, depth: depth + 1)
            }
        }
        return texts
    }

    @Test(arguments: ["twilio", "telnyx", "plivo", "exotel", "vonage"])
    func `no secret survives, wherever it stands and however it is wrapped`(provider: String) {
        var chance = Chance(state: SplitMix64(state: provider.utf8.reduce(99) { $0 &* 31 &+ UInt64($1) }))
        for round in 0..<300 {
            var masking = MaskingTests.masking(provider, audio: .none)
            let message = Self.value(&chance, depth: 0).bytes
            let (content, _) = masking.content(of: message, .text, .inward)
            guard case .json(let bytes) = content else {
                Issue.record("round \(round): the message is JSON")
                return
            }
            #expect((try? JSONValue(parsing: bytes)) != nil)
            for text in Self.unwrapped(String(decoding: bytes, as: UTF8.self)) {
                guard let trace = Self.traces.first(where: { text.contains($0) }) else { continue }
                Issue.record(
                    "round \(round): \(trace) in \(String(decoding: bytes, as: UTF8.self)) of \(String(decoding: message, as: UTF8.self))"
                )
                return
            }
        }
    }

    @Test func `any bytes are masked to something that is written and read`() throws {
        var chance = Chance(state: SplitMix64(state: 7))
        let pieces = [
            "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u0000", "event", "media", "payload", "1", "-", "e5", "\n", "é", "\u{0}",
            "true",
        ]
        var masking = MaskingTests.masking("plivo", audio: .noise)
        var writer = CaptureWriter(CaptureFileTests.header)
        var file: [UInt8] = []
        writer.begin(into: &file)
        var entries: [CaptureEntry] = []
        for round in 0..<2_000 {
            let message = (0..<chance.below(12)).map { _ in chance.pick(pieces) }.joined()
            let (content, note) = masking.content(of: Array(message.utf8), .text, .inward)
            let entry = CaptureEntry(at: Int64(round), .inward, content)
            entries.append(entry)
            #expect(writer.write(entry, note: note, into: &file) == .written)
        }
        #expect(try CaptureReader.read(file).entries.count == entries.count)
    }
}
