import Call
import Capture
import Testing
import Wire

/// Captures of hosts that are late, as all are.
@Suite struct ReplayLiveTests {
    private static let bots: [CaptureHeader] = [
        RecordedCall.header("echo"),
        RecordedCall.header("echo", query: ["delay_ms": .string("333")]),
        RecordedCall.header("echo", query: ["pipeline_rate": .string("24000")]),
        RecordedCall.header("echo", query: ["pipeline_rate": .string("44100"), "delay_ms": .string("57")]),
        RecordedCall.header("prompt"),
    ]

    @Test(arguments: bots.indices, 0..<12)
    func `the capture of a late host replays as it is`(bot: Int, run: Int) {
        var chance = SplitMix64(state: UInt64(run))
        var host = LateHost(chance: SplitMix64(state: UInt64(run + 100)))
        // A network that is late by up to 45 ms, now and then.
        let inbound = RecordedCall.inbound(milliseconds: 6_000, keys: [1_400: "5", 4_440: "6"]) { _ in
            chance.next() % 10 == 0 ? Int64(chance.next() % 45_000) : Int64(chance.next() % 900)
        }
        let capture = host.record(inbound, Self.bots[bot])
        #expect(capture.entries.count { $0.direction == .outward } > 100)
        let comparison = Comparison(expected: capture, got: RecordedCall.replay(capture))
        #expect(comparison.isSame, "\(comparison.differences.prefix(5))")
    }

    @Test(arguments: bots.indices, [25_000, 60_000, 140_000, 400_000])
    func `a host that stood still is no difference`(bot: Int, stall: Int) {
        var host = LateHost(stalls: [(1_503_000..<1_503_000 + Int64(stall)), (3_017_000..<3_017_000 + Int64(stall))])
        let capture = host.record(RecordedCall.inbound(milliseconds: 5_000), Self.bots[bot])
        let comparison = Comparison(expected: capture, got: RecordedCall.replay(capture))
        #expect(comparison.isSame, "\(comparison.differences.prefix(5))")
    }
}
