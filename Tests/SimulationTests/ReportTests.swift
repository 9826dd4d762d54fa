import Audio
import Call
import Simulation
import Testing

struct ReportTests {
    /// A call in which 100 ms were heard and one complaint came up.
    private func report() throws -> CallReport {
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 100)
        line.receive(Server.twilioMedia(Server.muLaw(0x80, milliseconds: 100)))
        line.receive("{}")
        line.run(toMilliseconds: 1_000)
        line.side.hangUp()
        line.run(toMilliseconds: 1_000)
        return line.side.report
    }

    @Test func `the table of calls says what was sent heard and objected to`() throws {
        let lines = ReportTable.text([try report()]).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].split(separator: " ").prefix(3) == ["provider", "stream", "sent"])
        #expect(
            lines[1].split(separator: " ") == [
                "twilio", "MZ0001", "1.00", "0.10", "2.8", "100.0", "-", "-", "-", "-", "-", "0", "0.0", "100.0", "caller", "hung",
                "up",
            ])
        #expect(lines[2] == "complaint, 1 times, first at 0.10 s: 31951 invalid message: event is missing")
    }

    @Test func `a load adds its calls up`() throws {
        let load = LoadReport(try (0..<3).map { _ in try report() })
        #expect(load.calls == 3)
        #expect(load.endings == [.callerHungUp: 3])
        #expect(load.sent == .seconds(3))
        #expect(load.heard == .milliseconds(300))
        #expect(load.silentCalls == 0)
        #expect(load.complaints.entries.map { $0.count } == [3])
        let text = ReportTable.text(load)
        #expect(text.hasPrefix("calls         3: 3 caller hung up\n"))
        #expect(text.contains("\naudio         3.00 s sent, 0.30 s heard, 0 calls silent\n"))
        #expect(text.contains("\nlevel         2.8 to 2.8 dBFS\n"))
    }

    @Test func `a call in which nothing was said back is silent`() throws {
        var line = try Line(.vonage)
        line.side.start(at: .zero)
        line.run(toMilliseconds: 500)
        line.side.connectionClosed(at: line.now)
        let report = line.side.report
        #expect(report.level == -.infinity)
        #expect(report.firstSound == nil)
        #expect(LoadReport([report]).silentCalls == 1)
        #expect(ReportTable.text([report]).contains("silence"))
    }

    @Test func `prepared speech is shared by calls and padded to whole packets`() throws {
        let speech = CallerSpeech(PCM16(samples: Array(repeating: 9_000, count: 200), rate: .hz8000), as: .muLaw8000, for: .twilio)
        #expect(speech.duration == .milliseconds(40))
        var line = try Line(.twilio)
        line.side.start(at: .zero)
        line.side.speak(speech)
        line.run(toMilliseconds: 20)
        #expect(line.side.isSpeaking)
        line.run(toMilliseconds: 60)
        #expect(!line.side.isSpeaking)
        let code = MuLaw.encode(9_000)
        let tail = Array(repeating: code, count: 40) + Array(repeating: 0xFF, count: 120)
        #expect(line.media[0].contains(#""payload":"\#(Server.base64(Array(repeating: code, count: 160)))""#))
        #expect(line.media[1].contains(#""payload":"\#(Server.base64(tail))""#))
        #expect(line.media[2].contains(Server.silence20))
    }
}
