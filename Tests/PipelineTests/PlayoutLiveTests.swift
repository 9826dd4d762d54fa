import Audio
import Call
import Testing

@testable import Pipeline

struct PlayoutLiveTests {
    /// A caller's frame each 20 ms for two seconds; those of a stall come together when it is over. Says how late each frame left.
    private func lateness(stall: Range<Int>, isLive: Bool) -> [Duration] {
        var run = PlayoutRun(isLive: isLive)
        run.now = .zero + .milliseconds(300)
        var due: [Moment] = []
        for frame in 0..<100 {
            run.now = run.now + .milliseconds(20)
            due.append(run.now)
            guard !stall.contains(frame) else { continue }
            for late in (frame == stall.upperBound ? stall.lowerBound : frame)...frame {
                run.say(Ramp.samples(from: late * 160, count: 160))
            }
            run.poll()
        }
        for _ in 0..<200 {
            run.now = run.now + .milliseconds(5)
            run.poll()
        }
        return zip(run.departures, due).map { $0 - $1 }
    }

    @Test(arguments: [1, 3, 10, 20])
    func `after a stall a live source is on time again`(frames: Int) {
        let late = lateness(stall: 40..<40 + frames, isLive: true)
        #expect(late.count == 100)
        #expect(late[..<40].allSatisfy { $0 == .zero })
        #expect(late[(40 + frames)...].allSatisfy { $0 == .zero })
    }

    @Test
    func `after a stall any other source keeps to the lead`() {
        let late = lateness(stall: 40..<50, isLive: false)
        #expect(late.count == 100)
        #expect(late[60...].allSatisfy { $0 >= .milliseconds(100) })
    }

    @Test
    func `a live source that bursts is paced from its first packet on`() {
        var run = PlayoutRun(isLive: true)
        run.now = .zero + .milliseconds(300)
        run.say(Ramp.samples(from: 0, count: 8_000))
        for _ in 0..<300 {
            run.poll()
            run.now = run.now + .milliseconds(5)
        }
        #expect(run.departures.count == 50)
        #expect(run.mostAhead <= .milliseconds(60))
    }

    @Test
    func `after a break that is no stall a live source begins anew`() {
        var run = PlayoutRun(isLive: true)
        run.say(Ramp.samples(from: 0, count: 160))
        run.poll()
        run.now = run.now + Playout.longestStall + .milliseconds(40)
        run.say(Ramp.samples(from: 160, count: 8_000))
        for _ in 0..<300 {
            run.poll()
            run.now = run.now + .milliseconds(5)
        }
        #expect(run.mostAhead <= .milliseconds(60))
    }

    @Test
    func `what was caught up is still at the provider when the caller interrupts`() {
        var run = PlayoutRun(isLive: true)
        run.say(Ramp.samples(from: 0, count: 160))
        run.poll()
        run.now = run.now + .milliseconds(420)
        run.say(Ramp.samples(from: 160, count: 3_200))
        run.poll()
        run.now = run.now + .milliseconds(300)
        run.interrupt()
        #expect(run.sent.last == .clear)
    }
}
