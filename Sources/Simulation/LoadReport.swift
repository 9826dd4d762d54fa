import Call

/// What became of many simulated calls together.
public struct LoadReport: Sendable {
    /// Calls by how they ended.
    public private(set) var endings: [CallEnding: Int] = [:]
    public private(set) var calls = 0
    /// Calls that did not come about, by reason.
    public private(set) var failures: [String: Int] = [:]
    public private(set) var sent = Duration.zero
    public private(set) var heard = Duration.zero
    /// Calls in which nothing but silence was heard.
    public private(set) var silentCalls = 0
    /// Level of the quietest and the loudest call, silent ones apart. Units: dBFS.
    public private(set) var levels: ClosedRange<Double>?
    /// Answer delays, one a call.
    public private(set) var answerDelays = LatencyHistogram()
    /// Round trips of the packets of all calls; those of the window alone when there was one.
    public private(set) var roundTrips = LatencyHistogram()
    /// The longest round trip before the window.
    public private(set) var longestRoundTripBefore: Duration?
    /// What became of all calls' packets; `nil` when no echo was expected.
    public private(set) var echo: EchoTally?
    public private(set) var gaps = Gaps()
    public private(set) var furthestAhead = Duration.zero
    /// How late the packets left, all of them, or those of the window: the generator's own lateness.
    public var lateness = LatencyHistogram()
    public private(set) var complaints = ComplaintList()
    /// How long all calls stood at once and were measured; `nil` without a window.
    public var measured: Duration?
    /// The longest round trip that is not late.
    public var lateAfter = Duration.milliseconds(60)
    /// What the server used, when its process was looked at.
    public var server: ServerUse?
    /// Somebody stopped the run early.
    public var isStopped = false

    public var lostPackets: Int { echo?.lost ?? 0 }

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
        note(before: report.longestRoundTripBefore)
        if let tally = report.echo { add(tally) }
        gaps.add(report.gaps)
        furthestAhead = max(furthestAhead, report.furthestAhead)
        add(report.complaints)
    }

    /// A call that did not come about.
    public mutating func addFailure(_ reason: String) {
        // Reasons name addresses and errors, not calls, so that there are few. What a server makes up shall not grow the list.
        let known = failures[reason] != nil || failures.count < ComplaintList.maximumEntries
        failures[known ? reason : "for other reasons", default: 0] += 1
    }

    /// Another loop's calls.
    public mutating func add(_ other: LoadReport) {
        calls += other.calls
        endings.merge(other.endings) { $0 + $1 }
        failures.merge(other.failures) { $0 + $1 }
        sent += other.sent
        heard += other.heard
        silentCalls += other.silentCalls
        if let theirs = other.levels {
            levels =
                min(
                    levels?.lowerBound ?? theirs.lowerBound, theirs.lowerBound)...max(
                    levels?.upperBound ?? theirs.upperBound, theirs.upperBound)
        }
        answerDelays.add(other.answerDelays)
        roundTrips.add(other.roundTrips)
        note(before: other.longestRoundTripBefore)
        if let tally = other.echo { add(tally) }
        gaps.add(other.gaps)
        furthestAhead = max(furthestAhead, other.furthestAhead)
        lateness.add(other.lateness)
        add(other.complaints)
    }

    private mutating func add(_ tally: EchoTally) {
        var sum = echo ?? EchoTally()
        sum.add(tally)
        echo = sum
    }

    private mutating func add(_ list: ComplaintList) {
        for entry in list.entries {
            complaints.now = entry.first
            complaints.add(entry.complaint, times: entry.count)
        }
    }

    private mutating func note(before trip: Duration?) {
        if let trip { longestRoundTripBefore = max(longestRoundTripBefore ?? trip, trip) }
    }
}

/// What may be said about the run as a whole.
extension LoadReport {
    /// A generator whose packets leave later than this (p99) measures itself. A quarter of a packet: a timer counts milliseconds, and two of
    /// them late happens to a rested one.
    public static let mostLateness = Duration.milliseconds(5)

    /// The generator was late with its own packets: the latencies are not the server's alone.
    public var isGeneratorTired: Bool { (lateness.percentile(99) ?? .zero) > Self.mostLateness }

    /// All calls came about and went well, and an echo brought everything back. Lateness is no part of it.
    ///
    /// - Parameter planned: calls that were to be made.
    public func isGood(planned: Int) -> Bool {
        guard failures.isEmpty, calls == planned, !isStopped, complaints.isEmpty, endings[.brokenOff] == nil else { return false }
        guard let echo else { return true }
        return echo.isWhole && silentCalls == 0 && endings[.callerHungUp] == calls
    }
}
