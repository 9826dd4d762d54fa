import Audio
import Call
import Testing

@testable import Pipeline

struct PlayoutInterruptionTests {
    @Test
    func `an interruption drops what waits and clears what the provider holds`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 8_000))
        run.playout.append(mark: "m")
        run.advance(.milliseconds(100))
        let packets = run.packets
        run.interrupt()
        run.drain()
        #expect(run.packets == packets)
        #expect(run.sent.last == .clear)
    }

    @Test
    func `there is no clear when the provider has played everything`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 160))
        run.poll()
        run.advance(.milliseconds(20) + Playout.providerDelay)
        run.interrupt()
        #expect(!run.sent.contains(.clear))
    }

    @Test
    func `there is a clear while the provider may be late`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 160))
        run.poll()
        run.advance(.milliseconds(15) + Playout.providerDelay)
        run.interrupt()
        #expect(run.sent.last == .clear)
        run.interrupt()
        #expect(run.sent.filter { $0 == .clear }.count == 1)
    }

    @Test
    func `there is no clear when nothing was ever said`() {
        var run = PlayoutRun()
        run.interrupt()
        #expect(run.sent.isEmpty)
    }

    @Test
    func `there is no second clear for the same audio`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 480))
        run.poll()
        run.interrupt()
        run.interrupt()
        #expect(run.sent.filter { $0 == .clear }.count == 1)
    }

    @Test
    func `what is said after the interruption leaves at once and up to the lead`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 8_000))
        run.advance(.milliseconds(10))
        run.interrupt()
        run.say(Array(repeating: 2, count: 8_000))
        run.poll()
        #expect(run.sent.suffix(3) == Array(repeating: .audio(Array(repeating: 2, count: 160)), count: 3))
    }

    @Test
    func `the partial packet and the filter's tail of the interrupted words are never heard`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 600), at: .hz24000)
        run.poll()
        run.interrupt()
        run.say(Array(repeating: 2, count: 480), at: .hz24000)
        run.drain()
        #expect(run.audio.count(where: { $0 == 1 }) == 160)
        #expect(run.audio.count(where: { $0 == 2 }) == 160)
    }

    @Test
    func `uninterruptible audio survives and no clear drops it`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 8_000), isInterruptible: false)
        run.advance(.milliseconds(100))
        run.say(Array(repeating: 2, count: 8_000))
        run.interrupt()
        run.drain()
        #expect(run.audio == Array(repeating: 1, count: 8_000))
        #expect(!run.sent.contains(.clear))
    }

    @Test
    func `an uninterruptible partial packet survives an interruption and leaves before the end`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 100), isInterruptible: false)
        run.playout.end()
        run.interrupt()
        run.drain()
        #expect(run.sent == [.audio(Array(repeating: 1, count: 100) + Array(repeating: 0, count: 60)), .allSent])
    }

    @Test
    func `the filter's tail of uninterruptible words survives`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 2_400), at: .hz24000, isInterruptible: false)
        run.poll()
        run.interrupt()
        run.playout.endUtterance()
        run.drain()
        #expect(run.audio == Array(repeating: 1, count: 800))
    }

    @Test
    func `words that may be dropped do not take the filter's tail of those that may not`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 2_400), at: .hz24000, isInterruptible: false)
        run.say(Array(repeating: 2, count: 2_400), at: .hz24000)
        run.interrupt()
        run.playout.endUtterance()
        run.drain()
        #expect(run.audio == Array(repeating: 1, count: 800))
    }

    @Test
    func `a clear comes again once the uninterruptible audio has played`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 160), isInterruptible: false)
        run.say(Array(repeating: 2, count: 8_000))
        run.poll()
        run.interrupt()
        #expect(!run.sent.contains(.clear))
        run.say(Array(repeating: 3, count: 8_000))
        run.advance(.milliseconds(20))
        run.interrupt()
        #expect(run.sent.last == .clear)
    }

    @Test
    func `marks and keys that are marked uninterruptible survive`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 8_000))
        run.playout.append(mark: "kept", isInterruptible: false)
        run.playout.append(mark: "dropped")
        run.playout.append(keys: [.five], isInterruptible: false)
        run.playout.append(keys: [.six])
        run.interrupt()
        run.drain()
        #expect(run.sent == [.mark("kept"), .keys([.five])])
    }

    @Test
    func `an uninterruptible mark leaves although the audio before it was dropped`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 100))
        run.playout.append(mark: "kept", isInterruptible: false)
        run.playout.append(mark: "dropped")
        run.poll()
        run.interrupt()
        run.drain()
        #expect(run.sent == [.mark("kept")])
    }

    @Test
    func `a mark that is due but was not taken does not follow the clear`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 100))
        run.playout.append(mark: "m")
        run.playout.endUtterance()
        guard case .audio = run.playout.poll(at: run.now) else { Issue.record("no packet"); return }
        let isClearDue = run.playout.interrupt(at: run.now)
        #expect(isClearDue)
        run.poll()
        #expect(run.sent.isEmpty)
    }

    @Test
    func `an interruption while the call ends drops the words and keeps the end`() {
        var run = PlayoutRun()
        run.say(Array(repeating: 1, count: 8_000))
        run.playout.end()
        run.poll()
        run.interrupt()
        run.drain()
        #expect(run.sent.suffix(2) == [.clear, .allSent])
    }
}
