import Audio
import Call
import Testing

@testable import Pipeline

struct PlayoutMarkTests {
    /// How many samples left before the mark.
    private func samplesBefore(_ name: String, _ run: PlayoutRun) -> Int? {
        guard let index = run.sent.firstIndex(of: .mark(name)) else { return nil }
        return run.sent[..<index].reduce(0) { if case .audio(let samples) = $1 { $0 + samples.count } else { $0 } }
    }

    @Test
    func `a mark with nothing before it leaves at once`() {
        var run = PlayoutRun()
        run.playout.append(mark: "m")
        run.poll()
        #expect(run.sent == [.mark("m")])
    }

    @Test
    func `a mark leaves in the turn of the packet that holds the last sample before it`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 800))
        run.playout.append(mark: "m")
        run.say(Ramp.samples(from: 800, count: 800))
        run.drain()
        #expect(samplesBefore("m", run) == 800)
    }

    @Test
    func `a mark in the middle of a packet leaves behind that packet`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 200))
        run.playout.append(mark: "m")
        run.say(Ramp.samples(from: 200, count: 600))
        run.drain()
        #expect(samplesBefore("m", run) == 320)
    }

    @Test
    func `marks keep their order`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 170))
        run.playout.append(mark: "a")
        run.playout.append(mark: "b")
        run.say(Ramp.samples(from: 170, count: 10))
        run.playout.append(mark: "c")
        run.drain()
        #expect(run.sent.suffix(3) == [.mark("a"), .mark("b"), .mark("c")])
    }

    @Test
    func `a mark waits for the samples that are still inside the filter`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 4_800), at: .hz24000)
        run.playout.append(mark: "m")
        run.say(Ramp.samples(from: 4_800, count: 4_800), at: .hz24000)
        run.drain()
        let before = samplesBefore("m", run) ?? 0
        #expect(before >= 1_600 && before <= 1_600 + 160)
        #expect(run.audio.count == 3_200)
    }

    @Test
    func `a mark behind a filter's tail leaves when a pause flushes it`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 480), at: .hz24000)
        run.playout.append(mark: "m")
        run.drain()
        #expect(samplesBefore("m", run) == 160)
    }

    @Test(arguments: UInt64(0)..<20)
    func `no mark ever leaves before a sample that was said before it`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var run = PlayoutRun(resamplers: FakeResamplers(delay: Int64.random(in: 0...9_000_000, using: &random)))
        var said = 0
        var marks: [(name: String, after: Int)] = []
        for turn in 0..<300 {
            let count = Int.random(in: 1...40, using: &random) * 3
            run.say(Array(repeating: 1, count: count), at: .hz24000)
            said += count / 3
            if Int.random(in: 0..<4, using: &random) == 0 {
                run.playout.append(mark: "\(turn)")
                marks.append(("\(turn)", said))
            }
            run.advance(.milliseconds(Int.random(in: 0...2, using: &random)))
        }
        run.drain()
        for mark in marks {
            let before = samplesBefore(mark.name, run) ?? -1
            #expect(before >= mark.after && before < mark.after + 320)
        }
    }

    @Test
    func `keys leave after the words before them and before the words behind them`() {
        var run = PlayoutRun()
        run.say(Ramp.samples(from: 0, count: 100))
        run.playout.append(keys: [.one, .pound])
        run.say(Ramp.samples(from: 100, count: 160))
        run.drain()
        #expect(run.sent.count == 3)
        #expect(run.sent[1] == .keys([.one, .pound]))
    }
}
