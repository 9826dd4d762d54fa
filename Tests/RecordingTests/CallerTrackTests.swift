import Audio
import Call
import Testing

@testable import Recording

/// The caller's track, by the place of each sample. Packets are 20 ms at 8 kHz.
@Suite struct CallerTrackTests {
    /// An hour, or part of it, of a caller who counts: packets leave every 20 ms by a clock that is `fast` millionths off, those in `lost`
    /// never, and each comes late by `delay`, in order. An hour is recorded at 1 kHz, which is as exact as its limits are.
    private func record(
        seconds: Int, kilohertz: Int = 8, fast: Double = 0, lost: (Int) -> Bool = { _ in false },
        quiet: (Int) -> Bool = { _ in false },
        delay: (Int) -> Double
    ) throws -> [Int16] {
        var call = try RecordedCall(.caller, inbound: try #require(SampleRate(hertz: kilohertz * 1_000)))
        let length = kilohertz * 20
        var last = 0.0
        var spoken = 0
        for packet in 0..<seconds * 50 {
            let leaves = Double(packet + 1) * 20 * (1 - fast / 1_000_000)
            if lost(packet) { continue }
            last = max(last, leaves + delay(packet))
            let samples = Count.samples(spoken..<spoken + length)
            call.hear(quiet(packet) ? samples.map { $0 % 300 } : samples, at: .milliseconds(last))
            spoken += length
        }
        return call.finish(at: .milliseconds(max(last, Double(seconds) * 20 * 50)))[0]
    }

    @Test func `a caller on a good line is recorded sample by sample`() throws {
        let track = try record(seconds: 60) { _ in 0 }
        #expect(firstDifference(track, Count.samples(0..<60 * 8_000)) == nil)
    }

    @Test func `a delay that stays is before the first word`() throws {
        let track = try record(seconds: 10) { _ in 130 }
        #expect(firstDifference(Array(track.prefix(1_040)), Array(repeating: 0, count: 1_040)) == nil)
        #expect(firstDifference(Array(track.dropFirst(1_040)), Count.samples(0..<80_000)) == nil)
    }

    @Test func `an hour of jitter inserts nothing and loses nothing`() throws {
        var dice = SplitMix64(state: 7)
        let track = try record(seconds: 3_600, kilohertz: 1) { _ in
            let (usual, chance) = (dice.nextFraction() * 30, dice.nextFraction())
            return chance < 0.01 ? usual + 300 * dice.nextFraction() : usual
        }
        // The line's least delay is in front.
        let front = track.prefix { $0 == 0 }.count
        #expect(front < 12)
        #expect(firstDifference(track.dropFirst(front).prefix(3_600_000), Count.samples(0..<3_600_000)) == nil)
    }

    @Test(arguments: [0.3, 1.0, 4.0, 15.0])
    func `a stall and the burst behind it insert nothing`(stall: Double) throws {
        let track = try record(seconds: 60) { packet in
            (1_000..<1_000 + Int(stall * 50)).contains(packet) ? Double(1_000 + Int(stall * 50) - packet) * 20 : 0
        }
        #expect(firstDifference(track, Count.samples(0..<60 * 8_000)) == nil)
    }

    @Test func `gaps become silence of their length, at their place`() throws {
        var dice = SplitMix64(state: 3)
        let gaps = [500..<501, 1_000..<1_005, 2_000..<3_500, 4_000..<4_001, 4_003..<4_004]
        let track = try record(seconds: 100, lost: { packet in gaps.contains { $0.contains(packet) } }) { _ in
            dice.nextFraction() * 4
        }
        var expected: [Int16] = []
        var spoken = 0
        for packet in 0..<5_000 {
            if gaps.contains(where: { $0.contains(packet) }) {
                expected += Array(repeating: 0, count: 160)
            } else {
                expected += Count.samples(spoken..<spoken + 160)
                spoken += 160
            }
        }
        let front = track.prefix { $0 == 0 }.count
        #expect(front < 32)
        #expect(firstDifference(track.dropFirst(front).prefix(expected.count), expected) == nil)
    }

    @Test(arguments: [100.0, -100.0], [false, true])
    func `an hour of a clock that drifts stays within 20 ms`(fast: Double, pauses: Bool) throws {
        var dice = SplitMix64(state: 11)
        let track = try record(seconds: 3_600, kilohertz: 1, fast: fast, quiet: { pauses && $0 % 250 > 150 }) { _ in
            dice.nextFraction() * 10
        }
        var worst = 0.0
        var checked = 0
        for position in stride(from: 1_000, to: track.count - 1_000, by: 97) where track[position] >= 1_000 {
            let said = Count.place(of: track[position], near: position)
            worst = max(worst, abs(Double(said) * (1 - fast / 1_000_000) - Double(position)))
            checked += 1
        }
        #expect(checked > 10_000)
        #expect(worst < 20)
        #expect(abs(track.count - 3_600_000 - (fast < 0 ? 360 : 0)) < 20)
    }

    @Test func `what was loud stays whole where a drift can be put right in pauses`() throws {
        let isQuiet: (Int) -> Bool = { $0 % 250 > 150 }
        let track = try record(seconds: 600, fast: 100, quiet: isQuiet) { _ in 0 }
        let loud = track.filter { $0 >= 1_000 }
        let spoken = (0..<30_000).filter { !isQuiet($0) }.flatMap { Count.samples($0 * 160..<$0 * 160 + 160) }
        #expect(firstDifference(loud, spoken) == nil)
    }

    @Test func `a peer that sends faster than anybody speaks fills no memory and makes no time`() throws {
        var call = try RecordedCall(.caller)
        for packet in 0..<20_000 { call.hear(Count.samples(packet * 160..<packet * 160 + 160), at: .milliseconds(Double(packet))) }
        let track = call.finish(at: .milliseconds(20_000))[0]
        #expect(track.count < 8_000 * 60 * 8)
    }

    @Test func `a caller who never says anything is as long as the call`() throws {
        var call = try RecordedCall(.caller)
        let track = call.finish(at: .milliseconds(30_000))[0]
        #expect(firstDifference(track, Array(repeating: 0, count: 240_000)) == nil)
    }
}
