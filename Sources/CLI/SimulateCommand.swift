import Audio
import Call
import Foundation
import Net
import Simulation

/// `trunkline simulate`: plays the provider's side of calls over real WebSockets.
enum SimulateCommand {
    static func run(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) -> Int32 {
        let plan = try SimulationPlan(words, environment)
        let watch = try LoadWatch(plan)
        let results = SimulationResults()
        let group: EventLoopGroup
        do throws(NetError) {
            group = try EventLoopGroup.start(
                host: nil,
                options: LoopOptions(loops: plan.loops, extraCAFile: plan.trustedFile, onSignal: { _ in results.stop() })
            ) {
                CallDriver(plan, results, $0)
            }
        } catch {
            Console.error("trunkline simulate: \(error)")
            return 1
        }
        watch.wait(for: results)
        group.stop(grace: .zero)
        group.wait()
        return try report(plan, results.outcome, watch)
    }

    private static func report(_ plan: SimulationPlan, _ outcome: SimulationResults.Outcome, _ watch: LoadWatch) throws(UsageError)
        -> Int32
    {
        var load = outcome.load
        load.isStopped = outcome.isStopped
        load.lateAfter = plan.options.lateAfter
        if plan.isMeasured, let window = outcome.schedule?.window, !load.isStopped {
            load.measured = window.upperBound - window.lowerBound
        }
        load.server = watch.use(by: load)
        for (reason, count) in load.failures.sorted(by: { $0.key < $1.key }) {
            Console.error("trunkline simulate: \(count == 1 ? "a call" : "\(count) calls") failed: \(reason)")
        }
        if load.isStopped { Console.error("trunkline simulate: stopped after \(load.calls) of \(plan.calls) calls") }
        if plan.wantsJSON {
            Console.line(LoadReportJSON.text(load, planned: plan.calls))
        } else if let call = outcome.single, plan.serverProcess == nil {
            Console.line(SingleCallText.text(call, plan))
        } else if load.calls > 0 {
            Console.line(ReportTable.text(load))
        }
        if let text = plan.opening.log.text(calls: plan.calls) { Console.line(text) }
        if let path = plan.heardPath, let heard = outcome.heard {
            guard FileManager.default.createFile(atPath: path, contents: Data(WAV(heard).encoded())) else {
                throw UsageError("--heard \(path): cannot be written")
            }
            let text = "what the caller heard is in \(path)"
            if plan.wantsJSON { Console.error(text) } else { Console.line(text) }
        }
        return load.isGood(planned: plan.calls) && !plan.opening.log.hasComplaints ? 0 : 1
    }
}

/// One call in words.
enum SingleCallText {
    static func text(_ call: CallReport, _ plan: SimulationPlan) -> String {
        var lines = [
            "one \(call.provider.rawValue) call over \(plan.opening.place)",
            "  sent:        \(seconds(call.sent)) of caller audio (\(plan.options.inbound)), \(plan.speechName)",
            "  heard:       \(seconds(call.heard)) at \(level(call.level)), \(call.gaps.count) gaps",
        ]
        if let trips = call.roundTrips, let median = trips.percentile(50), let p99 = trips.percentile(99), let most = trips.maximum
        {
            lines.append(
                "  round trip:  p50 \(milliseconds(median)), p99 \(milliseconds(p99)), max \(milliseconds(most)); \(call.lostPackets ?? 0) lost"
            )
        }
        if let echo = call.echo, !echo.isWhole {
            lines.append(
                "  came back:   \(echo.changed) packets changed, \(echo.foreign) of another call, \(echo.doubled) doubled, \(echo.misordered) out of order"
            )
        }
        lines.append("  ended:       \(call.ending.rawValue)")
        lines.append("  complaints:  " + ReportTable.text(call.complaints).trimmingCharacters(in: .newlines))
        return lines.joined(separator: "\n")
    }

    private static func seconds(_ duration: Duration) -> String { String(format: "%.2f s", Double(duration.milliseconds) / 1_000) }
    private static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.2f ms", Double(duration.nanoseconds) / 1e6)
    }
    private static func level(_ level: Double) -> String { level.isFinite ? String(format: "%.1f dBFS", level) : "silence" }
}
