import Audio
import Call
import Simulation
import Testing

/// What each provider objects to.
struct ComplaintTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var provider: PlayedProvider
        var message: String
        /// What the complaint says, all of it.
        var words: String
        /// Whether the provider uses the message all the same: something is buffered.
        var isPlayed = false
        var testDescription: String { "\(provider.rawValue): \(words)" }
    }

    static let hundred = Server.muLaw(0x80, milliseconds: 100)
    static let exotelShort = Server.base64(Array(repeating: 64, count: 320))
    static let exotelRagged = Server.base64(Array(repeating: 64, count: 3_300))
    static let exotelHuge = Server.base64(Array(repeating: 64, count: 100_160))

    static let cases: [Case] = [
        Case(provider: .twilio, message: "{", words: "31951 invalid message: message is not valid JSON"),
        Case(provider: .twilio, message: "[1]", words: "31951 invalid message: message is not a JSON object"),
        Case(provider: .twilio, message: #"{"event":"hello"}"#, words: "31951 invalid message: event is none that Twilio knows"),
        Case(provider: .twilio, message: #"{"streamSid":"MZ0001"}"#, words: "31951 invalid message: event is missing"),
        Case(
            provider: .twilio, message: #"{"event":"media","media":{"payload":"\#(hundred)"}}"#,
            words: "31951 invalid message: streamSid is missing"),
        Case(
            provider: .twilio, message: Server.twilioMedia(hundred, sid: "MZ0002"),
            words: "31951 invalid message: streamSid is not this stream's"),
        Case(
            provider: .twilio, message: Server.twilioMedia("a"), words: "31951 invalid message: media.payload is not valid base64"),
        Case(
            provider: .twilio,
            message: #"{"event":"media","streamSid":"MZ0001","media":{"payload":"\#(hundred)","track":"outbound"}}"#,
            words: "31951 invalid message: track is not expected", isPlayed: true),
        Case(
            provider: .twilio,
            message: #"{"event":"media","x":{"y":[":"]},"streamSid":"MZ0001","media":{"payload":"\#(hundred)"}}"#,
            words: "31951 invalid message: x is not expected", isPlayed: true),
        Case(
            provider: .twilio, message: #"{"event":"mark","streamSid":"MZ0001","name":"m"}"#,
            words: "31951 invalid message: mark is missing"),
        Case(
            provider: .telnyx, message: #"{"event":"media","media":{"payload":"?"}}"#,
            words: "100004 invalid_media: media.payload is not valid base64"),
        Case(
            provider: .telnyx, message: #"{"event":"media","media":{"payload":"\#(Server.muLaw(1, milliseconds: 10))"}}"#,
            words: "100004 invalid_media: media.payload holds 10 ms, allowed are 20 ms to 30 s"),
        Case(provider: .telnyx, message: #"{"event":"mark","mark":"m"}"#, words: "100003 malformed_frame: mark is not an object"),
        Case(
            provider: .telnyx, message: #"{"event":"media","stream_id":"x","media":{"payload":"\#(hundred)"}}"#,
            words: "stream_id is not expected in a client message", isPlayed: true),
        Case(
            provider: .plivo,
            message: #"{"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":8000,"payload":"\#(hundred)"}}"#,
            words: "media.contentType does not match the stream's audio/x-mulaw"),
        Case(
            provider: .plivo,
            message: #"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":16000,"payload":"\#(hundred)"}}"#,
            words: "media.sampleRate does not match the stream's 8000"),
        Case(provider: .plivo, message: #"{"event":"clearAudio","stream_id":"2222-02"}"#, words: "streamId is missing"),
        Case(provider: .plivo, message: #"{"event":"checkpoint","name":"x"}"#, words: "streamId is missing"),
        Case(provider: .plivo, message: #"{"event":"checkpoint","streamId":"2222-02"}"#, words: "name is missing"),
        Case(provider: .plivo, message: #"{"event":"sendDTMF","dtmf":"1x"}"#, words: "dtmf holds a character that is no key"),
        Case(
            provider: .exotel, message: #"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"\#(exotelShort)"}}"#,
            words: "a chunk of 320 bytes, the minimum is 3200", isPlayed: true),
        Case(
            provider: .exotel, message: #"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"\#(exotelRagged)"}}"#,
            words: "a chunk of 3300 bytes, which is no multiple of 320", isPlayed: true),
        Case(
            provider: .exotel, message: #"{"event":"media","streamSid":"strm-made-up-1","media":{"payload":"\#(exotelHuge)"}}"#,
            words: "a chunk of 100160 bytes, the maximum is 100000", isPlayed: true),
        Case(provider: .exotel, message: #"{"event":"clear"}"#, words: "stream_sid is missing"),
        Case(provider: .vonage, message: #"{"action":"stop"}"#, words: "action is none that Vonage knows"),
        Case(provider: .vonage, message: #"{"action":"notify"}"#, words: "payload is missing"),
    ]

    @Test(arguments: cases) func `a broken rule is complained about once and the stream goes on`(_ broken: Case) throws {
        var line = try Line(broken.provider)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.receive(broken.message)
        #expect(line.complaints == [broken.words])
        #expect(line.side.complaints.entries.first?.first == .milliseconds(100))
        #expect((line.side.buffered > .zero) == broken.isPlayed)
        line.run(toMilliseconds: 200)
        #expect(line.side.ending == .up)
    }

    @Test func `telnyx sends its complaints back`() throws {
        var line = try Line(.telnyx)
        line.side.start(at: .zero)
        line.receive(#"{"event":"media","media":{"payload":"?"}}"#)
        line.run(toMilliseconds: 0)
        #expect(
            line.texts.last
                == #"{"event":"error","stream_id":"6f1c0d2e-0000-4000-8000-000000000001","payload":{"code":100004,"#
                + #""title":"invalid_media","detail":"media.payload is not valid base64"}}"#)
    }

    @Test func `vonage breaks off over a frame of the wrong size`() throws {
        var line = try Line(.vonage, options: SimulationOptions(inbound: MediaFormat(.linear16, .hz8000)))
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.side.receive(Array(repeating: 0, count: 160).span, .binary, at: line.now)
        line.run(toMilliseconds: 200)
        #expect(line.complaints == ["unexpected frame size 160, when required 320"])
        #expect(line.isClosed)
        #expect(line.side.ending == .brokenOff)
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .exotel]) func `binary is refused where text is due`(
        provider: PlayedProvider
    ) throws {
        var line = try Line(provider)
        line.side.start(at: .zero)
        line.side.receive([1, 2, 3].span, .binary, at: .zero)
        #expect(line.side.complaints.total == 1)
        #expect(line.complaints[0].hasSuffix("a binary message where JSON text is due"))
    }

    @Test func `the same complaint is counted and not repeated`() throws {
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        for _ in 0..<1_000 { line.receive("{}") }
        #expect(line.side.complaints.total == 1_000)
        #expect(line.side.complaints.entries.map { $0.count } == [1_000])
    }

    @Test func `plivo's buffer overflows after a minute of audio`() throws {
        var line = try Line(.plivo)
        line.side.start(at: .zero)
        let second = Server.muLaw(0x80, milliseconds: 1_000)
        for _ in 0..<61 {
            line.receive(#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"\#(second)"}}"#)
        }
        #expect(line.complaints == ["buffer overflow: more than 60000 ms wait to be played"])
        #expect(line.side.buffered == .seconds(60))
    }

    @Test func `what a server may do draws no complaint`() throws {
        var line = try Line(.plivo)
        line.side.start(at: .zero)
        line.receive(#"{"event":"sendDTMF","dtmf":"12#"}"#)
        #expect(line.side.keysFromServer == [.one, .two, .pound])
        #expect(line.complaints.isEmpty)
    }
}
