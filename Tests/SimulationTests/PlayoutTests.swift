import Audio
import Call
import Simulation
import Testing

/// The playout model seen from the wire: what is heard and when, marks, clear.
struct PlayoutTests {
    /// Twilio's side, running, at 100 ms.
    private func twilio(_ change: (inout SimulationOptions) -> Void = { _ in }) throws -> Line {
        var line = try Line(.twilio, change: change)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        return line
    }

    /// mu-law 0x80 is the loudest positive sample, 32,124.
    private let loud = Server.muLaw(0x80, milliseconds: 100)

    @Test func `audio is heard from the moment at which it arrived and not faster than real time`() throws {
        var line = try twilio()
        line.receive(Server.twilioMedia(loud))
        line.receive(Server.twilioMedia(loud))
        #expect(line.side.buffered == .milliseconds(200))
        line.run(toMilliseconds: 150)
        #expect(line.side.buffered == .milliseconds(150))
        #expect(line.side.heard.samples == Array(repeating: 0, count: 800) + Array(repeating: 32_124, count: 400))
        line.run(toMilliseconds: 1_000)
        #expect(line.side.heard.samples.count == 800 + 1_600)
        let report = line.side.report
        #expect(report.heard == .milliseconds(200))
        #expect(report.firstSound == .milliseconds(100))
        #expect(report.furthestAhead == .milliseconds(200))
        #expect(abs(report.level - 2.84) < 0.01)
        #expect(report.gaps.count == 0)
    }

