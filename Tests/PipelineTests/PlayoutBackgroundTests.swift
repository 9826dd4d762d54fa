import Audio
import Call
import Testing

@testable import Pipeline

/// A background sound under what the bot says.
struct PlayoutBackgroundTests {
    private func background(_ level: Int16 = 1_000) -> PlayoutRun {
        var run = PlayoutRun()
        let sound = PCM16(samples: Array(repeating: level, count: 800), rate: .hz8000)
        run.playout.background = BackgroundMixer(["hum": sound], sound: "hum", isEnabled: true, volume: 1, loops: true)
        return run
    }

    private func advance(_ run: inout PlayoutRun, _ milliseconds: Int) {
        for _ in 0..<milliseconds { run.advance(.milliseconds(1)) }
    }

    @Test func `output never pauses, and leaves at the pace of the line`() throws {
        var run = background()
        run.poll()
        advance(&run, 1_000)
        #expect(run.audio == Array(repeating: 1_000, count: run.audio.count))
        #expect(run.audio.count == 8_000 + 480)
        #expect(run.mostAhead == .milliseconds(60))
        #expect(run.asked == [])
    }

    @Test func `speech is added to the sound`() throws {
        var run = background()
        run.poll()
        advance(&run, 100)
        run.say(Array(repeating: 5_000, count: 800))
        advance(&run, 500)
        #expect(run.audio.count { $0 == 6_000 } == 800)
        #expect(run.audio.allSatisfy { $0 == 6_000 || $0 == 1_000 })
    }

    @Test func `a clear silences speech at once and the sound goes on`() throws {
        var run = background()
        run.poll()
        run.say(Array(repeating: 5_000, count: 8_000))
        advance(&run, 300)
        let before = run.sent.count
        run.interrupt()
        #expect(run.sent.last == .clear)
        advance(&run, 300)
        for sent in run.sent[(before + 1)...] { if case .audio(let samples) = sent { #expect(samples.allSatisfy { $0 == 1_000 }) } }
        #expect(run.sent.count > before + 15)
    }

    @Test func `an interruption of the sound alone clears nothing`() throws {
        var run = background()
        run.poll()
        advance(&run, 300)
        run.interrupt()
        #expect(!run.sent.contains(.clear))
    }

    @Test func `while speech is held the sound goes on, and no sample is lost`() throws {
        var run = background(0)
        run.poll()
        run.say(Ramp.samples(from: 1, count: 4_000))
        advance(&run, 200)
        run.playout.hold(at: run.now)
        advance(&run, 400)
        run.playout.resume(at: run.now)
        advance(&run, 1_000)
        #expect(run.audio.filter { $0 != 0 } == Ramp.samples(from: 1, count: 4_000))
        #expect(run.mostAhead <= .milliseconds(60))
    }

    @Test func `a sound that is switched off leaves silence`() throws {
        var run = background()
        run.poll()
        advance(&run, 100)
        #expect(run.playout.background?.apply(BackgroundSetting(isEnabled: false)) == nil)
        let before = run.packets
        advance(&run, 500)
        #expect(run.packets == before)
    }
}
