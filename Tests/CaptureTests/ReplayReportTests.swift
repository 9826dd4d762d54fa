import Call
import Capture
import Testing
import Wire

@Suite struct ReplayReportTests {
    private func comparison(_ change: (inout [CaptureEntry]) -> Void) -> Comparison {
        let call = RecordedCall.prompts()
        var changed = call
        change(&changed.entries)
        return Comparison(expected: changed, got: call)
    }

    @Test func `a report is a line for what is the same and a block for what is not`() {
        var report = ReplayReport(shown: 1)
        let note = ", the keys pressed in it are masked: the bot gets 0 for each)"
        let same = ReplayReport.Entry(name: "calls/a.jsonl", .same(comparison { _ in }))
        #expect(report.text(same) == "ok calls/a.jsonl (3 s of call, 118 messages out\(note)")
        let different = ReplayReport.Entry(
            name: "calls/b.jsonl",
            .different(
                comparison { entries in
                    for index in entries.indices where entries[index].direction == .outward && index % 60 == 0 {
                        entries[index].time += 50_000
                    }
                    entries.insert(
                        CaptureEntry(at: 1_000_000, .outward, .json(Array(#"{"event":"clear","streamSid":"1"}"#.utf8))), at: 40)
                }))
        let lines = report.text(different).split(separator: "\n")
        #expect(lines.first == "DIFFERENT calls/b.jsonl (3 s of call, 119 messages out\(note)")
        #expect(lines.count == 3)
        #expect(lines.last == "  and 1 more difference")
        let failed = ReplayReport.Entry(name: "c", .failed("there is no such file"))
        #expect(report.text(failed) == "ERROR c: there is no such file")
        #expect(report.isGood)
        for entry in [same, different, failed] { report.add(entry) }
        #expect(!report.isGood)
        #expect(report.summary == "3 captures: 1 ok, 1 different, 1 error")
    }

    @Test func `JUnit's XML holds what differs, escaped`() {
        var report = ReplayReport()
        report.add(.init(name: "calls/x/<a>.jsonl", .same(comparison { _ in })))
        report.add(
            .init(
                name: "b.jsonl",
                .different(
                    comparison { entries in
                        entries.insert(CaptureEntry(at: 1_000_000, .outward, .text("<&\"")), at: 40)
                    })))
        report.add(.init(name: "/calls/c.jsonl", .failed("line 2: t is missing")))
        let padded = "   1.000 s  missing: expected &lt;&amp;&quot;, got nothing"
        #expect(
            report.junit == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites tests="3" failures="1" errors="1" skipped="0">
                  <testsuite name="trunkline replay" tests="3" failures="1" errors="1" skipped="0">
                    <testcase classname="calls.x" name="&lt;a&gt;"/>
                    <testcase classname="captures" name="b">
                      <failure type="different" message="1.000 s  missing: expected &lt;&amp;&quot;, got nothing">\(padded)</failure>
                    </testcase>
                    <testcase classname="calls" name="c">
                      <error type="unplayable" message="line 2: t is missing">line 2: t is missing</error>
                    </testcase>
                  </testsuite>
                </testsuites>

                """)
    }

    @Test func `what is accepted is the same from then on`() throws {
        var capture = RecordedCall.prompts()
        capture.entries.removeAll { $0.direction == .outward && $0.time > 800_000 && $0.content != .end(.callerHungUp) }
        let came = RecordedCall.replay(capture)
        #expect(!Comparison(expected: capture, got: came).isSame)
        let accepted = try #require(Replay.accepted(came, in: capture, ComparisonOptions()) { RecordedCall.replay($0) })
        #expect(Comparison(expected: accepted, got: RecordedCall.replay(accepted)).isSame)
        let read = try CaptureReader.read(accepted.encoded())
        #expect(read.entries == accepted.entries)
        #expect(Comparison(expected: read, got: RecordedCall.replay(read)).isSame)
    }

    @Test func `a bot that is never the same is not accepted`() {
        let capture = RecordedCall.prompts()
        var chance = SplitMix64(state: 1)
        func restless(_ capture: Capture) -> Capture {
            var came = RecordedCall.replay(capture)
            came.entries.insert(CaptureEntry(at: 1, .outward, .text("\(chance.next())")), at: 0)
            return came
        }
        #expect(Replay.accepted(restless(capture), in: capture, ComparisonOptions(), play: restless) == nil)
    }
}
