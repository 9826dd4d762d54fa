import Audio
import Call
import Testing

@testable import Recording

/// What the caller heard of the bot, by the place of each sample.
@Suite struct BotTrackTests {
    /// A call whose caller is on a good line and counts, so that the bot's track has something to be measured against.
    private struct Scene {
        var call: RecordedCall
        var spoken = 0
        var sent = 0

        init(outbound: SampleRate = .hz8000, masksKeys: Bool = false) throws {
            call = try RecordedCall(.separate, outbound: outbound, masksKeys: masksKeys)
        }

        /// The caller goes on talking up to a moment.
        mutating func go(to milliseconds: Int) {
            while (spoken + 160) / 8 <= milliseconds {
                call.hear(Count.samples(spoken..<spoken + 160), at: .milliseconds(Double((spoken + 160) / 8)))
                spoken += 160
            }
            call.wait(until: .milliseconds(Double(milliseconds)))
        }

        /// Packets of 20 ms leave at once and play one behind the other from a moment on.
        mutating func say(packets: Int, playingAt milliseconds: Double, rate: Int = 8) {
            for packet in 0..<packets {
                let samples = Count.samples(sent..<sent + 20 * rate)
                call.recorder.sent(
                    samples.span, position: sent, playsAt: .milliseconds(milliseconds + Double(packet) * 20))
                sent += 20 * rate
            }
        }

        mutating func finish(at milliseconds: Int) -> [[Int16]] {
            go(to: milliseconds)
            return call.finish(at: .milliseconds(Double(milliseconds)))
        }
    }

