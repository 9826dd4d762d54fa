import Audio
import Call
import Simulation
import Testing

/// What a caller measures at the far end of an echo.
struct EchoTests {
    /// A tone through the provider's side, sent back by the test as a server would, after a delay.
    private func looped(
        _ provider: PlayedProvider, delayMilliseconds: Int = 0, dropping dropped: Set<Int> = [], seconds: Int = 2,
        drain: Bool = false
    ) throws -> Line {
        var line = try Line(provider) { $0.expectsEcho = true }
        var tone = Tone(hertz: 440, level: -10, rate: line.side.options.inbound.rate)
        line.side.start(at: .zero)
        line.side.speak(tone.next(milliseconds: 1_000))
        var held: [(due: Moment, bytes: [UInt8], kind: MessageKind)] = []
        var packets = 0
        for milliseconds in 1...(seconds * 1_000) {
            if drain, milliseconds == seconds * 1_000 - 600 { line.side.endMedia() }
            line.run(toMilliseconds: milliseconds) { _, bytes, kind, now in
                guard let answer = Self.echo(of: bytes, kind, provider) else { return }
                packets += 1
                if !dropped.contains(packets) { held.append((now + .milliseconds(delayMilliseconds), answer, kind)) }
            }
            while let first = held.first, first.due <= line.now {
                line.side.receive(first.bytes.span, first.kind, at: line.now)
                held.removeFirst()
            }
        }
        line.side.connectionClosed(at: line.now)
        return line
    }

    /// The server's message for a packet of caller audio; `nil` for all else.
    private static func echo(of bytes: [UInt8], _ kind: MessageKind, _ provider: PlayedProvider) -> [UInt8]? {
        if kind == .binary { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains(#""event":"media""#) else { return nil }
        let payload = text.text(between: #""payload":""#, and: "\"")
        let answer =
            switch provider {
            case .twilio: Server.twilioMedia(payload)
            case .telnyx: #"{"event":"media","media":{"payload":"\#(payload)"}}"#
            case .plivo: #"{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"\#(payload)"}}"#
            default: #"{"event":"media","stream_sid":"strm-made-up-1","media":{"payload":"\#(payload)"}}"#
            }
        return Array(answer.utf8)
    }

    @Test(arguments: PlayedProvider.allCases) func `a perfect echo is heard whole at its level and on time`(
        provider: PlayedProvider
    ) throws {
        let line = try looped(provider, delayMilliseconds: 7)
        let report = line.side.report
        let packet = provider.packetMilliseconds
        #expect(report.sent == .seconds(2))
        #expect(report.heard == .milliseconds(2_000 - packet - 7))
        #expect(report.lostPackets == 0)
        #expect(report.gaps.count == 0)
        #expect(report.answerDelay == .milliseconds(7))
        #expect(report.roundTrips?.count == 2_000 / packet - 1)
        for percent in [50.0, 90, 99, 100] { #expect(report.roundTrips?.percentile(percent) == .milliseconds(7)) }
        #expect(report.ending == .serverClosed)
        let begin = (packet + 7) * line.side.heard.rate.hertz / 1_000
        let spoken = line.side.heard.samples[begin..<begin + line.side.heard.rate.hertz]
        let level = ToneMeter(hertz: 440, rate: line.side.heard.rate).level(of: Array(spoken).span)
        #expect(abs(level + 10) < 0.1)
        #expect(line.side.heard.samples[..<begin].allSatisfy { $0 == 0 })
        // A 20 ms Exotel echo breaks the chunk rule; nothing else is to be objected to.
        #expect(line.complaints.isEmpty || provider == .exotel)
    }

    @Test func `a lost packet is a gap for the ear and a loss in the count`() throws {
        let report = try looped(.twilio, dropping: [10], drain: true).side.report
        #expect(report.sent == .milliseconds(1_380))
        #expect(report.lostPackets == 1)
        #expect(report.gaps.count == 1)
        #expect(report.gaps.total == .milliseconds(20))
        #expect(report.roundTrips?.percentile(100) == .milliseconds(20))
    }

    @Test func `caller audio can end before the call so that nothing is under way`() throws {
        let report = try looped(.telnyx, delayMilliseconds: 30, drain: true).side.report
        #expect(report.heard == report.sent)
        #expect(report.lostPackets == 0)
        #expect(report.roundTrips?.count == 69)
    }

    @Test func `a far end that stops answering loses what was not under way`() throws {
        let report = try looped(.twilio, dropping: Set(51...200), seconds: 4).side.report
        // Sent at 1.02 s to 4 s; the last 500 ms count as under way.
        #expect(report.lostPackets == 124)
        #expect(report.roundTrips?.count == 50)
    }

    @Test func `round trips are matched by audio and not by message`() throws {
        var meter = EchoMeter(inbound: .hz8000, outbound: .hz16000)
        for packet in 0..<4 { meter.sent(samples: 160, at: .zero + .milliseconds(20 * packet)) }
        meter.arrived(samples: 640, at: .zero + .milliseconds(50))
        meter.arrived(samples: 641, at: .zero + .milliseconds(65))
        meter.finish(at: .zero + .seconds(1))
        #expect(meter.roundTrips.count == 4)
        #expect(meter.roundTrips.maximum == .milliseconds(50))
        #expect(try #require(meter.roundTrips.percentile(25)) < .microseconds(5_050))
        #expect(try #require(meter.roundTrips.percentile(50)) < .microseconds(25_250))
        #expect(meter.surplus == .nanoseconds(62_500))
        #expect(meter.lost == 0)
    }

    @Test func `percentiles are within a hundredth and add up over calls`() throws {
        var odd = LatencyHistogram()
        var even = LatencyHistogram()
        for value in 1...10_000 {
            if value.isMultiple(of: 2) { even.record(.microseconds(value)) } else { odd.record(.microseconds(value)) }
        }
        odd.add(even)
        #expect(odd.count == 10_000)
        #expect(odd.maximum == .microseconds(10_000))
        for percent in [1.0, 50, 90, 99, 99.9] {
            let exact = Duration.microseconds(Int(percent * 100))
            let found = try #require(odd.percentile(percent))
            #expect(found >= exact)
            #expect(found <= exact * 1.01)
        }
        #expect(LatencyHistogram().percentile(50) == nil)
    }
}
