import Audio
import Call
import SpeexAudio
import Testing

@testable import Simulation

/// What a load finds out about the echo of its own audio.
struct EchoSignatureTests {
    private static let book = SignatureBook(inbound: .muLaw8000, outbound: .muLaw8000)

    /// What the call of a number says in one packet, as it comes back unchanged.
    private func packet(_ number: Int, call: Int = 7) -> [Int16] {
        var samples: [Int16] = []
        let bytes = CallSignature(Self.book, call: call, for: .twilio).packet(number)
        MuLaw.decode(bytes.span, into: &samples)
        return samples
    }

    /// A hundred packets, one each 20 ms, and what comes back of them, 5 ms later.
    private func echo(_ change: (inout [[Int16]]) -> Void) -> EchoMeter {
        var meter = EchoMeter(inbound: .hz8000, outbound: .hz8000, signature: CallSignature(Self.book, call: 7, for: .twilio))
        var back = (0..<100).map { packet($0) }
        change(&back)
        for index in 0..<max(100, back.count) {
            let sentAt = Moment.zero + .milliseconds(20 * index)
            if index < 100 { meter.sent(samples: 160, at: sentAt) }
            let samples = index < back.count ? back[index] : []
            if !samples.isEmpty { meter.arrived(samples.span, at: sentAt + .milliseconds(5)) }
        }
        meter.finish(at: .zero + .seconds(10))
        return meter
    }

    private func tally(_ change: (inout [[Int16]]) -> Void) -> EchoTally { echo(change).tally }

    @Test func `a pure echo is recognised bit by bit`() {
        let meter = echo { _ in }
        #expect(meter.tally.exact == 100)
        #expect(meter.tally.isWhole)
        #expect(meter.roundTrips.count == 100)
        #expect(meter.roundTrips.maximum == .milliseconds(5))
    }

    @Test func `no two sounds are alike`() {
        var most = 0.0
        for one in 0..<SignatureBook.count {
            let samples = sound(one)
            for other in 0..<SignatureBook.count where other != one {
                most = max(most, Self.book.likeness(other, samples.span, from: 0))
            }
        }
        #expect(most < 0.8)
    }

    /// Found in the calls' own packets: any call says it somewhere.
    private func sound(_ number: Int) -> [Int16] {
        for place in 0... where SignatureBook.sound(call: 1, place: place) == number {
            return Array(packet(place / 2, call: 1)[place % 2 * 80..<place % 2 * 80 + 80])
        }
        return []
    }

    @Test func `one sample that differs is found`() {
        let tally = tally { $0[50][33] = $0[50][33] == 1_000 ? 2_000 : 1_000 }
        #expect(tally.changed == 1)
        #expect(tally.exact == 99)
        #expect(tally.lost == 0)
        #expect(!tally.isWhole)
    }

    @Test func `a packet of noise in place of one is changed and not lost`() {
        let tally = tally { $0[50] = (0..<160).map { Int16(truncatingIfNeeded: ($0 &* 7_919 % 613) &* 50 - 15_000) } }
        #expect(tally.changed == 1)
        #expect(tally.exact == 99)
        #expect(tally.lost == 0)
    }

    @Test func `the audio of another call is told from its own`() {
        let tally = tally { back in
            for index in 50..<60 { back[index] = packet(index, call: 8) }
        }
        #expect(tally.foreign == 10)
        #expect(tally.lost == 10)
        #expect(tally.exact == 90)
    }

    @Test func `a packet that is left out is one loss and no latency`() {
        let meter = echo { $0[50] = [] }
        #expect(meter.tally.lost == 1)
        #expect(meter.tally.exact == 99)
        #expect(meter.tally.changed + meter.tally.foreign == 0)
        #expect(meter.roundTrips.maximum == .milliseconds(5))
    }

    @Test func `a packet that comes again and one that comes too late are named`() {
        let doubled = tally { $0.insert($0[50], at: 51) }
        #expect(doubled.doubled == 1)
        #expect(doubled.lost == 0)
        let swapped = tally { back in
            back[51] += back[50]
            back[50] = []
        }
        #expect(swapped.misordered == 1)
        #expect(swapped.lost == 0)
    }

    @Test func `audio that lost a few samples is understood again`() {
        let tally = tally { back in back[50].removeFirst(37) }
        #expect(tally.lost + tally.changed >= 1)
        #expect(tally.lost + tally.changed <= 3)
        #expect(tally.exact >= 97)
    }

    @Test func `silence in between is neither changed nor foreign`() {
        let tally = tally { $0.insert(Array(repeating: 0, count: 800), at: 0) }
        #expect(tally.isWhole)
        #expect(tally.exact + tally.alike == 100)
    }

    @Test func `a far end that says something else is not taken for an echo`() {
        var tone = Tone(hertz: 440, level: -10, rate: .hz8000)
        let tally = tally { $0 = $0.map { _ in tone.next(milliseconds: 20).samples } }
        #expect(tally.exact + tally.alike + tally.foreign == 0)
        #expect(tally.changed > 0)
    }

    @Test(arguments: [SampleRate.hz16000, .hz24000]) func `an echo through two resamplers is alike and in place`(rate: SampleRate)
        throws
    {
        var up = try #require(SpeexResamplerFactory().makeResampler(from: .hz8000, to: rate))
        var down = try #require(SpeexResamplerFactory().makeResampler(from: rate, to: .hz8000))
        let tally = tally { back in
            back = (back + [Array(repeating: 0, count: 320)]).map { samples in
                var wide: [Int16] = []
                var narrow: [Int16] = []
                up.process(samples.span, into: &wide)
                down.process(wide.span, into: &narrow)
                return narrow
            }
        }
        #expect(tally.isWhole)
        #expect(tally.exact + tally.alike == 100)
    }

    @Test func `round trips outside the window are kept apart`() {
        var meter = EchoMeter(inbound: .hz8000, outbound: .hz8000, signature: CallSignature(Self.book, call: 7, for: .twilio))
        meter.window = .zero + .milliseconds(100)..<(.zero + .milliseconds(200))
        for index in 0..<20 {
            let sentAt = Moment.zero + .milliseconds(20 * index)
            meter.sent(samples: 160, at: sentAt)
            let samples = packet(index)
            meter.arrived(samples.span, at: sentAt + .milliseconds(index < 5 ? 90 : index < 10 ? 61 : 1))
        }
        #expect(meter.tally.measuredPackets == 5)
        #expect(meter.roundTrips.count == 5)
        #expect(meter.roundTrips.maximum == .milliseconds(61))
        #expect(meter.tally.late == 5)
        #expect(meter.longestBefore == .milliseconds(90))
    }
}
