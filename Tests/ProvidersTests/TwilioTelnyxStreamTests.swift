import Audio
import Call
import Providers
import Testing

/// What holds for the streams of Twilio and Telnyx alike.
@Suite struct `Streams of Twilio and Telnyx` {
    static let dialects: [any ProviderDialect] = [TwilioDialect(), TelnyxDialect()]
    static let transcripts = dialects.flatMap { Transcript.names($0.name.text) }

    static func dialect(of transcript: Transcript) throws -> any ProviderDialect {
        try #require(dialects.first { transcript.name.hasPrefix($0.name.text + "/") })
    }

    /// A serializer that has read the provider's ordinary call up to its audio.
    static func started(_ dialect: any ProviderDialect) throws -> any StreamSerializer {
        var serializer = dialect.makeSerializer()
        let opening = try #require(Transcript("\(dialect.name)/good/call").opening)
        #expect(Transcript.outcome(of: opening, .text, &serializer).count == 1)
        return serializer
    }

    @Test func `there are transcripts of each kind for each provider`() {
        for dialect in Self.dialects {
            for kind in ["good", "bad", "quirks"] { #expect(Transcript.names(dialect.name.text, [kind]).count >= 6) }
        }
    }

    @Test(arguments: transcripts)
    func `every message means what its transcript says`(name: String) throws {
        let transcript = try Transcript(name)
        var serializer = try Self.dialect(of: transcript).makeSerializer()
        #expect(transcript.played(to: &serializer) == transcript.lines)
    }

    @Test(arguments: dialects.flatMap { Transcript.names($0.name.text, ["bad"]) })
    func `a bad transcript breaks a rule and the stream goes on`(name: String) throws {
        let transcript = try Transcript(name)
        #expect(transcript.lines.contains { $0.hasPrefix("!") })
        #expect(transcript.lines.last?.hasPrefix("= audio") == true)
    }

    @Test(arguments: transcripts)
    func `an opening is claimed by its own dialect and by no other`(name: String) throws {
        let transcript = try Transcript(name)
        let all: [any ProviderDialect] = Self.dialects + [PlivoDialect(), ExotelDialect(), VonageDialect()]
        let own = try Self.dialect(of: transcript).name
        let opening = try #require(transcript.opening)
        #expect(all.filter { $0.opens(with: opening.span, .text) }.map(\.name) == [own])
        #expect(all.filter { $0.opens(with: opening.span, .binary) }.isEmpty)
        for (bytes, kind) in transcript.messages where all.contains(where: { $0.opens(with: bytes.span, kind) }) {
            var serializer = try Self.dialect(of: transcript).makeSerializer()
            let outcome = Transcript.outcome(of: bytes, kind, &serializer)
            #expect(outcome.first?.hasPrefix("= started") == true || outcome.first?.contains("start.media") == true)
        }
    }

    @Test(arguments: [
        #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#, #"{"event":"connected","version":"1.0.0"}"#,
        #"{"event":"start"}"#, #"{"event":"start","start":null}"#, #"{"event":"start","start":[]}"#,
        #"{"event":"start","start":{}}"#,
        #"{"event":"start","start":{"streamSid":"MZ1"}}"#, #"{"event":"start","start":{"callSid":"CA1"}}"#,
        #"{"event":"start","start":{"streamSid":null,"callSid":"CA1"}}"#,
        #"{"event":"media","start":{"streamSid":"MZ1","callSid":"CA1"}}"#,
        #"{"start":{"streamSid":"MZ1","callSid":"CA1"}}"#,
        #"{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","mediaFormat":{"encoding":"audio/x-raw"}}}"#,
        #"{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","mediaFormat":{"encoding":"RAW"}}}"#,
        #"{"event":"start","start":{"stream_id":"s","call_control_id":"c"}}"#, #"{"event":"start","stream_id":"s","start":{}}"#,
        #"{"event":"start","stream_id":[],"start":{"call_control_id":"c"}}"#,
        #"{"event":"stop","stream_id":"s","start":{"call_control_id":"c"}}"#,
        #"{"event":"start","stream_sid":"s","start":{"stream_sid":"s","call_sid":"c","account_sid":"a"}}"#,
        #"{"event":"start","start":{"streamId":"s","callId":"c"}}"#, "", " ", "[]", "null", "1", "{", "\u{0}",
        #"{"event":["start"]}"#,
        String(repeating: "[", count: 70_000), String(repeating: #"{"a":"#, count: 10_000),
    ])
    func `what is nobody's opening here is claimed by none`(text: String) {
        #expect(Self.dialects.allSatisfy { !$0.opens(with: Array(text.utf8).span, .text) })
    }

    @Test(arguments: transcripts)
    func `a broken message traps nothing and hides no later audio`(name: String) throws {
        let transcript = try Transcript(name)
        let dialect = try Self.dialect(of: transcript)
        var disorder = Disorder(UInt64(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude))
        for _ in 0..<40 {
            var serializer = try Self.started(dialect)
            for (bytes, kind) in transcript.messages {
                let broken = disorder.broken(bytes)
                _ = Transcript.outcome(of: broken, kind, &serializer)
                _ = dialect.opens(with: broken.span, kind)
            }
            var events: [CallEvent] = []
            serializer.release(at: .zero + .seconds(1), into: &events)
            #expect(serializer.wake == nil)
            let sound = Array(
                #"{"event":"media","sequence_number":77777777777,"media":{"chunk":88888888888,"payload":"/38AgA=="}}"#.utf8)
            let outcome = Transcript.outcome(of: sound, .text, &serializer)
            #expect(outcome.last?.hasPrefix("= audio") == true)
        }
    }

    @Test(arguments: [
        ("twilio", #"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"/34A"}}"#),
        ("telnyx", #"{"event":"media","media":{"payload":"/34A"}}"#),
    ])
    func `audio goes out with exactly the documented keys`(name: String, expected: String) throws {
        var serializer = try Self.started(try #require(Self.dialects.first { $0.name.text == name }))
        var message = MessageBuffer()
        message.storage.append(0x55)
        let samples: [Int16] = [0, -1, -32_124]
        serializer.encode(audio: samples.span, into: &message)
        #expect(message.text == expected && message.kind == .text)
        #expect(serializer.playout == .frames(at: .hz8000, keys: name == "telnyx" ? .request : .tones))
    }

    @Test(arguments: [
        (
            "twilio", CallCommand.mark("u3"),
            #"{"event":"mark","streamSid":"MZ00000000000000000000000000000001","mark":{"name":"u3"}}"#
        ),
        ("twilio", .clear, #"{"event":"clear","streamSid":"MZ00000000000000000000000000000001"}"#), ("twilio", .keys([.one]), ""),
        ("telnyx", .mark("a\"\\\u{1}"), #"{"event":"mark","mark":{"name":"a\"\\\u0001"}}"#),
        ("telnyx", .clear, #"{"event":"clear"}"#),
        ("telnyx", .keys([.one]), ""),
    ])
    func `commands go out with exactly the documented keys`(name: String, command: CallCommand, expected: String) throws {
        var serializer = try Self.started(try #require(Self.dialects.first { $0.name.text == name }))
        var message = MessageBuffer()
        let isWritten = serializer.encode(command, into: &message)
        #expect(isWritten == !expected.isEmpty)
        #expect(message.text == expected)
    }

    @Test func `an id from outside stays one string in every message`() {
        var serializer = TwilioDialect().makeSerializer()
        let start = #"{"event":"start","start":{"streamSid":"a\",\"x\":\"b","callSid":"c"}}"#
        _ = Transcript.outcome(of: Array(start.utf8), .text, &serializer)
        var message = MessageBuffer()
        #expect(serializer.encode(.clear, into: &message))
        #expect(message.text == #"{"event":"clear","streamSid":"a\",\"x\":\"b"}"#)
        serializer.encode(audio: ([0] as [Int16]).span, into: &message)
        #expect(message.text == #"{"event":"media","streamSid":"a\",\"x\":\"b","media":{"payload":"/w=="}}"#)
    }

    @Test func `before start Twilio, which needs the stream's id, sends nothing`() {
        var serializer = TwilioDialect().makeSerializer()
        var message = MessageBuffer()
        #expect(!serializer.encode(.clear, into: &message))
        serializer.encode(audio: ([0, 0] as [Int16]).span, into: &message)
        #expect(message.count == 0)
    }
}
