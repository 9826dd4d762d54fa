import Call
import Capture
import Foundation
import Testing
import Wire

/// Calls that a running server captured, of clients that are not of this repository: one file replays as one test.
@Suite struct ReplayFixtureTests {
    static let files: [String] = {
        let folder = Fixtures.folder.appendingPathComponent("calls").path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".jsonl") }.sorted()
    }()

    private func capture(_ file: String) throws -> Capture {
        try CaptureReader.read(Array(Data(contentsOf: Fixtures.folder.appendingPathComponent("calls/\(file)"))))
    }

    private static func sorted(_ entries: [CaptureEntry]) -> [CaptureEntry] {
        entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }.map { entries[$0] }
    }

    @Test func `there are captured calls of every provider`() {
        for provider in Fixtures.providers { #expect(Self.files.contains { $0.hasPrefix(provider + "-") }) }
    }

    @Test(arguments: files) func `a captured call comes out as it did then`(file: String) throws {
        let capture = try capture(file)
        let came = RecordedCall.replay(capture)
        let comparison = Comparison(expected: capture, got: came)
        #expect(comparison.isSame, "\(comparison.differences.prefix(5))")
        #expect(came.encoded() == RecordedCall.replay(capture).encoded())
    }

    /// Every 25th message that went out, in turn.
    @Test(arguments: files) func `a message that is gone and one 30 ms off are found at their time`(file: String) throws {
        let capture = try capture(file)
        let outward = capture.entries.indices.filter { index in
            if case .end = capture.entries[index].content { false } else { capture.entries[index].direction == .outward }
        }
        for index in stride(from: 3, to: outward.count, by: 25).map({ outward[$0] }) {
            let time = capture.entries[index].time
            var shorter = capture
            shorter.entries.remove(at: index)
            let gone = Comparison(expected: shorter, got: RecordedCall.replay(shorter)).differences
            #expect(gone.contains { $0.matter == .extra && abs($0.time - time) <= 20_000 }, "\(time): \(gone.prefix(3))")
            var later = capture
            later.entries[index].time += 30_000
            later.entries = Self.sorted(later.entries)
            let moved = Comparison(expected: later, got: RecordedCall.replay(later)).differences
            #expect(moved.contains { abs($0.time - time) <= 60_000 }, "\(time): \(moved.prefix(3))")
        }
    }

    /// A tone whose period is a message's length sounds the same in each message.
    @Test(arguments: [("telnyx-drill-hang-up", 1_665_466), ("plivo-drill-keys", 1_071_781)], [30_000, -30_000] as [Int64])
    func `one of many messages that sound alike is found 30 ms off`(message: (file: String, time: Int64), shift: Int64) throws {
        var capture = try capture(message.file + ".jsonl")
        let index = try #require(capture.entries.firstIndex { $0.direction == .outward && $0.time == message.time })
        capture.entries[index].time += shift
        capture.entries = Self.sorted(capture.entries)
        let differences = Comparison(expected: capture, got: RecordedCall.replay(capture)).differences
        #expect(differences.contains { abs($0.time - message.time) <= 60_000 }, "\(differences.prefix(3))")
    }
}
