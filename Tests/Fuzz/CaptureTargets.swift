import Call
import Capture
import LibCrypto
import Providers
import Wire

extension FuzzTarget {
    /// A capture that was read is the same, but for line breaks that mean nothing, after it was written and read again.
    static let capture = FuzzTarget(
        name: "capture",
        seeds: {
            Provider.all.flatMap { dialect in
                Fixtures.conversations(dialect.name.text).map { seed in
                    Capture(header: header(dialect.name), entries: Conversation(seed).entries).encoded()
                }
            } + Fixtures.files("calls", ".jsonl") + Fixtures.findings("capture")
        },
        words: [
            "trunkline_capture", "\"t\":", "\"dir\":\"in\"", "\"dir\":\"out\"", "\"json\":", "\"text\":", "\"binary\":",
            "\"close\":",
            "\"end\":", "\"cut\":", "\"note\":", "\"started\":", "\"encoding\":\"pcmu\"", "\"rate\":8000", "masked", "s16le",
            "noise",
        ], longest: 8_192
    ) { bytes in
        guard let capture = try? CaptureReader.read(bytes) else { return }
        expect(zip(capture.entries, capture.entries.dropFirst()).allSatisfy { $0.time <= $1.time }, "times run back")
        let written = capture.encoded()
        guard let again = try? CaptureReader.read(written) else { broken("a capture that was written cannot be read") }
        expect(again.header == capture.header, "a header is another after it was written")
        // Writing turns line breaks between a message's tokens into spaces, and that only once.
        expect(again.encoded() == written, "a capture is another after it was written twice")
        expect(again.entries.map(\.time) == capture.entries.map(\.time), "an entry was lost or displaced")
        expect(again.cut == capture.cut && !again.isTorn, "a capture's end is another after it was written")
    }

    /// What is masked of any conversation can be written, and reads back as what was written.
    static let masking = FuzzTarget(
        name: "masking",
        seeds: {
            Provider.all.flatMap { dialect in
                Fixtures.conversations(dialect.name.text).map { Array("\(dialect.name.text)\n".utf8) + $0 }
            } + Fixtures.findings("masking")
        },
        words: Provider.all.flatMap { StreamWords.of($0.name.text) } + ["+15005550006", "https://a.example/x?y=1", "eyJhIjoxfQ"],
        longest: 4_096
    ) { bytes in
        let name = bytes.prefix { $0 != 0x0A }
        let provider = Provider.all.map(\.name).first { Array($0.text.utf8) == Array(name) } ?? ProviderName("vonage")
        let header = header(provider)
        var masking = Masking(
            key: Array(repeating: 7, count: Masking.keyLength), OpenSSLCryptography(), provider: provider, inbound: header.inbound,
            outbound: header.outbound, audio: [.full, .noise, .none][bytes.count % 3], keepsKeys: false)
        var capture = Capture(header: header, entries: [])
        for entry in Conversation(Array(bytes.dropFirst(name.count))).messages {
            let (content, _) = masking.content(of: entry.bytes, entry.kind, .inward)
            if case .json(let json) = content {
                expect((try? JSONValue(parsing: json)) != nil, "a masked message is no JSON")
            }
            capture.entries.append(CaptureEntry(at: 0, .inward, content))
        }
        expect((try? CaptureReader.read(capture.encoded()))?.entries == capture.entries, "a masked message does not read back")
    }

    private static func header(_ provider: ProviderName) -> CaptureHeader {
        CaptureHeader(
            provider: provider, startedAt: 1_795_236_900_123_456, inbound: .muLaw8000, outbound: .muLaw8000, bot: "echo",
            build: "0.1.0")
    }
}

extension Conversation {
    fileprivate var messages: [(bytes: [UInt8], kind: MessageKind)] {
        events.compactMap { if case .message(let bytes, let kind) = $0 { (bytes, kind) } else { nil } }
    }

    /// The messages as a capture holds them.
    fileprivate var entries: [CaptureEntry] {
        messages.enumerated().map { number, message in
            let direction = number.isMultiple(of: 3) ? CaptureEntry.Direction.outward : .inward
            let isJSON = (try? JSONValue(parsing: message.bytes)) != nil
            let content: CaptureEntry.Content =
                switch message.kind {
                case .binary: .binary(message.bytes)
                case .text: isJSON ? .json(message.bytes) : .text(String(decoding: message.bytes, as: UTF8.self))
                }
            return CaptureEntry(at: Int64(number) * 20_000, direction, content)
        } + [CaptureEntry(at: 9_000_000, .inward, .close(code: 1000)), CaptureEntry(at: 9_000_000, .outward, .end(.callerHungUp))]
    }
}