    @Test func `what came too late inside an utterance is a gap and a pause between utterances is none`() throws {
        var line = try twilio()
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 230)
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 1_000)
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 2_000)
        let gaps = line.side.report.gaps
        #expect(gaps.count == 1)
        #expect(gaps.total == .milliseconds(30))
        #expect(gaps.longest == .milliseconds(30))
        #expect(Array(line.side.heard.samples[1_600..<1_840]) == Array(repeating: 0, count: 240))
        #expect(line.side.heard.samples[1_840] == 32_124)
    }

    @Test func `a jitter buffer delays an utterance and hides lateness`() throws {
        var line = try twilio { $0.jitterBuffer = .milliseconds(40) }
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 230)
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 1_000)
        #expect(line.side.report.gaps.count == 0)
        #expect(line.side.report.firstSound == .milliseconds(140))
        #expect(line.side.heard.samples.count == (140 + 200) * 8)
    }

    @Test func `a mark returns when the audio before it has played`() throws {
        var line = try twilio()
        line.receive(Server.twilioMedia(loud))
        line.receive(#"{"event":"mark","streamSid":"MZ0001","mark":{"name":"a"}}"#)
        line.receive(Server.twilioMedia(loud))
        line.receive(#"{"event":"mark","streamSid":"MZ0001","mark":{"name":"b"}}"#)
        line.run(toMilliseconds: 1_000)
        let marks = line.sent.filter { $0.text.contains(#""event":"mark""#) }
        #expect(marks.map { $0.at } == [.zero + .milliseconds(200), .zero + .milliseconds(300)])
        #expect(marks[0].text == #"{"event":"mark","sequenceNumber":"11","streamSid":"MZ0001","mark":{"name":"a"}}"#)
    }

    @Test func `a mark with nothing in front of it returns at once`() throws {
        var line = try twilio()
        line.receive(#"{"event":"mark","streamSid":"MZ0001","mark":{"name":"a"}}"#)
        line.run(toMilliseconds: 100)
        #expect(line.texts.last?.contains(#""mark":{"name":"a"}"#) == true)
    }

    @Test func `an odd number of samples at an odd rate still returns its mark without spinning`() throws {
        let options = SimulationOptions(inbound: .muLaw8000, outbound: MediaFormat(.linear16, .hz22050))
        var line = try Line(.telnyx, options: options)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.receive(#"{"event":"media","media":{"payload":"\#(Server.base64(Array(repeating: 64, count: 2 * 1_001)))"}}"#)
        line.receive(#"{"event":"mark","mark":{"name":"a"}}"#)
        line.run(toMilliseconds: 200)
        let mark = line.sent.first { $0.text.contains(#""event":"mark""#) }
        #expect(mark?.at == .zero + .nanoseconds(100_000_000 + 45_396_826))
    }

    @Test func `twilio's clear drops the rest and its marks come back unplayed`() throws {
        var line = try twilio()
        line.receive(Server.twilioMedia(loud))
        line.receive(Server.twilioMedia(loud))
        line.receive(#"{"event":"mark","streamSid":"MZ0001","mark":{"name":"end"}}"#)
        line.run(toMilliseconds: 150)
        line.receive(#"{"event":"clear","streamSid":"MZ0001"}"#)
        line.run(toMilliseconds: 150)
        #expect(line.texts.last?.contains(#""mark":{"name":"end"}"#) == true)
        #expect(line.side.buffered == .zero)
        line.receive(Server.twilioMedia(loud))
        line.run(toMilliseconds: 1_000)
        #expect(line.side.heard.samples.count == 1_200 + 800)
        #expect(line.side.report.heard == .milliseconds(150))
        #expect(line.side.report.gaps.count == 0)
        #expect(line.side.report.clears == 1)
    }

    @Test func `plivo's clear says so and returns no checkpoint`() throws {
        var line = try Line(.plivo)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.receive(#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"\#(loud)"}}"#)
        line.receive(#"{"event":"checkpoint","streamId":"2222-02","name":"one"}"#)
        line.receive(#"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":"8000","payload":"\#(loud)"}}"#)
        line.receive(#"{"event":"checkpoint","streamId":"2222-02","name":"two"}"#)
        line.run(toMilliseconds: 250)
        line.receive(#"{"event":"clearAudio","streamId":"2222-02"}"#)
        line.run(toMilliseconds: 1_000)
        #expect(
            line.texts.dropFirst() == [
                #"{"event":"playedStream","sequenceNumber":11,"streamId":"2222-02","name":"one"}"#,
                #"{"event":"clearedAudio","sequenceNumber":15,"streamId":"2222-02"}"#,
            ])
        #expect(line.side.report.heard == .milliseconds(150))
        #expect(line.complaints.isEmpty)
    }

    @Test func `vonage returns a notify payload as it was and confirms a clear`() throws {
        var line = try Line(.vonage)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.side.receive(Array(repeating: 1, count: 640).span, .binary, at: line.now)
        line.receive(#"{"action":"notify","payload":{"id":"u3","n":[1,2.50]}}"#)
        line.run(toMilliseconds: 130)
        line.side.receive(Array(repeating: 1, count: 640).span, .binary, at: line.now)
        line.receive(#"{"action":"notify","payload":{"id":"u4"}}"#)
        line.receive(#"{"action":"clear"}"#)
        line.run(toMilliseconds: 1_000)
        let notes = line.sent.filter { $0.kind == .text }.dropFirst()
        #expect(
            notes.map { $0.text } == [
                #"{"event":"websocket:notify","payload":{"id":"u3","n":[1,2.50]}}"#, #"{"event":"websocket:cleared"}"#,
            ])
        #expect(notes.first?.at == .zero + .milliseconds(120))
    }

    @Test func `exotel's clear leaves the chunk that plays`() throws {
        var line = try Line(.exotel)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        let chunk = Server.base64(Array(repeating: 64, count: 3_200))
        for name in ["a", "b"] {
            line.receive(#"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"\#(chunk)"}}"#)
            line.receive(#"{"event":"mark","stream_sid":"strm-made-up-1","mark":{"name":"\#(name)"}}"#)
        }
        line.run(toMilliseconds: 150)
        line.receive(#"{"event":"clear","stream_sid":"strm-made-up-1"}"#)
        line.run(toMilliseconds: 350)
        #expect(line.side.report.heard == .milliseconds(200))
        // A new utterance after the clear: the silence in front of it is no gap.
        line.receive(#"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"\#(chunk)"}}"#)
        line.run(toMilliseconds: 2_000)
        #expect(line.side.report.heard == .milliseconds(400))
        #expect(line.side.report.gaps.count == 0)
        let marks = line.texts.filter { $0.contains(#""event":"mark""#) }
        #expect(marks.count == 1)
        #expect(marks.first?.contains(#""mark":{"name":"a"}"#) == true)
        #expect(line.complaints.isEmpty)
    }

    @Test func `ten minutes play without drift and only the allowed part is kept`() throws {
        var line = try twilio { $0.heardLimit = .seconds(1) }
        let packet = Server.muLaw(0x80, milliseconds: 20)
        var answered = 0
        line.run(toMilliseconds: 600_000) { side, _, _, now in
            answered += 1
            side.receive(Array(Server.twilioMedia(packet).utf8).span, .text, at: now)
        }
        #expect(line.side.report.heard == .milliseconds(600_000 - 120))
        #expect(line.side.report.gaps.count == 0)
        #expect(line.side.report.furthestAhead == .milliseconds(20))
        #expect(line.side.heard.samples.count == 8_000)
        #expect(answered == 30_000 - 5)
    }
}
