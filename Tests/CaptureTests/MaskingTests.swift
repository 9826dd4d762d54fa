import Audio
import Call
import LibCrypto
import Providers
import Testing
import Wire

@testable import Capture

/// Nothing that was sensitive may stand in what is written, and what was harmless must still mean the same.
@Suite struct MaskingTests {
    static let key = [UInt8](1...32)

    static func masking(
        _ provider: String, audio: CaptureHeader.AudioKept = .full, keepsKeys: Bool = false, format: MediaFormat = .muLaw8000,
        key: [UInt8] = key
    ) -> Masking {
        Masking(
            key: key, OpenSSLCryptography(), provider: ProviderName(provider), inbound: format, outbound: format, audio: audio,
            keepsKeys: keepsKeys)
    }

    /// The file that a call of these messages makes.
    private func written(_ messages: [FixtureMessage], _ masking: inout Masking, _ provider: String) -> String {
        var writer = CaptureWriter(CaptureFileTests.header)
        var bytes: [UInt8] = []
        for message in messages {
            let (content, note) = masking.content(of: message.bytes, message.kind, message.direction)
            _ = writer.write(CaptureEntry(at: 0, message.direction, content), note: note, into: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: Fixtures.providers)
    func `no sensitive text of a call survives, and the harmless does`(provider: String) throws {
        let lines = try Fixtures.lines("masking/\(provider).txt")
        var masking = Self.masking(provider)
        let file = written(lines.compactMap(FixtureMessage.init), &masking, provider)
        let secrets = lines.filter { $0.hasPrefix("! ") }.map { String($0.dropFirst(2)) }
        let kept = lines.filter { $0.hasPrefix("= ") }.map { String($0.dropFirst(2)) }
        #expect(secrets.count > 5 && kept.count > 4)
        for secret in secrets { #expect(!file.contains(secret), "\(secret) in \(file)") }
        for text in kept { #expect(file.contains(text), "\(text) not in \(file)") }
        // Nor inside base64.
        for word in file.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/" || $0 == "=") }) {
            guard let bytes = Base64.lenientBytes(String(word)), let text = String(validating: bytes, as: UTF8.self) else {
                continue
            }
            for secret in secrets where secret.count > 4 { #expect(!text.contains(secret), "\(secret) in \(text)") }
        }
    }

    @Test(arguments: Fixtures.providers.flatMap { Fixtures.transcripts($0) })
    func `a masked transcript means what the transcript means`(path: String) throws {
        let provider = try #require(path.split(separator: "/").first.map(String.init))
        let dialect = try #require(Provider.all.first { $0.name.text == provider })
        var original = dialect.makeSerializer()
        var copy = dialect.makeSerializer()
        var masking = Self.masking(provider)
        for message in try Fixtures.lines(path).compactMap(FixtureMessage.init) {
            let expected = Self.outcome(message.bytes, message.kind, &original)
            switch masking.content(of: message.bytes, message.kind, message.direction).content {
            case .json(let bytes):
                #expect(Self.outcome(bytes, .text, &copy) == expected, "\(String(decoding: bytes, as: UTF8.self))")
            case .text(let text):
                #expect(text.utf8.count == message.bytes.count)
                #expect(Self.outcome(Array(text.utf8), .text, &copy) == expected)
            case .binary(let bytes): #expect(Self.outcome(bytes, .binary, &copy) == expected)
            case .close, .end, .woken: Issue.record("no message")
            }
        }
    }

    /// What a message means, but for what masking changes: ids, numbers, parameters and which key it was.
    private static func outcome(_ bytes: [UInt8], _ kind: MessageKind, _ serializer: inout any StreamSerializer) -> [String] {
        var events: [CallEvent] = []
        var words: [String] = []
        do {
            try serializer.decode(bytes.span, kind, at: .zero, into: &events)
        } catch {
            words = ["! \(error.problem)"]
        }
        for event in events {
            switch event {
            case .started(let start):
                let ids = [start.streamID, start.callID, start.accountID].map { $0 != nil }
                words.append("started \(ids) \(start.inbound) \(start.outbound) \(start.from != nil) \(start.parameters.count)")
            case .key: words.append("key")
            case .markReturned(let name): words.append("mark \(name.contains("\"") || name.hasPrefix("mark-") ? "" : name)")
            case .providerError(let code): words.append("error \(code)")
            case .audio(let audio): words.append("audio \(audio.samples)")
            case .cleared: words.append("cleared")
            case .stopped: words.append("stopped")
            }
        }
        return words
    }

    @Test func `the same id is the same hash everywhere, and another under another key`() throws {
        let lines = try Fixtures.lines("masking/twilio.txt").compactMap(FixtureMessage.init)
        var masking = Self.masking("twilio")
        let file = written(lines, &masking, "twilio")
        let id = try #require(file.firstMatch(of: /"streamSid":"(MZ[0-9a-f]{32})"/)).1
        #expect(file.matches(of: /MZ[0-9a-f]{32}/).allSatisfy { $0.output == id })
        let call = try #require(file.firstMatch(of: /"callSid":"(CA[0-9a-f]{32})"/)).1
        #expect(file.contains("\"again\":\"\(call)\""))
        var second = Self.masking("twilio")
        #expect(written(lines, &second, "twilio") == file)
        var other = Self.masking("twilio", key: [UInt8](2...33))
        #expect(!written(lines, &other, "twilio").contains(id))
    }

    @Test(arguments: [
        "+15551234567", "+1 (555) 123-4567", "0015551234567", "1-555-123-4567", "%2B15551234567", "sip:+15551234567@x.y",
    ])
    func `a number is the same fake however it is written`(spelling: String) {
        var text = TextMasking(Pseudonyms(key: Self.key, OpenSSLCryptography()), keepsKeys: false)
        let plain = text.text("15551234567", of: "from")
        #expect(plain.wholeMatch(of: /1500555[0-9]{6}/) != nil)
        #expect(text.text(spelling, of: "from").contains(plain))
        #expect(text.text(spelling, of: "x").contains(plain))
    }

    @Test(arguments: ["anonymous", "restricted", "unknown", "Private"])
    func `a caller without a number stays one`(word: String) {
        var text = TextMasking(Pseudonyms(key: Self.key, OpenSSLCryptography()), keepsKeys: false)
        #expect(text.text(word, of: "from") == word)
    }

    @Test(arguments: [
        ("bot", "echo"), ("delay_ms", "250"), ("pipeline_rate", "16000"), ("language", "en-US"), ("language_code", "de"),
        ("voice", "nova"),
        ("tenant", "t-42"), ("model", "gpt-4o-mini"), ("voice_id", "anna"), ("stream_name", "leg-1"), ("enabled", "true"),
        ("model", "sonic:2.1/de"), ("timeout", "1.5"), ("x", ""),
    ])
    func `an option of a bot stays`(name: String, value: String) {
        var text = TextMasking(Pseudonyms(key: Self.key, OpenSSLCryptography()), keepsKeys: false)
        #expect(text.text(value, of: name) == value)
    }

    @Test(arguments: [
        ("token", "abc"), ("X-Api-Key", "abc"), ("authToken", "abc"), ("AUTH", "abc"), ("password", "abc"), ("pin", "4711"),
        ("otp_code", "4711"), ("signature", "abc"), ("CallerName", "ADA"), ("first_name", "Ada"), ("customer", "Ada"),
        ("email", "ada"),
        ("FromCity", "BERLIN"), ("FromZip", "10115"), ("x", "ada@example.com"), ("x", "Ada Lovelace"), ("x", "Bearer abc"),
        ("x", "sk_live_4eC39HqLyjWDarjt"), ("x", "aB3dE9xZ"), ("x", "1980-05-17"), ("x", "123456"), ("x", "203.0.113.77"),
        ("x", "https://u:p@h.example/x"), ("x", "größe"), ("x", "{not json"), ("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
        ("x", "YWRhQGV4YW1wbGUuY29t"), ("call_id", "x1"), ("from", "Ada <sip:1@2>"), ("x", "a=ada@example.com;b=1"),
        ("x", "%61da%40example.com"), ("digits", "4711"), ("SendDigits", "w12"), ("iban", "DE02"),
        ("x", "63f61863-4a51-4f6b-86e1-46edebcf9356"),
    ])
    func `what could be a secret, a person or a number does not stay`(name: String, value: String) {
        var text = TextMasking(Pseudonyms(key: Self.key, OpenSSLCryptography()), keepsKeys: false)
        let masked = text.text(value, of: name)
        #expect(masked != value)
        #expect(!masked.contains("Ada") && !masked.contains("ada") && !masked.contains("abc") && !masked.contains("47"))
    }

    @Test func `wrapping without end is masked whole`() {
        var text = TextMasking(Pseudonyms(key: Self.key, OpenSSLCryptography()), keepsKeys: false)
        var value = "Ada Lovelace"
        for _ in 0..<40 { value = Base64.text(Array(value.utf8)) }
        #expect(!text.text(value, of: "x").contains("Lovelace"))
        let deep = String(repeating: #"{"a":"#, count: 60) + "1" + String(repeating: "}", count: 60)
        #expect(text.text(deep, of: "x").contains("1"))
    }

    @Test(arguments: Fixtures.providers)
    func `pressed keys stay when they are asked for`(provider: String) throws {
        var masking = Self.masking(provider, keepsKeys: true)
        let lines = try Fixtures.lines("masking/\(provider).txt")
        let file = written(lines.compactMap(FixtureMessage.init), &masking, provider)
        let keys = lines.filter { $0.hasPrefix("! \"digit\"") }.map { String($0.dropFirst(2)) }
        #expect(!keys.isEmpty)
        for key in keys { #expect(file.contains(key)) }
    }

    @Test func `what a bot is to do about keys stays, and pressed keys do not`() {
        var masking = Self.masking("twilio")
        func masked(_ parameters: String) -> String {
            let message = #"{"event":"start","start":{"customParameters":\#(parameters)}}"#
            guard case .json(let bytes) = masking.content(of: Array(message.utf8), .text, .inward).content else { return "" }
            return String(decoding: bytes, as: UTF8.self)
        }
        for word in ["repeat", "off"] { #expect(masked(#"{"keys":"\#(word)"}"#).contains(#""keys":"\#(word)""#)) }
        for (keys, zeros) in [("4711", "0000"), ("ab", "00"), ("12#", "000")] {
            #expect(masked(#"{"keys":"\#(keys)"}"#).contains(#""keys":"\#(zeros)""#))
        }
        for secret in ["hunter2", "Swordfish", "sw0rdf-x", "correcthorsebatterystaple"] {
            #expect(!masked(#"{"keys":"\#(secret)"}"#).contains(secret))
        }
        #expect(!masked(#"{"api_keys":"swordfish"}"#).contains("swordfish"))
    }

    @Test func `a broken message keeps its length and says what was wrong`() {
        var masking = Self.masking("twilio")
        let (content, note) = masking.content(of: Array("{\"from\":\"+15551234567\"".utf8), .text, .inward)
        #expect(content == .text(String(repeating: "?", count: 22)))
        #expect(note == "message is not valid JSON (byte 22)")
    }

    @Test func `what is no sound in the place of sound does not stay`() {
        var masking = Self.masking("twilio")
        let message = #"{"event":"media","media":{"payload":"+15551234567 is no base64"}}"#
        let (content, _) = masking.content(of: Array(message.utf8), .text, .inward)
        #expect(content == .json(Array(#"{"event":"media","media":{"payload":"\#(String(repeating: "%", count: 25))"}}"#.utf8)))
        #expect(masking.content(of: [1, 2, 3], .binary, .inward).content == .binary([0, 0, 0]))
    }

    @Test func `what the bot was told is masked by the same rules`() throws {
        var masking = Self.masking("twilio")
        let body: JSONValue = .object([
            "name": .string("Ada"), "phone": .number(15_551_234_567), "delay_ms": .number(250), "pin": .number(4711),
            "tags": .array([.string("vip"), .string("ada@example.com")]), "+15551234567": .bool(true),
        ])
        let call = CallInfo(
            id: "call-1", stream: StreamStart(provider: ProviderName("twilio")), from: PhoneNumber("+15551234567"), to: nil,
            webhook: [
                "CallSid": "CA9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b", "From": "+15551234567", "CallToken": "x", "FromCountry": "US",
                "body": Base64.text(body.bytes),
            ],
            query: ["bot": "echo", "call": "CA9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b-2"], body: body)
        let header = masking.header(of: call)
        let text = String(decoding: header.bytes, as: UTF8.self)
        for secret in ["5551234567", "Ada", "example.com", "4711", "9e8d7c6b", "\"x\""] {
            #expect(!text.contains(secret), "\(text)")
        }
        let number = try #require(header["from"]?.string)
        #expect(header["webhook"]?["From"]?.string == number)
        #expect(header["body"]?["phone"]?.number != 15_551_234_567)
        #expect(header["body"]?["delay_ms"] == .number(250))
        #expect(header["body"]?["tags"] == .array([.string("vip"), .string("masked")]))
        #expect(header["query"]?["bot"] == .string("echo"))
        #expect(header["webhook"]?["FromCountry"] == .string("US"))
        #expect(header["to"] == .null)
        let inner = try JSONValue(parsing: Base64.bytes(try #require(header["webhook"]?["body"]?.string)) ?? [])
        #expect(inner["delay_ms"] == .number(250) && inner["name"] == .string("masked"))
    }

    @Test func `words of a name are told apart`() {
        #expect(FieldRule.words("ALegUUID") == ["a", "leg", "uuid"])
        #expect(FieldRule.words("x-Auth_Token2") == ["x", "auth", "token"])
        #expect(FieldRule.words("callControlId") == ["call", "control", "id"])
        #expect(FieldRule.words("") == [])
    }
}
