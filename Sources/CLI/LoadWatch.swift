import Call
import Dispatch
import Foundation
import Simulation

/// Waits for a run: says how it goes, and looks at the server's process meanwhile.
final class LoadWatch {
    /// A terminal's line is rewritten this often, and memory is looked at.
    private static let period = Duration.seconds(1)
    /// Anything else gets a line this often.
    private static let linePeriod = Duration.seconds(10)
    /// Shorter runs say nothing until they are over.
    private static let shortRun = Duration.seconds(10)

    private let plan: SimulationPlan
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var before: ProcessSample?
    private var first: ProcessSample?
    private var last: ProcessSample?
    private var latest: ProcessSample?
    private var peak = 0
    private var begun = LoadWatch.now
    private var lineDue = LoadWatch.now + LoadWatch.linePeriod

    /// - Throws: when the server's process cannot be looked at.
    init(_ plan: SimulationPlan) throws(UsageError) {
        self.plan = plan
        guard let process = plan.serverProcess else { return }
        before = sample()
        guard before != nil else { throw UsageError("--pid \(process): no process whose /proc/\(process)/stat can be read") }
    }

    /// `CLOCK_MONOTONIC`, as the loops count.
    private static var now: Moment { Moment(nanoseconds: Int64(clamping: DispatchTime.now().uptimeNanoseconds)) }

    /// Returns when the calls are over, or when nobody wants to wait for them.
    func wait(for results: SimulationResults) {
        begun = Self.now
        lineDue = begun + Self.linePeriod
        var tick = begun + Self.period
        while true {
            let window = results.outcome.schedule?.window
            var deadline = tick
            if before != nil, first == nil, let window { deadline = min(deadline, window.lowerBound) }
            if before != nil, last == nil, let window { deadline = min(deadline, window.upperBound) }
            if results.wait(until: deadline) { break }
            let now = Self.now
            if first == nil, let window, now >= window.lowerBound { first = sample() }
            if last == nil, let window, now >= window.upperBound { last = sample() }
            if now >= tick {
                _ = sample()
                tick = now + Self.period
                say(results.outcome, at: now)
            }
        }
        if isTerminal, plan.length > Self.shortRun { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    /// - Returns: `nil` when no process was given, or it ended during the run.
    func use(by load: LoadReport) -> ServerUse? {
        guard let before, let first, let last else { return nil }
        return ServerUse(
            before: before, first: first, last: last, peak: peak, frames: load.echo?.measuredPackets ?? 0, calls: load.calls,
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
    }

    private func say(_ outcome: SimulationResults.Outcome, at now: Moment) {
        guard plan.length > Self.shortRun, isTerminal || now >= lineDue else { return }
        lineDue = now + Self.linePeriod
        let loops = outcome.progress.values
        var text =
            "trunkline simulate: \((now - begun).milliseconds / 1_000) s, \(loops.reduce(0) { $0 + $1.up }) of \(plan.calls) calls up"
        text += ", \(loops.reduce(0) { $0 + $1.failed }) failed"
        if let late = loops.compactMap(\.lateness).max() {
            text += String(format: "; own lateness p99 %.1f ms", Double(late.nanoseconds) / 1e6)
        }
        if let latest { text += "; server \(latest.residentKiB) KiB" }
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K" + text : text + "\n").utf8))
    }

    private func sample() -> ProcessSample? {
        guard let process = plan.serverProcess else { return nil }
        guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let status = FileManager.default.contents(atPath: "/proc/\(process)/status")
        else { return nil }
        let sample = ProcessSample(
            stat: String(decoding: stat, as: UTF8.self), status: String(decoding: status, as: UTF8.self), at: Self.now)
        latest = sample ?? latest
        peak = max(peak, sample?.residentKiB ?? 0)
        return sample
    }
}
