import Audio
import Call
import Simulation
import Testing

/// Every message against the provider's documents, spelled by hand.
struct MessageShapeTests {
    @Test func `twilio greets starts streams and stops as documented`() throws {
        var line = try Line(.twilio, parameters: ["tenant": "t-42", "city": "Z\"u"])
        line.side.start(at: .zero)
        line.run(toMilliseconds: 25)
        line.side.press(.seven)
        line.side.hangUp()
        line.run(toMilliseconds: 30)
        #expect(
            line.sent.map { $0.text } == [
                #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
                #"{"event":"start","sequenceNumber":"1","streamSid":"MZ0001","start":{"accountSid":"AC0001","streamSid":"MZ0001","#
                    + #""callSid":"CA0001","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"#
                    + #""channels":1},"customParameters":{"city":"Z\"u","tenant":"t-42"}}}"#,
                #"{"event":"media","sequenceNumber":"2","streamSid":"MZ0001","media":{"track":"inbound","chunk":"1","timestamp":"20","#
                    + #""payload":"\#(Server.silence20)"}}"#,
                #"{"event":"dtmf","sequenceNumber":"3","streamSid":"MZ0001","dtmf":{"track":"inbound_track","digit":"7"}}"#,
                #"{"event":"stop","sequenceNumber":"4","streamSid":"MZ0001","stop":{"accountSid":"AC0001","callSid":"CA0001"}}"#,
            ])
        #expect(line.isClosed)
        #expect(line.side.ending == .callerHungUp)
    }

    @Test func `telnyx puts its stream id at the top and names the codec`() throws {
        let options = SimulationOptions(inbound: MediaFormat(.aLaw, .hz8000), outbound: .muLaw8000)
        var line = try Line(.telnyx, parameters: ["tenant": "t-42"], options: options)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 20)
        line.side.press(.five)
        line.side.hangUp()
        line.run(toMilliseconds: 30)
        let id = "6f1c0d2e-0000-4000-8000-000000000001"
        let payload = Server.base64(Array(repeating: 0xD5, count: 160))
        #expect(
            line.sent.map { $0.text } == [
                #"{"event":"connected","version":"1.0.0"}"#,
                #"{"event":"start","sequence_number":"1","stream_id":"\#(id)","start":{"user_id":"0d0c0b0a-0000-4000-8000-000000000002","#
                    + #""call_control_id":"v3:made-up_ID","call_session_id":"\#(id)","from":"+15005550006","to":"+15005550010","#
                    + #""tags":[],"client_state":"","custom_parameters":{"tenant":"t-42"},"#
                    + #""media_format":{"encoding":"PCMA","sample_rate":8000,"channels":1}}}"#,
                #"{"event":"media","sequence_number":"2","stream_id":"\#(id)","media":{"track":"inbound","chunk":"1","timestamp":"20","#
                    + #""payload":"\#(payload)"}}"#,
                #"{"event":"dtmf","sequence_number":"3","stream_id":"\#(id)","occurred_at":"2030-01-02T03:04:05.020000Z","#
                    + #""dtmf":{"digit":"5"}}"#,
                #"{"event":"stop","sequence_number":"4","stream_id":"\#(id)","stop":{"user_id":"0d0c0b0a-0000-4000-8000-000000000002","#
                    + #""call_control_id":"v3:made-up_ID"}}"#,
            ])
    }

    @Test func `plivo starts without a greeting counts in numbers and ends with a bare close`() throws {
        var line = try Line(.plivo, parameters: ["tenant": "t42", "lang": "de"])
        line.side.start(at: .zero)
        line.run(toMilliseconds: 20)
        line.side.press(.pound)
        line.side.hangUp()
        line.run(toMilliseconds: 30)
        #expect(
            line.sent.map { $0.text } == [
                #"{"event":"start","sequenceNumber":1,"start":{"callId":"1111-01","streamId":"2222-02","accountId":"MAMADEUP","#
                    + #""tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":"lang=de,tenant=t42"}"#,
                #"{"event":"media","sequenceNumber":2,"streamId":"2222-02","media":{"track":"inbound","timestamp":"1893553445020","#
                    + #""chunk":1,"payload":"\#(Server.silence20)"},"extra_headers":"lang=de,tenant=t42"}"#,
                ##"{"event":"dtmf","sequenceNumber":3,"streamId":"2222-02","dtmf":{"track":"inbound","digit":"#","##
                    + #""timestamp":"1893553445020"},"#
                    + #""extra_headers":"lang=de,tenant=t42"}"#,
            ])
        #expect(line.isClosed)
    }

    @Test func `exotel sends strings each 100 ms and says why it stops`() throws {
        var line = try Line(.exotel, parameters: ["tenant": "t42"])
        line.side.start(at: .zero)
        line.run(toMilliseconds: 200)
        line.side.press(.five)
        line.side.hangUp()
        line.run(toMilliseconds: 210)
        let payload = Server.base64(Array(repeating: 0, count: 1_600))
        #expect(
            line.sent.map { $0.text } == [
                #"{"event":"connected"}"#,
                #"{"event":"start","sequence_number":"1","stream_sid":"strm-made-up-1","start":{"stream_sid":"strm-made-up-1","#
                    + #""call_sid":"call-made-up-1","account_sid":"acme1","from":"+15005550006","to":"+15005550010","#
                    + #""custom_parameters":{"tenant":"t42"},"media_format":{"encoding":"audio/x-raw","sample_rate":"8000","bit_rate":"16"}}}"#,
                #"{"event":"media","sequence_number":"2","stream_sid":"strm-made-up-1","media":{"chunk":"1","timestamp":"100","#
                    + #""payload":"\#(payload)"}}"#,
                #"{"event":"media","sequence_number":"3","stream_sid":"strm-made-up-1","media":{"chunk":"2","timestamp":"200","#
                    + #""payload":"\#(payload)"}}"#,
                #"{"event":"dtmf","sequence_number":"4","stream_sid":"strm-made-up-1","dtmf":{"digit":"5","duration":"100"}}"#,
                #"{"event":"stop","sequence_number":"5","stream_sid":"strm-made-up-1","stop":{"call_sid":"call-made-up-1","#
                    + #""account_sid":"acme1","reason":"callended"}}"#,
            ])
    }

    @Test func `exotel can spell its numbers as numbers`() throws {
        var line = try Line(.exotel) { $0.numericFields = true }
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        #expect(line.sent[1].text.contains(#""sequence_number":1,"#))
        #expect(line.sent[1].text.contains(#""sample_rate":8000,"bit_rate":16}"#))
        #expect(line.sent[2].text.contains(#""media":{"chunk":1,"timestamp":100,"#))
    }

    @Test func `vonage opens with its headers and then sends bare frames`() throws {
        let options = SimulationOptions(inbound: MediaFormat(.linear16, .hz16000))
        var line = try Line(.vonage, parameters: ["uuid": "u-1", "from": "15005550006"], options: options)
        line.side.start(at: .zero)
        line.side.speak(PCM16(samples: Array(repeating: 0x1234, count: 320), rate: .hz16000))
        line.run(toMilliseconds: 40)
        line.side.press(.star)
        line.side.hangUp()
        line.run(toMilliseconds: 50)
        #expect(
            line.sent[0].text
                == #"{"event":"websocket:connected","content-type":"audio/l16;rate=16000","from":"15005550006","uuid":"u-1"}"#)
        #expect(line.sent[1].kind == .binary)
        #expect(line.sent[1].bytes == (0..<640).map { $0.isMultiple(of: 2) ? 0x34 : 0x12 })
        #expect(line.sent[2].bytes == Array(repeating: 0, count: 640))
        #expect(line.sent[3].text == #"{"event":"websocket:dtmf","digit":"*","duration":260}"#)
        #expect(line.sent.count == 4)
        #expect(line.isClosed)
    }

    @Test(arguments: PlayedProvider.allCases) func `caller audio leaves on absolute deadlines`(provider: PlayedProvider) throws {
        var line = try Line(provider)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 60_000)
        let packet = provider.packetMilliseconds
        let moments = line.sent.suffix(60_000 / packet).map { $0.at }
        #expect(moments == (1...60_000 / packet).map { Moment.zero + .milliseconds($0 * packet) })
        #expect(line.side.report.sent == .seconds(60))
    }

    @Test func `a late driver sends what is due and reports its own lateness`() throws {
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 20)
        line.now = .zero + .milliseconds(75)
        line.run(toMilliseconds: 75)
        #expect(line.media.count == 3)
        #expect(line.side.report.driverLateness == .milliseconds(35))
    }

    @Test func `telnyx swaps pairs when asked and loses none`() throws {
        var line = try Line(.telnyx) { $0.swapsMedia = true }
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.side.hangUp()
        line.run(toMilliseconds: 100)
        let chunks = line.media.map { $0.text(between: #""chunk":""#, and: "\"") }
        #expect(chunks == ["2", "1", "4", "3", "5"])
        #expect(line.media[0].contains(#""sequence_number":"3""#))
        #expect(line.texts.last?.contains(#""event":"stop","sequence_number":"7""#) == true)
    }

    @Test func `a format that the provider does not stream is refused`() {
        let wide = SimulationOptions(inbound: MediaFormat(.linear16, .hz16000))
        #expect(throws: UnsupportedFormat(provider: .twilio, format: wide.inbound)) {
            _ = try SimulatedProvider(.twilio, .made(for: .twilio), wide)
        }
        #expect(throws: UnsupportedFormat(provider: .vonage, format: .muLaw8000)) {
            _ = try SimulatedProvider(.vonage, .made(for: .vonage), SimulationOptions(inbound: .muLaw8000))
        }
    }

    @Test func `numbered identities have the providers' shapes and differ`() {
        let twilio = (0..<1_000).map { CallIdentity.numbered($0, for: .twilio) }
        #expect(Set(twilio.map { $0.streamID }).count == 1_000)
        #expect(twilio.allSatisfy { $0.streamID.hasPrefix("MZ") && $0.streamID.count == 34 && $0.callID.hasPrefix("CA") })
        let plivo = CallIdentity.numbered(1, for: .plivo)
        let groups: [Substring] = plivo.streamID.split(separator: "-")
        #expect(groups.map { $0.count } == [8, 4, 4, 4, 12])
        #expect(plivo == .numbered(1, for: .plivo))
        #expect(plivo != .numbered(1, seed: 7, for: .plivo))
    }

    @Test func `parameters of the answer document carry what the stream would not`() {
        func parameters(_ provider: PlayedProvider) -> [String: String] {
            CallIdentity.numbered(7, for: provider).withAnswerParameters(for: provider).parameters
        }
        #expect(parameters(.twilio) == ["from_number": "+15000000007", "to_number": "+15005550010"])
        #expect(parameters(.plivo) == ["fromNumber": "Z2B15000000007", "toNumber": "Z2B15005550010"])
        let call = CallIdentity.numbered(7, for: .vonage).callID
        #expect(parameters(.vonage) == ["uuid": call, "from": "+15000000007", "to": "+15005550010"])
        #expect(parameters(.telnyx).isEmpty)
        #expect(parameters(.exotel).isEmpty)
    }
}
