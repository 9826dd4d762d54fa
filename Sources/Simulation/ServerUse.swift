import Call

/// What a process has used until a moment, as `/proc/PID` tells (proc(5)).
public struct ProcessSample: Equatable, Sendable {
    public let at: Moment
    /// User and system time of all its threads. Units: clock ticks.
    public let ticks: Int
    /// Resident memory. Units: KiB.
    public let residentKiB: Int

    /// - Parameters:
    ///   - stat: the text of `/proc/PID/stat`.
    ///   - status: the text of `/proc/PID/status`.
    /// - Returns: `nil` when one of them is not what Linux writes, as for a process that is ending.
    public init?(stat: String, status: String, at now: Moment) {
        // The name in parentheses may hold anything, so that the fields count from the last parenthesis: utime and stime are 14 and 15.
        guard let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return nil }
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        at = now
        (ticks, _) = user.addingReportingOverflow(system)
        residentKiB = kibibytes
    }
}

/// What the server used for the calls of a run.
public struct ServerUse: Equatable, Sendable {
    /// Units: seconds of CPU and seconds of the clock, in the window.
    public let cpuSeconds: Double
    public let seconds: Double
    /// Packets that were sent to it in the window.
    public let frames: Int
    /// Resident memory before the first call and at its highest. Units: KiB.
    public let residentBefore: Int
    public let residentPeak: Int
    public let calls: Int

    /// - Parameters:
    ///   - before: taken before the first call.
    ///   - first: taken at the start of the window.
    ///   - last: taken at its end.
    ///   - peak: the most memory that was seen. Units: KiB.
    ///   - frames: packets of the window.
    ///   - ticksPerSecond: `sysconf(_SC_CLK_TCK)`.
    public init(
        before: ProcessSample, first: ProcessSample, last: ProcessSample, peak: Int, frames: Int, calls: Int, ticksPerSecond: Int
    ) {
        cpuSeconds = Double(last.ticks - first.ticks) / Double(max(1, ticksPerSecond))
        seconds = Double((last.at - first.at).nanoseconds) / 1e9
        self.frames = frames
        residentBefore = before.residentKiB
        residentPeak = max(peak, before.residentKiB, first.residentKiB, last.residentKiB)
        self.calls = calls
    }

    /// Of one core; 200 is two cores. `nil` without a window.
    public var percentOfCore: Double? { seconds > 0 ? cpuSeconds / seconds * 100 : nil }
    /// CPU for one packet in and its answer out; `nil` when none was sent. Units: microseconds.
    public var microsecondsPerFrame: Double? { frames > 0 ? cpuSeconds * 1e6 / Double(frames) : nil }
    /// `nil` without a call. Units: KiB.
    public var residentPerCall: Double? { calls > 0 ? Double(residentPeak - residentBefore) / Double(calls) : nil }
}
