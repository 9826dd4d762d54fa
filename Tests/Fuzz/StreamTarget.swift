import Audio
import Call
import Providers
import Wire

extension FuzzTarget {
    /// One provider's serializer: conversations in, and after each the messages that it writes.
    static func stream(_ dialect: any ProviderDialect) -> FuzzTarget {
        let name = dialect.name.text
        return FuzzTarget(
            name: name, seeds: { Fixtures.conversations(name) + Fixtures.findings(name) }, words: StreamWords.of(name),
            longest: 8_192
        ) { bytes in
            var run = StreamRun(dialect.makeSerializer())
            for event in Conversation(bytes).events { run.happen(event) }
            run.write()
        }
    }
}

enum StreamWords {
    static func of(_ provider: String) -> [String] {
        let own: [String] =
            switch provider {
            case "twilio": ["streamSid", "callSid", "accountSid", "customParameters", "mediaFormat", "audio/x-mulaw", "tracks"]
            case "telnyx":
                [
                    "stream_id", "call_control_id", "client_state", "custom_parameters", "sequence_number", "PCMU", "PCMA", "L16",
                    "error",
                ]
            case "plivo": ["streamId", "callId", "extra_headers", "playedStream", "clearedAudio", "audio/x-l16", "X-PH-"]
            case "exotel": ["stream_sid", "call_sid", "account_sid", "custom_parameters", "media_format", "raw/slin", "clear"]
            default:
                ["websocket:connected", "websocket:dtmf", "websocket:notify", "websocket:cleared", "audio/l16;rate=8000", "uuid"]
            }
        let shared = [
            "event", "start", "media", "payload", "dtmf", "digit", "mark", "name", "stop", "connected", "track", "inbound", "chunk",
            "timestamp", "sequenceNumber", "sampleRate", "sample_rate", "encoding", "channels", "\n< ", "\n. 40", "\\u0000", "\\/",
            "null",
        ]
        return own + shared
    }
}

/// One serializer and what must hold of it.
private struct StreamRun {
    private var serializer: any StreamSerializer
    private var now = Moment.zero
    private var start: StreamStart?
    private var events: [CallEvent] = []
    private var buffer = MessageBuffer()

    init(_ serializer: any StreamSerializer) { self.serializer = serializer }

    mutating func happen(_ event: Conversation.Event) {
        switch event {
        case .message(let bytes, let kind):
            do throws(WireError) { try serializer.decode(bytes.span, kind, at: now, into: &events) } catch {
                expect(error.offset.map { (0...bytes.count).contains($0) } ?? true, "an error's offset lies outside its message")
            }
            check()
        case .pass(let duration):
            let end = now + duration
            while let wake = serializer.wake, wake <= end {
                now = max(now, wake)
                serializer.release(at: now, into: &events)
                expect(serializer.wake.map { $0 > now } ?? true, "what was due was not released")
                check()
            }
            now = end
        case .stall(let duration): now = now + duration
        case .close, .cancel, .interrupt: break
        }
    }

    /// The messages that the serializer has for what a call says.
    mutating func write() {
        guard let start else { return }
        let count = serializer.playout.packetSamples
        expect(count > 0 && count <= start.outbound.rate.hertz, "a packet holds \(count) samples")
        let samples = (0..<count).map { Int16(truncatingIfNeeded: $0 &* 77) }
        serializer.encode(audio: samples.span, into: &buffer)
        expect(buffer.count > 0, "audio was written as an empty message")
        checkText()
        for command in [CallCommand.mark("m\"\\\u{1}é"), .clear, .keys([.one, .pound])] {
            if serializer.encode(command, into: &buffer) { checkText() }
        }
    }

    private func checkText() {
        guard buffer.kind == .text else { return }
        var scanner = JSONScanner()
        let message = buffer.message
        expect((try? scanner.scanObject(message.span)) != nil, "a message that was written is no JSON object")
    }

    private mutating func check() {
        for event in events {
            switch event {
            case .started(let details):
                expect(start == nil, "a stream started twice")
                start = details
            case .audio(let audio):
                expect(!audio.samples.isEmpty, "audio without a sample")
                if let start { expect(audio.rate == start.inbound.rate, "audio at another rate than the stream's") }
                expect(start != nil, "audio before the start")
            case .key, .markReturned, .cleared, .providerError, .stopped: break
            }
        }
        events.removeAll()
    }
}
