import Audio
import Bots
import Call
import Testing

@testable import Pipeline

/// Interruptions that are gone on from. Segments are 250 ms long, so that 25 windows of 10 ms are one segment.
struct DrillResumeTests {
    private typealias Run = HeardTones.Run

    private func tones(_ run: DrillRun) -> [Run] { HeardTones(run.heard, voice: 0).tones }
    private func whole(_ numbers: some Sequence<Int>) -> [Run] { numbers.map { Run(tone: $0, milliseconds: 250) } }

    /// The segments that were heard whole, and those of which a piece was heard: each must be the one that follows whole.
    private func pieces(_ runs: [Run]) -> (whole: [Int], cut: [Int]) {
        (
            runs.filter { $0.milliseconds == 250 }.compactMap(\.tone), runs.filter { $0.milliseconds != 250 }.compactMap(\.tone)
        )
    }

    @Test(arguments: Array(stride(from: 1, through: 139, by: 3)))
    func `after speech it goes on with the first segment that was not heard`(steps: Int) throws {
        let run = try DrillRun(["greet": "12", "reply": "4", "then": "resume"])
        run.step(times: steps)
        run.step(.speech, times: 20)
        #expect(run.clears == 1)
        run.step(times: 250)
        let heard = pieces(tones(run))
        #expect(heard.whole == Array(0..<12))
        #expect(heard.cut.count <= 1)
        #expect(run.confirmed == (0..<12).map { "s\($0)" })
    }

    @Test(arguments: Array(stride(from: 1, through: 140, by: 7)))
    func `after several interruptions no segment is lost and none is heard twice`(steps: Int) throws {
        let run = try DrillRun(["greet": "12", "then": "resume"])
        for _ in 0..<5 {
            run.step(times: steps)
            run.step(.speech, times: 8)
            run.step(times: 15)
        }
        run.step(times: 250)
        #expect(Array(pieces(tones(run)).whole.prefix(12)) == Array(0..<12))
        #expect(Set(run.confirmed).count == run.confirmed.count)
    }

    @Test
    func `after a key it goes on when half a second has passed`() throws {
        let run = try DrillRun(["greet": "8", "then": "resume"])
        run.step(times: 40)
        run.press("1")
        run.step(.absent, times: 200)
        let runs = HeardTones(run.heard, voice: 0).runs
        #expect(pieces(runs.filter { $0.tone != nil }).whole == Array(0..<8))
        let silence = runs.dropLast().first { $0.tone == nil }
        #expect((480...520).contains(silence?.milliseconds ?? 0))
    }

    @Test
    func `a further key and speech put off the going on`() throws {
        let run = try DrillRun(["greet": "8", "then": "resume"])
        run.step(times: 40)
        run.press("1")
        run.step(times: 20)
        run.press("2")
        run.step(times: 20)
        #expect(run.heard.suffix(160).allSatisfy { $0 == 0 })
        run.step(.speech, times: 40)
        #expect(run.heard.suffix(160).allSatisfy { $0 == 0 })
        run.step(times: 200)
        #expect(run.counters.interruptions == 1)
        #expect(pieces(tones(run)).whole == Array(0..<8))
    }

    @Test
    func `restart says the utterance again from its first segment`() throws {
        let run = try DrillRun(["greet": "4", "reply": "6", "then": "restart"])
        run.step(times: 60)
        run.step(.speech, times: 20)
        run.step(times: 60)
        run.step(.speech, times: 20)
        run.step(times: 200)
        #expect(run.clears == 1)
        #expect(pieces(tones(run)).whole == [0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9])
    }

    @Test
    func `no reply follows what was gone on from`() throws {
        for then in ["resume", "restart"] {
            let run = try DrillRun(["greet": "6", "reply": "4", "then": then])
            run.step(times: 20)
            run.step(.speech, times: 20)
            run.step(times: 200)
            #expect(!tones(run).contains { $0.tone == 6 })
            run.step(.speech, times: 20)
            run.step(times: 200)
            #expect(tones(run).suffix(4) == whole(6..<10)[...])
        }
    }

    @Test
    func `marks that a clear threw back do not count as heard`() throws {
        let run = try DrillRun(["greet": "8", "segment_ms": "100", "then": "resume"])
        run.step(times: 18)
        run.press("1")
        run.step(times: 100)
        #expect(tones(run).filter { $0.milliseconds == 100 }.compactMap(\.tone) == Array(0..<8))
    }

    @Test
    func `an interruption before the end of the last words is gone on from before the call ends`() throws {
        let run = try DrillRun(["greet": "6", "then": "resume", "hang_up": "after_greeting"])
        run.step(times: 70)
        run.step(.speech, times: 10)
        run.step(times: 100)
        #expect(pieces(tones(run)).whole == Array(0..<6))
        #expect(run.words.last == "finished completed")
    }

    @Test
    func `keys that wait are said after what was interrupted`() throws {
        let run = try DrillRun(["greet": "4", "keys": "repeat", "interrupt": "speech", "then": "resume"])
        run.step(times: 10)
        run.press("9")
        run.step(.speech, times: 10)
        run.press("8")
        run.step(times: 150)
        #expect(pieces(tones(run)).whole == [0, 1, 2, 3, 9, 8])
    }

    @Test
    func `an interruption from elsewhere is treated as one by a key`() throws {
        let run = try DrillRun(["greet": "8", "then": "resume"])
        run.step(times: 40)
        run.call.push(.interruption)
        run.step(times: 200)
        #expect(run.clears == 1)
        #expect(pieces(tones(run)).whole == Array(0..<8))
    }
}
