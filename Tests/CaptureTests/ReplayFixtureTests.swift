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
            let order = later.entries.indices.sorted { (later.entries[$0].time, $0) < (later.entries[$1].time, $1) }
            later.entries = order.map { later.entries[$0] }
            let moved = Comparison(expected: later, got: RecordedCall.replay(later)).differences
            #expect(moved.contains { abs($0.time - time) <= 60_000 }, "\(time): \(moved.prefix(3))")
        }
    }
}
