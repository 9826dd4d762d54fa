import Audio
import Call
import Foundation
import Net
import Simulation

/// `trunkline simulate`: plays the provider's side of calls over real WebSockets.
enum SimulateCommand {
    static func run(_ words: ArraySlice<String>, _ environment: [String: String]) throws(UsageError) -> Int32 {
        let plan = try SimulationPlan(words, environment)
        let results = SimulationResults()
        let group: EventLoopGroup
        do throws(NetError) {
            group = try EventLoopGroup.start(
                host: nil, options: LoopOptions(extraCAFile: plan.trustedFile, onSignal: { _ in results.stop() })
            ) {
                CallDriver(plan, results, $0)
            }
        } catch {
            Console.error("trunkline simulate: \(error)")
            return 1
        }
        results.wait()
        group.stop(grace: .zero)
        group.wait()
        return try report(plan, results.outcome)
    }

    private static func report(_ plan: SimulationPlan, _ outcome: SimulationResults.Outcome) throws(UsageError) -> Int32 {
        for (reason, count) in outcome.failures.sorted(by: { $0.key < $1.key }) {
            Console.error("trunkline simulate: \(count == 1 ? "a call" : "\(count) calls") failed: \(reason)")
        }
        if outcome.reports.count == 1, let call = outcome.reports.first {
            Console.line(SingleCallText.text(call, plan))
        } else if !outcome.reports.isEmpty {
            Console.line(ReportTable.text(LoadReport(outcome.reports)))
        }
        if let text = plan.opening.log.text(calls: plan.calls) { Console.line(text) }
        if let path = plan.heardPath, let heard = outcome.heard {
            guard FileManager.default.createFile(atPath: path, contents: Data(WAV(heard).encoded())) else {
                throw UsageError("--heard \(path): cannot be written")
            }
            Console.line("what the caller heard is in \(path)")
        }
        let isWhole = outcome.failures.isEmpty && outcome.reports.count == plan.calls
        return isWhole && !plan.opening.log.hasComplaints && outcome.reports.allSatisfy { isGood($0, plan) } ? 0 : 1
    }

    private static func isGood(_ call: CallReport, _ plan: SimulationPlan) -> Bool {
        guard call.complaints.isEmpty, call.ending != .brokenOff else { return false }
        return !plan.expectsEcho || (call.lostPackets == 0 && call.level.isFinite && call.ending == .callerHungUp)
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
