import Audio
import Call
import Testing

@testable import Pipeline

struct PlayoutPacingTests {
    /// Ticks for ten minutes, the bot always half a second ahead, and says how far what was sent is from real time.
    private func drift(_ run: inout PlayoutRun, minutes: Int = 10, tick: () -> Duration) -> Duration {
        let second = Ramp.samples(from: 0, count: run.rate.hertz)
        var said = 0
        let end = Moment.zero + .seconds(60 * minutes)
        while run.now < end {
            while said * run.rate.hertz < run.samplesSent + run.rate.hertz / 2 {
                run.say(second)
                said += 1
            }
            run.poll()
            run.now = run.now + tick()
        }
        run.poll()
        return .nanoseconds(run.rate.nanoseconds(ofSamples: run.samplesSent)) - (run.now - .zero)
    }

    @Test(arguments: [SampleRate.hz8000, .hz16000, .hz22050, .hz24000])
    func `an hour of speech does not drift by a packet at any rate`(rate: SampleRate) {
        var run = PlayoutRun(rate: rate)
        let ahead = drift(&run, minutes: 60) { .milliseconds(20) }
        #expect(ahead > .milliseconds(40) && ahead <= .milliseconds(60))
        #expect(run.mostAhead <= .milliseconds(60))
    }

    @Test
    func `a rate whose packets are no whole nanoseconds does not drift either`() {
        var run = PlayoutRun(PlayoutProfile(packetSamples: 161), rate: .hz22050)
        let ahead = drift(&run, minutes: 60) { .milliseconds(5) }
        #expect(ahead > .milliseconds(47) && ahead <= .milliseconds(60))
        #expect(run.mostAhead <= .milliseconds(60) + .nanoseconds(1))
    }

    @Test
    func `irregular ticks that come before the lead has played leave no gap and no drift`() {
        var run = PlayoutRun()
        var random = SplitMix64(state: 1)
        let ahead = drift(&run) { .milliseconds(5 * Int.random(in: 1...8, using: &random)) }
        #expect(ahead > .zero && ahead <= .milliseconds(60))
        #expect(run.mostAhead <= .milliseconds(60))
    }

    @Test
    func `ticks up to 200 ms late make gaps and never a burst`() {
        var run = PlayoutRun()
        var random = SplitMix64(state: 2)
        var late = Duration.zero
        _ = drift(&run) {
            let tick = Duration.milliseconds(
                Int.random(in: 0..<50, using: &random) == 0 ? Int.random(in: 61...200, using: &random) : 5)
            if tick > .milliseconds(60) { late += tick - .milliseconds(40) }
            return tick
        }
        #expect(run.mostAhead <= .milliseconds(60))
        let spoken = Duration.nanoseconds(run.rate.nanoseconds(ofSamples: run.samplesSent))
        #expect(spoken >= run.now - .zero - late)
    }

    @Test
    func `after a stall the provider is filled to the lead and no further`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 16_000))
        run.poll()
        #expect(run.packets == 3)
        run.advance(.milliseconds(700))
        #expect(run.packets == 6)
        run.advance(.milliseconds(19))
        #expect(run.packets == 6)
        run.advance(.milliseconds(1))
        #expect(run.packets == 7)
    }

    @Test
    func `a large packet is sent one ahead`() {
        var run = PlayoutRun.large()
        run.say(Ramp.samples(from: 0, count: 16_000))
        run.poll()
        #expect(run.packets == 1)
        run.drain()
        let gaps = zip(run.departures, run.departures.dropFirst()).map { $1 - $0 }
        #expect(gaps == [.milliseconds(180)] + Array(repeating: .milliseconds(200), count: 8))
        #expect(run.mostAhead == .milliseconds(220))
    }

    @Test
    func `a lead shorter than a packet sends when the provider runs dry`() {
        var run = PlayoutRun(PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(60)))
        run.say(Ramp.samples(from: 0, count: 4_800))
        run.drain()
        #expect(run.departures.map { $0 - .zero } == [.zero, .milliseconds(200), .milliseconds(400)])
    }

    @Test
    func `a frame that is due leaves in the same turn`() {
        var run = PlayoutRun()
        run.now = run.now + .seconds(5)
        run.say(Ramp.samples(from: 0, count: 160))
        run.poll()
        #expect(run.departures == [run.now])
    }

    @Test
    func `the pacer sleeps until the next packet may leave and then sends it`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 8_000))
        run.poll()
        for expected in 4...20 {
            let wake = run.wake ?? .zero
            #expect(wake > run.now)
            run.now = wake - .nanoseconds(1)
            run.poll()
            #expect(run.packets == expected - 1)
            run.now = wake
            run.poll()
            #expect(run.packets == expected)
        }
    }

    @Test
    func `a pacer with nothing to say asks for no wake`() {
        var run = PlayoutRun()
        run.poll()
        #expect(run.wake == nil)
        run.say(Ramp.samples(from: 0, count: 320))
        run.drain()
        #expect(run.packets == 2)
    }
}
