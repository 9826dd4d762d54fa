import Audio
import Call
import Testing

@testable import Pipeline

struct PlayoutTests {
    // MARK: Utterances

    @Test
    func `an utterance's last partial packet is padded and sent`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 200))
        run.playout.endUtterance()
        run.poll()
        #expect(run.audio == Ramp.samples(from: 0, count: 200) + Array(repeating: 0, count: 120))
    }

    @Test
    func `an utterance that fills its packets is padded with nothing`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 320))
        run.playout.endUtterance()
        run.playout.endUtterance()
        run.drain()
        #expect(run.audio == Ramp.samples(from: 0, count: 320))
    }

    @Test
    func `a pause of 60 ms flushes a partial packet and no shorter one does`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 100))
        run.poll()
        #expect(run.wake == .zero + .milliseconds(60))
        run.advance(.milliseconds(59))
        #expect(run.packets == 0)
        run.advance(.milliseconds(1))
        #expect(run.audio == Ramp.samples(from: 0, count: 100) + Array(repeating: 0, count: 60))
    }

    @Test
    func `a large packet waits for more while the bot goes on speaking`() {
        var run = PlayoutRun.large()
        for frame in 0..<10 {
            run.say(Ramp.samples(from: frame * 160, count: 160))
            run.poll()
            #expect(run.packets == (frame == 9 ? 1 : 0))
            run.advance(.milliseconds(20))
        }
        #expect(run.audio == Ramp.samples(from: 0, count: 1_600))
    }

    @Test
    func `a partial packet that may not leave yet can still be filled`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 8_080))
        run.poll()
        for _ in 0..<47 { run.advance(.milliseconds(20)) }
        #expect(run.packets == 50)
        run.advance(.milliseconds(15))
        run.say(Ramp.samples(from: 8_080, count: 80))
        run.drain()
        #expect(run.audio == Ramp.samples(from: 0, count: 8_160))
    }

    @Test(arguments: UInt64(0)..<20)
    func `every sample comes out once and in order, however it is cut`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var run = PlayoutRun(PlayoutProfile(packetSamples: [160, 320, 1_600, 147].randomElement(using: &random) ?? 160))
        var said = 0
        while said < 40_000 {
            let count =
                Bool.random(using: &random) ? Int.random(in: 1...20, using: &random) : Int.random(in: 1...4_000, using: &random)
            run.say(Ramp.samples(from: said, count: count))
            said += count
            if Bool.random(using: &random) { run.advance(.milliseconds(Int.random(in: 0...30, using: &random))) }
        }
        run.playout.end()
        run.drain()
        // Silence stands only where a pause flushed a packet; the ramp has no zero.
        #expect(run.audio.filter { $0 != 0 } == Ramp.samples(from: 0, count: said))
        #expect(run.playout.droppedSamples == 0)
        #expect(run.sent.last == .allSent)
    }

    // MARK: Rates

    @Test(arguments: UInt64(0)..<10, [SampleRate.hz24000, .hz16000, .hz22050])
    func `converted audio comes out whole, the held tail included`(seed: UInt64, source: SampleRate) {
        var random = SplitMix64(state: seed)
        let spoken = Ramp.samples(from: 0, count: 24_000)
        var whole: [Int16] = []
        var reference = FakeResampler(from: source, to: .hz8000, delay: 0)
        reference.process(spoken.span, into: &whole)

        var run = PlayoutRun()
        var said = 0
        while said < spoken.count {
            let count = min(Int.random(in: 1...1_500, using: &random), spoken.count - said)
            run.say(Array(spoken[said..<said + count]), at: source)
            run.poll()
            said += count
        }
        run.playout.endUtterance()
        run.drain()
        #expect(run.audio.filter { $0 != 0 } == whole)
    }

    @Test
    func `the filter's tail is flushed by a pause`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 480), at: .hz24000)
        run.drain()
        #expect(run.audio.count == 160 && !run.audio.contains(0))
    }

    @Test
    func `audio at the stream's own rate comes after the tail of what was converted`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 960), at: .hz24000)
        run.say(Array(repeating: 2, count: 160))
        run.say(Array(repeating: 3, count: 320), at: .hz16000)
        run.drain()
        #expect(run.audio == [1, 1, 2, 3].flatMap { Array(repeating: $0, count: 160) })
    }

    @Test
    func `a rate that cannot be converted is refused and what was said before it stays whole`() {
        var run = PlayoutRun(resamplers: FakeResamplers(refused: .hz44100))
        run.say(Array(repeating: 1, count: 480), at: .hz24000)
        let isTaken = run.say(Array(repeating: 2, count: 441), at: .hz44100)
        #expect(!isTaken)
        run.drain()
        #expect(run.audio == Array(repeating: 1, count: 160))
    }

    // MARK: Limits

    @Test
    func `past the longest queue the oldest is dropped and counted`() {
        var run = PlayoutRun()
        for second in 0..<40 { run.say(Array(repeating: Int16(second + 1), count: 8_000)) }
        #expect(run.playout.droppedSamples == 80_000)
        run.poll()
        #expect(run.audio.first == 11)
    }

    @Test
    func `a single frame may be longer than the queue`() {
        var run = PlayoutRun()
        run.say((0..<60).flatMap { Array(repeating: Int16($0 + 1), count: 8_000) })
        #expect(run.playout.droppedSamples == 0)
        run.drain()
        #expect(run.audio.count == 480_000)
        #expect(run.audio.first == 1 && run.audio.last == 60)
    }

    @Test
    func `a long frame behind another long one takes its place`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 320_000))
        run.say(Array(repeating: 2, count: 320_000))
        #expect(run.playout.droppedSamples == 320_000)
        run.drain()
        #expect(run.audio.count == 320_000 && run.audio.allSatisfy { $0 == 2 })
    }

    @Test
    func `single samples past the longest queue drop the oldest too`() {
        var run = PlayoutRun()
        for sample in 0..<250_000 { run.say(Ramp.samples(from: sample, count: 1)) }
        #expect(run.playout.droppedSamples == 10_000)
        run.poll()
        #expect(run.audio.first == Ramp.samples(from: 10_000, count: 1)[0])
    }

    @Test
    func `marks past the limit are refused and the earlier ones leave`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 1_600))
        let taken = (0..<5_000).filter { run.playout.append(mark: "\($0)") }
        #expect(taken.count == Playout.mostCommands)
        run.drain()
        #expect(run.sent.filter { if case .mark = $0 { true } else { false } }.count == Playout.mostCommands)
        let isTaken = run.playout.append(mark: "again")
        #expect(isTaken)
    }

    // MARK: End

    @Test
    func `the end comes after everything, its partial packet included`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 200))
        run.playout.append(mark: "last")
        run.playout.end()
        run.poll()
        #expect(run.sent.suffix(2) == [.mark("last"), .allSent])
        #expect(run.packets == 2)
    }

    @Test
    func `nothing that is appended after the end is sent`() {
        var run = PlayoutRun()
        run.playout.end()
        run.say(Ramp.samples(from: 0, count: 160))
        run.playout.append(mark: "late")
        run.playout.append(keys: [.one])
        run.playout.endUtterance()
        run.playout.end()
        run.drain()
        #expect(run.sent == [.allSent])
    }
}
