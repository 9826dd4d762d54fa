import Bots
import Call
import Capture
import Foundation
import Net
import Pipeline
import Providers
import Server
import SpeexAudio

/// `trunkline replay`: plays captured calls again and compares what comes back.
struct ReplayCommand {
    private let plan: ReplayPlan
    private let bots: BotCatalog
    private let dialects: [any ProviderDialect]

    static func run(
        _ words: ArraySlice<String>, _ bots: BotCatalog, _ dialects: [any ProviderDialect]
    ) throws(UsageError) -> Int32 {
        let plan = try ReplayPlan(words, bots)
        if let path = plan.junitPath, !FileManager.default.createFile(atPath: path, contents: nil) {
            throw UsageError("--junit \(path): cannot be written")
        }
        let command = ReplayCommand(plan: plan, bots: plan.bots, dialects: dialects)
        var report = ReplayReport(shown: plan.shown)
        for path in ReplayFiles.found(plan.paths) {
            let entry = ReplayReport.Entry(name: path, command.verdict(on: path))
            report.add(entry)
            Console.line(report.text(entry))
        }
        if report.entries.count > 1 { Console.line(report.summary) }
        if let path = plan.junitPath, !FileManager.default.createFile(atPath: path, contents: Data(report.junit.utf8)) {
            throw UsageError("--junit \(path): cannot be written")
        }
        return report.isGood ? 0 : 1
    }

    private func verdict(on path: String) -> ReplayReport.Verdict {
        do throws(ReplayFiles.Failure) {
            let capture = try ReplayFiles.read(path)
            let came = try play(capture)
            let comparison = Comparison(expected: capture, got: came, plan.comparison)
            if comparison.isSame { return .same(comparison) }
            guard plan.updates else { return .different(comparison) }
            guard
                var accepted = Replay.accepted(came, in: capture, plan.comparison, play: { inProcess($0) { answer($0) { _ in } } })
            else {
                throw ReplayFiles.Failure("cannot be updated: the bot answers the same call otherwise each time")
            }
            accepted.header.build = TrunklineCommand.version
            try ReplayFiles.replace(path, with: accepted)
            return .updated(comparison)
        } catch {
            return .failed(error.sentence)
        }
    }

    private func play(_ capture: Capture) throws(ReplayFiles.Failure) -> Capture {
        if let url = plan.url { return try ReplayClient.play(capture, to: url, plan) }
        let bot = plan.bot ?? capture.header.bot
        guard bots[bot] != nil else {
            throw ReplayFiles.Failure(
                "no bot is named \(bot) here; known: \(bots.names.joined(separator: ", ")); choose one with --bot")
        }
        var refusal: String?
        let door: Replay.Answer = { answer($0) { refusal = $0 } }
        let came = plan.isPaced ? paced(capture, door) : inProcess(capture, door)
        // What a server refuses leaves no capture: there is nothing to compare.
        if let refusal { throw ReplayFiles.Failure("the call is not answered here: \(refusal)") }
        return came
    }

    private func inProcess(_ capture: Capture, _ answer: @escaping Replay.Answer) -> Capture {
        Replay.run(
            capture, bot: plan.bot, dialects: dialects, limits: plan.limits, resamplers: SpeexResamplerFactory(), answer: answer
        ).capture
    }

    /// In real time, telling what happens beside audio.
    private func paced(_ capture: Capture, _ answer: @escaping Replay.Answer) -> Capture {
        var replay = Replay(
            capture, bot: plan.bot, dialects: dialects, limits: plan.limits, resamplers: SpeexResamplerFactory(), answer: answer)
        let clock = ContinuousClock()
        let start = clock.now
        while let due = replay.due {
            let wait = clock.now.duration(to: start.advanced(by: due - .zero))
            if wait > .zero { Thread.sleep(forTimeInterval: Double(wait.nanoseconds) / 1e9) }
            replay.step()
            for line in replay.news() { Console.line(line) }
        }
        return replay.result.capture
    }

    /// As the server answers a stream that has described itself.
    ///
    /// - Parameter refused: is told why, when it is not taken.
    private func answer(_ call: CallInfo, refused: (String) -> Void) -> CallInput {
        var reason = "no bot is named \(call.bot)"
        var word = Termination.refused
        if let bot = bots[call.bot] {
            do {
                return .admitted(call, try bot.pipeline(for: call))
            } catch {
                (reason, word) = ("bot \(call.bot): \(error.description)", .botFailed)
            }
        }
        refused(reason)
        return .refused(word, reason: reason)
    }
}