    @Test func `what was said is where it played, and silence is between`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        scene.say(packets: 50, playingAt: 1_000)
        scene.go(to: 4_000)
        scene.say(packets: 10, playingAt: 4_003.5)
        let tracks = scene.finish(at: 10_000)
        #expect(firstDifference(tracks[0], Count.samples(0..<80_000)) == nil)
        var expected = [Int16](repeating: 0, count: 80_000)
        expected.replaceSubrange(8_000..<16_000, with: Count.samples(0..<8_000))
        expected.replaceSubrange(32_028..<33_628, with: Count.samples(8_000..<9_600))
        #expect(firstDifference(tracks[1], expected) == nil)
    }

    @Test func `the provider's word of what it has played moves a whole stretch, and the next one with it`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        scene.say(packets: 50, playingAt: 1_000)
        // It played 180 ms later than our clock thought; the other confirmation was late itself.
        scene.go(to: 1_740)
        scene.call.recorder.confirmed(position: 4_000, at: .milliseconds(1_680))
        scene.call.recorder.confirmed(position: 4_160, at: .milliseconds(1_740))
        scene.go(to: 5_000)
        scene.say(packets: 10, playingAt: 5_000)
        let tracks = scene.finish(at: 10_000)
        var expected = [Int16](repeating: 0, count: 80_000)
        expected.replaceSubrange(9_440..<17_440, with: Count.samples(0..<8_000))
        expected.replaceSubrange(41_440..<43_040, with: Count.samples(8_000..<9_600))
        #expect(firstDifference(tracks[1], expected) == nil)
    }

    @Test func `what an interruption cut was never heard, and what is said next is where it plays`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        scene.say(packets: 100, playingAt: 1_000)
        scene.go(to: 2_000)
        // The account comes 900 ms behind the interruption; the bot is speaking again by then.
        scene.go(to: 2_900)
        scene.say(packets: 10, playingAt: 2_500)
        scene.call.recorder.cut(7_777..<16_000)
        let tracks = scene.finish(at: 8_000)
        var expected = [Int16](repeating: 0, count: 64_000)
        expected.replaceSubrange(8_000..<15_777, with: Count.samples(0..<7_777))
        expected.replaceSubrange(20_000..<21_600, with: Count.samples(16_000..<17_600))
        #expect(firstDifference(tracks[1], expected) == nil)
    }

    @Test func `an account of an interruption that says too much moves nothing that is said after it`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        var expected = [Int16](repeating: 0, count: 96_000)
        // An interruption each 400 ms, whose account says 440 of the 460 ms that were sent.
        for turn in 0..<5 {
            let (begin, first) = (1_000 + 400 * turn, scene.sent)
            scene.say(packets: 23, playingAt: Double(begin))
            scene.go(to: begin + 399)
            for part in 1...3 {
                scene.call.recorder.confirmed(position: first + 800 * part, at: .milliseconds(Double(begin + 100 * part)))
            }
            if turn < 4 { scene.call.recorder.cut(first + 3_520..<first + 3_680) }
            let count = turn < 4 ? 3_200 : 3_680
            expected.replaceSubrange(begin * 8..<begin * 8 + count, with: Count.samples(first..<first + count))
        }
        let tracks = scene.finish(at: 12_000)
        #expect(firstDifference(tracks[1], expected) == nil)
    }

    @Test func `what is said behind a cut is a stretch of its own, where our clock has no break too`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        // A packet of 200 ms counts as finished. The provider had not begun it, and plays what follows in its place.
        scene.say(packets: 40, playingAt: 1_000)
        scene.go(to: 1_500)
        scene.call.recorder.confirmed(position: 4_000, at: .milliseconds(1_500))
        scene.go(to: 1_650)
        scene.call.recorder.cut(4_800..<6_400)
        scene.go(to: 1_700)
        scene.call.recorder.confirmed(position: 7_200, at: .milliseconds(1_700))
        let tracks = scene.finish(at: 4_000)
        var expected = [Int16](repeating: 0, count: 32_000)
        expected.replaceSubrange(8_000..<12_800, with: Count.samples(0..<4_800))
        expected.replaceSubrange(12_800..<12_800 + scene.sent - 6_400, with: Count.samples(6_400..<scene.sent))
        #expect(firstDifference(tracks[1], expected) == nil)
    }

    @Test func `what had not played when the call ended is left out`() throws {
        var scene = try Scene()
        scene.go(to: 1_000)
        scene.say(packets: 100, playingAt: 1_000)
        let tracks = scene.finish(at: 1_500)
        #expect(firstDifference(tracks[1], Array(repeating: 0, count: 8_000) + Count.samples(0..<4_000)) == nil)
    }

    @Test(arguments: [100.0, -100.0])
    func `an hour without a pause, of a provider whose clock drifts, stays within 20 ms`(fast: Double) throws {
        let rate = try #require(SampleRate(hertz: 1_000))
        var call = try RecordedCall(.separate, inbound: rate, outbound: rate)
        let factor = 1 - fast / 1_000_000
        for packet in 0..<180_000 {
            let samples = Count.samples(packet * 20..<packet * 20 + 20)
            call.hear(samples, at: .milliseconds(Double(packet + 1) * 20))
            // Our clock holds it to be one stretch.
            call.recorder.sent(samples.span, position: packet * 20, playsAt: .milliseconds(Double(packet) * 20 + 100))
            guard packet % 50 == 49 else { continue }
            let played = packet * 20 - 200
            if played > 0 { call.recorder.confirmed(position: played, at: .milliseconds(Double(played) * factor + 140)) }
        }
        let track = call.finish(at: .milliseconds(3_600_000))[1]
        var worst = 0.0
        for position in stride(from: 5_000, to: track.count - 5_000, by: 97) where track[position] != 0 {
            let place = Count.place(of: track[position], near: position)
            worst = max(worst, abs(Double(place) * factor + 140 - Double(position)))
        }
        #expect(worst < 20)
    }

    @Test func `an echo is as far behind what it echoes as the caller heard it, all through an hour of gaps and jitter`() throws {
        let rate = try #require(SampleRate(hertz: 1_000))
        var call = try RecordedCall(.separate, inbound: rate, outbound: rate)
        var dice = SplitMix64(state: 5)
        var (spoken, last) = (0, 0.0)
        for packet in 0..<180_000 {
            if packet % 1_000 > 990 { continue }
            last = max(last, Double(packet + 1) * 20 + dice.nextFraction() * 25)
            let samples = Count.samples(spoken..<spoken + 20)
            call.hear(samples, at: .milliseconds(last))
            // Played 100 ms behind the time at which it was said.
            call.recorder.sent(samples.span, position: spoken, playsAt: .milliseconds(Double(packet + 1) * 20 + 100))
            spoken += 20
        }
        let tracks = call.finish(at: .milliseconds(3_600_000))
        var (worst, checked) = (0, 0)
        for position in stride(from: 1_000, to: tracks[0].count - 1_000, by: 97) where tracks[1][position] != 0 {
            // 120: a packet is as late as it is long.
            guard tracks[0][position - 120] != 0 else { continue }
            let behind =
                Count.place(of: tracks[0][position - 120], near: position) - Count.place(of: tracks[1][position], near: position)
            worst = max(worst, abs(behind))
            checked += 1
        }
        #expect(checked > 10_000)
        #expect(worst < 20)
    }

    @Test func `two rates make files of the higher one`() throws {
        var scene = try Scene(outbound: .hz16000)
        scene.go(to: 1_000)
        scene.say(packets: 50, playingAt: 1_000, rate: 16)
        let tracks = scene.finish(at: 3_000)
        #expect(tracks.map(\.count) == [48_000, 48_000])
        #expect(Array(tracks[0].prefix(4)) == [1_000, 1_000, 1_001, 1_001])
        #expect(firstDifference(Array(tracks[1][16_000..<32_000]), Count.samples(0..<16_000)) == nil)
    }
}
