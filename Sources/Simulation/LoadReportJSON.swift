import Call
import Wire

/// A load report for machines: one JSON object on one line.
///
/// Keys stay; new ones may come. Times are milliseconds, `null` when nothing was measured. Counts are packets unless they say calls.
///
/// | key | value |
/// |---|---|
/// | `good` | whether the exit status is 0 |
/// | `stopped` | somebody stopped the run early |
/// | `calls_planned`, `calls`, `calls_failed`, `calls_silent` | to be made; made; that did not come about; in which nothing was heard |
/// | `failures`, `endings` | objects: calls by reason, calls by ending |
/// | `measured_s` | length of the steady window; `null` without one: then all of the run counts |
/// | `round_trip_ms` | `count p50 p90 p99 p999 max`: from a packet's leaving to its answer, in the window |
/// | `round_trip_before_ms_max` | the longest before the window, while calls were still being started |
/// | `answer_delay_ms` | the same keys: from the caller's first sound to the first one heard |
/// | `packets` | `sent measured exact alike lost late changed foreign doubled misordered`; `null` when no echo was expected |
/// | `late_after_ms` | longer round trips count as `late` |
/// | `gaps`, `gap_ms`, `gap_ms_max` | silences inside utterances: how many, together, the longest |
/// | `own_lateness_ms` | `count p50 p90 p99 p999 max`: how late the generator's packets left |
/// | `generator_tired` | the latencies are the generator's, not the server's |
/// | `server` | `cpu_us_per_frame cpu_percent rss_before_kib rss_peak_kib rss_kib_per_call`; `null` without `--pid` |
/// | `complaints` | list of `{"text","count","first_s"}` |
public enum LoadReportJSON {
    public static func text(_ load: LoadReport, planned: Int) -> String {
        var bytes: [UInt8] = []
        func key(_ name: String, _ value: String) {
            bytes.append(contentsOf: (bytes.isEmpty ? "{" : ",").utf8)
            JSONText.string(name, into: &bytes)
            JSONText.raw(":" + value, into: &bytes)
        }
        key("good", "\(load.isGood(planned: planned))")
        key("stopped", "\(load.isStopped)")
        key("calls_planned", "\(planned)")
        key("calls", "\(load.calls)")
        key("calls_failed", "\(load.failures.values.reduce(0, +))")
        key("calls_silent", "\(load.silentCalls)")
        key("failures", object(load.failures.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }))
        let endings = CallEnding.allCases.compactMap { ending in load.endings[ending].map { (ending.rawValue, "\($0)") } }
        key("endings", object(endings))
        key("measured_s", load.measured.map { ReportTable.fixed(Double($0.nanoseconds) / 1e9, 3) } ?? "null")
        key("round_trip_ms", histogram(load.roundTrips))
        key("round_trip_before_ms_max", milliseconds(load.longestRoundTripBefore))
        key("answer_delay_ms", histogram(load.answerDelays))
        key("packets", load.echo.map { packets($0) } ?? "null")
        key("late_after_ms", milliseconds(load.lateAfter))
        key("gaps", "\(load.gaps.count)")
        key("gap_ms", milliseconds(load.gaps.total))
        key("gap_ms_max", milliseconds(load.gaps.longest))
        key("own_lateness_ms", histogram(load.lateness))
        key("generator_tired", "\(load.isGeneratorTired)")
        key("server", load.server.map { server($0) } ?? "null")
        let complaints = load.complaints.entries.map { entry in
            object([
                ("text", string("\(entry.complaint)")), ("count", "\(entry.count)"),
                ("first_s", ReportTable.fixed(Double(entry.first.nanoseconds) / 1e9, 3)),
            ])
        }
        key("complaints", "[" + complaints.joined(separator: ",") + "]")
        return String(decoding: bytes, as: UTF8.self) + "}"
    }

    private static func packets(_ tally: EchoTally) -> String {
        object([
            ("sent", "\(tally.packets)"), ("measured", "\(tally.measuredPackets)"), ("exact", "\(tally.exact)"),
            ("alike", "\(tally.alike)"), ("lost", "\(tally.lost)"), ("late", "\(tally.late)"), ("changed", "\(tally.changed)"),
            ("foreign", "\(tally.foreign)"), ("doubled", "\(tally.doubled)"), ("misordered", "\(tally.misordered)"),
        ])
    }

    private static func server(_ use: ServerUse) -> String {
        func number(_ value: Double?) -> String { value.map { ReportTable.fixed($0, 2) } ?? "null" }
        return object([
            ("cpu_us_per_frame", number(use.microsecondsPerFrame)), ("cpu_percent", number(use.percentOfCore)),
            ("rss_before_kib", "\(use.residentBefore)"), ("rss_peak_kib", "\(use.residentPeak)"),
            ("rss_kib_per_call", number(use.residentPerCall)),
        ])
    }

    private static func histogram(_ histogram: LatencyHistogram) -> String {
        object(
            [("count", "\(histogram.count)")]
                + [("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9)].map { ($0, milliseconds(histogram.percentile($1))) }
                + [("max", milliseconds(histogram.maximum))])
    }

    private static func milliseconds(_ duration: Duration?) -> String {
        duration.map { ReportTable.fixed(Double($0.nanoseconds) / 1e6, 3) } ?? "null"
    }

    private static func string(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.string(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { string($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
    }
}
