import Call

/// What became of many simulated calls together.
public struct LoadReport: Sendable {
    /// Calls by how they ended.
    public private(set) var endings: [CallEnding: Int] = [:]
    public private(set) var calls = 0
    public private(set) var sent = Duration.zero
    public private(set) var heard = Duration.zero
    /// Calls in which nothing but silence was heard.
    public private(set) var silentCalls = 0
    /// Level of the quietest and the loudest call, silent ones apart. Units: dBFS.
    public private(set) var levels: ClosedRange<Double>?
    /// Answer delays, one a call.
    public private(set) var answerDelays = LatencyHistogram()
    /// Round trips of all packets of all calls.
    public private(set) var roundTrips = LatencyHistogram()
    public private(set) var lostPackets = 0
    public private(set) var gaps = Gaps()
    public private(set) var furthestAhead = Duration.zero
    public private(set) var driverLateness = Duration.zero
    public private(set) var complaints = ComplaintList()

    public init() {}

    public init(_ reports: some Sequence<CallReport>) {
        for report in reports { add(report) }
    }

    public mutating func add(_ report: CallReport) {
        calls += 1
        endings[report.ending, default: 0] += 1
        sent += report.sent
        heard += report.heard
        if report.level.isFinite {
            levels = min(levels?.lowerBound ?? report.level, report.level)...max(levels?.upperBound ?? report.level, report.level)
        } else {
            silentCalls += 1
        }
        if let delay = report.answerDelay { answerDelays.record(delay) }
        if let trips = report.roundTrips { roundTrips.add(trips) }
        lostPackets += report.lostPackets ?? 0
        gaps.add(report.gaps)
        furthestAhead = max(furthestAhead, report.furthestAhead)
        driverLateness = max(driverLateness, report.driverLateness)
        for entry in report.complaints.entries {
            complaints.now = entry.first
            complaints.add(entry.complaint, times: entry.count)
        }
    }
}
