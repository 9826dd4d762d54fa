import Call

/// Reports as plain text for people.
public enum ReportTable {
    /// One call a line, then what the provider objected to.
    public static func text(_ reports: [CallReport]) -> String {
        let head = [
            "provider", "stream", "sent s", "heard s", "level dBFS", "first ms", "answer ms", "p50 ms", "p99 ms", "max ms", "lost",
            "gaps",
            "gap ms", "ahead ms", "ended",
        ]
        let rows = reports.map { report in
            [
                report.provider.rawValue, shortened(report.streamID), seconds(report.sent), seconds(report.heard),
                level(report.level),
                milliseconds(report.firstSound), milliseconds(report.answerDelay), milliseconds(report.roundTrips?.percentile(50)),
                milliseconds(report.roundTrips?.percentile(99)), milliseconds(report.roundTrips?.maximum),
                report.lostPackets.map { String($0) } ?? "-", String(report.gaps.count), milliseconds(report.gaps.total),
                milliseconds(report.furthestAhead), report.ending.rawValue,
            ]
        }
        var complaints = ComplaintList()
        for entry in reports.flatMap({ $0.complaints.entries }) {
            complaints.now = entry.first
            complaints.add(entry.complaint, times: entry.count)
        }
        return aligned([head] + rows) + text(complaints)
    }

    /// All calls together.
    public static func text(_ load: LoadReport) -> String {
        let endings = CallEnding.allCases.compactMap { ending in load.endings[ending].map { "\($0) \(ending.rawValue)" } }
        let levels = load.levels.map { "\(level($0.lowerBound)) to \(level($0.upperBound)) dBFS" } ?? "-"
        let answers = load.answerDelays
        var rows: [(name: String, value: String)] = [
            ("calls", "\(load.calls)" + (endings.isEmpty ? "" : ": " + endings.joined(separator: ", "))),
            ("audio", "\(seconds(load.sent)) s sent, \(seconds(load.heard)) s heard, \(load.silentCalls) calls silent"),
            ("level", levels),
            ("answer", "p50 \(milliseconds(answers.percentile(50))), max \(milliseconds(answers.maximum)) ms"),
        ]
        if let echo = load.echo { rows += echoRows(load, echo) }
        rows += [
            ("gaps", "\(load.gaps.count), \(milliseconds(load.gaps.total)) ms, longest \(milliseconds(load.gaps.longest)) ms"),
            ("ahead", "\(milliseconds(load.furthestAhead)) ms at most"),
        ]
        if let server = load.server { rows += serverRows(server) }
        rows.append(("own lateness", percentiles(load.lateness, [50, 99])))
        var table = ""
        for (name, value) in rows { table += name + spaces(14 - name.count) + value + "\n" }
        if load.isGeneratorTired {
            table +=
                "The generator was late with its own packets: these latencies are the generator's, not the server's. Give it a core of its own,"
                + " --loops, or fewer calls.\n"
        }
        return table + text(load.complaints)
    }

    private static func echoRows(_ load: LoadReport, _ echo: EchoTally) -> [(name: String, value: String)] {
        let window = load.measured.map { " in \(seconds($0)) s with all calls up" } ?? ""
        var rows = [
            ("round trip", percentiles(load.roundTrips, [50, 90, 99, 99.9]) + " over \(load.roundTrips.count) packets" + window)
        ]
        if let before = load.longestRoundTripBefore { rows.append(("  before that", "max \(milliseconds(before)) ms")) }
        let isRecognised = echo.exact + echo.alike + echo.changed + echo.foreign > 0
        return rows + [
            ("lost", "\(echo.lost) packets of \(echo.packets)"),
            ("late", "\(echo.late) packets, over \(milliseconds(load.lateAfter)) ms"),
            (
                "recognised",
                isRecognised
                    ? "\(echo.exact) as they were said, \(echo.alike) converted; \(echo.changed) changed, \(echo.foreign) of another call, "
                        + "\(echo.doubled) doubled, \(echo.misordered) out of order"
                    : "counted, not compared"
            ),
        ]
    }

    private static func serverRows(_ use: ServerUse) -> [(name: String, value: String)] {
        let cost = use.microsecondsPerFrame.map { "\(fixed($0, 1)) us per frame, " } ?? ""
        let share = use.percentOfCore.map { "\(fixed($0, 1)) % of a core" } ?? "not measured: the run had no steady window"
        let each = use.residentPerCall.map { ": \(fixed($0, 1)) KiB per call" } ?? ""
        return [
            ("server CPU", cost + share),
            ("server memory", "\(use.residentBefore) KiB before, \(use.residentPeak) KiB at its peak" + each),
        ]
    }

    private static func percentiles(_ histogram: LatencyHistogram, _ percents: [Double]) -> String {
        let parts = percents.map {
            "p\($0.rounded() == $0 ? String(Int($0)) : fixed($0, 1)) \(milliseconds(histogram.percentile($0)))"
        }
        return parts.joined(separator: ", ") + ", max \(milliseconds(histogram.maximum)) ms"
    }

    /// One complaint a line with its count; one line when there is none.
    public static func text(_ complaints: ComplaintList) -> String {
        guard !complaints.isEmpty else { return "no complaints\n" }
        return complaints.entries.map { "complaint, \($0.count) times, first at \(seconds($0.first)) s: \($0.complaint)\n" }
            .joined()
    }

    /// Columns as wide as their widest cell; words left, numbers right.
    ///
    /// - Parameter words: the columns that hold words; `nil` for the first two and the last.
    static func aligned(_ rows: [[String]], words: Set<Int>? = nil) -> String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                let padding = spaces(widths[index] - cell.count)
                let isWord = words?.contains(index) ?? (index < 2 || index == columns - 1)
                return isWord ? cell + padding : padding + cell
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
    private static func shortened(_ id: String) -> String { id.count <= 12 ? id : id.prefix(6) + "…" + id.suffix(5) }
    private static func seconds(_ duration: Duration) -> String { fixed(Double(duration.nanoseconds) / 1e9, 2) }
    private static func level(_ level: Double) -> String { level.isFinite ? fixed(level, 1) : "silence" }

    private static func milliseconds(_ duration: Duration?) -> String {
        duration.map { fixed(Double($0.nanoseconds) / 1e6, 1) } ?? "-"
    }

    /// A number with a fixed number of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }
}
