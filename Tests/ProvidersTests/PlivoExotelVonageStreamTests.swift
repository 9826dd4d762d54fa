import Audio
import Call
import Providers
import Testing

/// What holds for the streams of Plivo, Exotel and Vonage alike.
@Suite struct `Streams of Plivo, Exotel and Vonage` {
    static let dialects: [any ProviderDialect] = [PlivoDialect(), ExotelDialect(), VonageDialect()]
    static let transcripts = dialects.flatMap { Transcript.names($0.name.text) }

    static func dialect(of transcript: Transcript) throws -> any ProviderDialect {
        try #require(dialects.first { transcript.name.hasPrefix($0.name.text + "/") })
    }

    @Test func `there are transcripts of each kind for each provider`() {
        for dialect in Self.dialects {
            for kind in ["good", "bad", "quirks"] { #expect(Transcript.names(dialect.name.text, [kind]).count >= 5) }
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
        guard let opening = transcript.opening, !name.hasSuffix("optional-parts-missing") else { return }
        let claims = Self.dialects.filter { $0.opens(with: opening.span, .text) }.map(\.name)
        #expect(claims == [try Self.dialect(of: transcript).name])
    }

    @Test(arguments: transcripts)
    func `nothing but an opening is claimed, and nothing of it as binary`(name: String) throws {
        let transcript = try Transcript(name)
        for (bytes, kind) in transcript.messages {
            for dialect in Self.dialects where dialect.opens(with: bytes.span, kind) {
                var serializer = dialect.makeSerializer()
                let outcome = Transcript.outcome(of: bytes, kind, &serializer)
                #expect(outcome.first?.hasPrefix("= started") == true || outcome.first?.contains("not supported") == true)
            }
            #expect(Self.dialects.allSatisfy { !$0.opens(with: bytes.span, .binary) })
        }
    }

    @Test(arguments: [
        #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#, #"{"event":"connected"}"#,
        #"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}}"#,
        #"{"event":"start","sequence_number":"1","stream_id":"s","start":{"user_id":"u","call_control_id":"v3:c","call_session_id":"x","from":"+1","to":"+2","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#,
        #"{"event":"media","media":{"payload":"////"}}"#, #"{"event":"stop","start":{"streamId":"s","callId":"c"}}"#,
        #"{"event":"start"}"#, #"{"event":"start","start":null}"#, #"{"event":"start","start":[]}"#,
        #"{"start":{"streamId":"s","callId":"c"}}"#,
        #"{"event":"start","start":{"streamId":null,"callId":{}}}"#, "", " ", "[]", "null", "{", "\u{0}",
        #"{"event":"websocket:connected""#,
        #"{"event":["websocket:connected"]}"#, String(repeating: "[", count: 70_000), String(repeating: #"{"a":"#, count: 10_000),
    ])
    func `what is nobody's opening here is claimed by none`(text: String) {
        #expect(Self.dialects.allSatisfy { !$0.opens(with: Array(text.utf8).span, .text) })
    }

    @Test(arguments: transcripts)
    func `a broken message traps nothing and hides no later audio`(name: String) throws {
        let transcript = try Transcript(name)
        let dialect = try Self.dialect(of: transcript)
        let good = try Transcript("\(dialect.name)/good/call")
        let audio = try #require(zip(good.lines, good.lines.dropFirst()).first { $1.hasPrefix("= audio") })
        let sound = try #require(
            good.messages.dropFirst(good.lines.filter { $0.hasPrefix("<") }.firstIndex(of: audio.0) ?? 0).first)
        var disorder = Disorder(UInt64(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude))
        for _ in 0..<40 {
            var serializer = dialect.makeSerializer()
            let opening = try #require(good.opening)
            _ = Transcript.outcome(of: opening, .text, &serializer)
            for (bytes, kind) in transcript.messages {
                let broken = disorder.broken(bytes)
                _ = Transcript.outcome(of: broken, kind, &serializer)
                _ = dialect.opens(with: broken.span, kind)
            }
            #expect(Transcript.outcome(of: sound.bytes, sound.kind, &serializer) == [audio.1])
        }
    }

    @Test(arguments: [
        ("plivo/good/call", 160, 60, 60), ("plivo/good/linear-16000", 320, 60, 60), ("plivo/good/linear-24000", 480, 60, 60),
        ("exotel/good/call", 1_600, 220, 140), ("exotel/good/linear-16000", 1_600, 120, 140),
        ("exotel/good/linear-24000", 1_600, 86, 140),
        ("vonage/good/call", 320, 60, 60), ("vonage/good/linear-8000", 160, 60, 60), ("vonage/good/linear-24000", 480, 60, 60),
    ])
    func `playout suits the provider and the rate`(name: String, samples: Int, lead: Int64, pause: Int64) throws {
        let transcript = try Transcript(name)
        var serializer = try Self.dialect(of: transcript).makeSerializer()
        _ = transcript.played(to: &serializer)
        #expect(serializer.playout.packetSamples == samples)
        #expect(serializer.playout.lead.milliseconds == lead)
        #expect(serializer.playout.pause.milliseconds == pause)
        #expect(serializer.playout.confirmsPlayback)
    }

    @Test(arguments: [
        (
            "plivo/good/call",
            #"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"/34A"}}"#
        ),
        (
            "plivo/good/linear-16000",
            #"{"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":16000,"payload":"AAAAgPx9"}}"#
        ),
        ("exotel/good/call", #"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"AAAAgPx9"}}"#),
        ("vonage/good/call", "00000080fc7d"),
    ])
    func `audio goes out as the provider documents it`(name: String, expected: String) throws {
        let transcript = try Transcript(name)
        var serializer = try Self.dialect(of: transcript).makeSerializer()
        _ = transcript.played(to: &serializer)
        let isMuLaw = expected.contains("mulaw")
        let samples: [Int16] = isMuLaw ? [0, -1, -32_124] : [0, -32_768, 32_252]
        var message = MessageBuffer()
        message.storage.append(0x55)
        serializer.encode(audio: samples.span, into: &message)
        if message.kind == .binary {
            #expect(message.message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
        } else {
            #expect(message.text == expected)
        }
    }

    @Test(arguments: transcripts.filter { $0.contains("/good/linear") || $0.hasSuffix("/good/call") })
    func `a whole packet has the documented size`(name: String) throws {
        let transcript = try Transcript(name)
        var serializer = try Self.dialect(of: transcript).makeSerializer()
        _ = transcript.played(to: &serializer)
        var message = MessageBuffer()
        serializer.encode(audio: [Int16](repeating: 0, count: serializer.playout.packetSamples).span, into: &message)
        if name.hasPrefix("exotel") {
            let payload = message.text.split(separator: "\"payload\":\"")[1].prefix { $0 != "\"" }
            #expect(payload.utf8.count == 4_268)
        } else if name.hasPrefix("vonage") {
            #expect(message.kind == .binary)
            #expect([320, 640, 960].contains(message.count))
        } else {
            #expect(message.count < 16_384)
        }
    }

    @Test(arguments: [
        (
            "plivo/good/call", CallCommand.mark("u3"),
            #"{"event":"checkpoint","streamId":"22222222-0000-4000-8000-000000000002","name":"u3"}"#
        ),
        ("plivo/good/call", .clear, #"{"event":"clearAudio","streamId":"22222222-0000-4000-8000-000000000002"}"#),
        ("plivo/good/call", .keys([.one, .two, .pound]), #"{"event":"sendDTMF","dtmf":"12#"}"#),
        ("exotel/good/call", .mark("t\"3\\"), #"{"event":"mark","stream_sid":"strm-made-up-1","mark":{"name":"t\"3\\"}}"#),
        ("exotel/good/call", .clear, #"{"event":"clear","stream_sid":"strm-made-up-1"}"#),
        ("exotel/good/call", .keys([.one]), ""),
        ("vonage/good/call", .mark("u3"), #"{"action":"notify","payload":{"id":"u3"}}"#),
        ("vonage/good/call", .clear, #"{"action":"clear"}"#),
        ("vonage/good/call", .keys([.one]), ""),
    ])
    func `commands go out as the provider documents them`(name: String, command: CallCommand, expected: String) throws {
        let transcript = try Transcript(name)
        var serializer = try Self.dialect(of: transcript).makeSerializer()
        _ = transcript.played(to: &serializer)
        var message = MessageBuffer()
        let isWritten = serializer.encode(command, into: &message)
        #expect(isWritten == !expected.isEmpty)
        #expect(message.text == expected)
        #expect(message.kind == .text)
    }

    @Test func `an id from outside stays one string in every message`() {
        var serializer = PlivoDialect().makeSerializer()
        let start = #"{"event":"start","start":{"streamId":"a\",\"x\":\"b","callId":"c"}}"#
        _ = Transcript.outcome(of: Array(start.utf8), .text, &serializer)
        var message = MessageBuffer()
        #expect(serializer.encode(.clear, into: &message))
        #expect(message.text == #"{"event":"clearAudio","streamId":"a\",\"x\":\"b"}"#)
    }

    @Test func `before start no command goes out that needs the stream's id`() {
        for dialect in [PlivoDialect(), ExotelDialect()] as [any ProviderDialect] {
            var serializer = dialect.makeSerializer()
            var message = MessageBuffer()
            #expect(!serializer.encode(.clear, into: &message))
            serializer.encode(audio: [0, 0].span, into: &message)
            #expect(message.count == 0)
        }
    }
}
