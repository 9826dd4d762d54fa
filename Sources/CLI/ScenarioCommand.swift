import Audio
import Bots
import Call
import Foundation
import Providers
import Simulation
import SpeexAudio

/// `trunkline simulate --scenario`: plays scenarios, on a virtual clock or over sockets, and says what was heard.
enum ScenarioCommand {
    /// The bot of calls that name none, when nobody says which.
    private static let usualBot = "echo"

    static func run(
        _ words: ArraySlice<String>, _ bots: BotCatalog, _ dialects: [any ProviderDialect], _ environment: [String: String] = [:]
    ) throws(UsageError) -> Int32 {
        let plan = try ScenarioPlan(words, bots, environment)
        let bots = plan.bots
        var report = RehearsalReport()
        var progress = ScenarioProgress(count: plan.scenarios.count)
        var isStopped = false
        for file in plan.scenarios {
            let (providers, obstacle) = plan.providers(of: file.scenario, bots)
            if let obstacle {
                let skipped = Rehearsal(scenario: file.scenario.name, file: file.path, provider: nil, outcome: .skipped(obstacle))
                report.rehearsals.append(skipped)
                progress.finished([skipped])
                continue
            }
            progress.began(file.scenario)
            let outcomes =
                plan.isVirtual
                ? providers.map { ($0, rehearse(file.scenario, $0, plan, bots, dialects, &progress)) }
                : ScenarioDriver.rehearse(file.scenario, providers, plan, progress, isStopped: &isStopped)
            let rehearsals = outcomes.map { provider, outcome in
                Rehearsal(scenario: file.scenario.name, file: file.path, provider: provider, outcome: outcome)
            }
            progress.finished(rehearsals)
            if let path = plan.heardPath { try write(rehearsals, file, to: path, isAlone: plan.scenarios.count == 1) }
            report.rehearsals += rehearsals
            if isStopped {
                Console.error("trunkline simulate: stopped in scenario \(progress.number) of \(plan.scenarios.count)")
                break
            }
        }
        Console.line(
            plan.isJSON ? String(decoding: report.json.bytes, as: UTF8.self) : report.text.trimmingCharacters(in: .newlines))
        if let text = plan.openingText { plan.isJSON ? Console.error(text) : Console.line(text) }
        return !isStopped && report.failed == 0 && !plan.hasComplaints ? 0 : 1
    }

    private static func rehearse(
        _ scenario: Scenario, _ provider: PlayedProvider, _ plan: ScenarioPlan, _ bots: BotCatalog,
        _ dialects: [any ProviderDialect], _ progress: inout ScenarioProgress
    ) -> Rehearsal.Outcome {
        do {
            var rehearsal = try VirtualRehearsal(scenario, provider, resamplers: SpeexResamplerFactory()) { index, call, _ in
                ScenarioFarEnd(call, index, bot: plan.bot ?? usualBot, bots: bots, dialects: dialects, at: .zero)
            }
            return .judged(try rehearsal.run { progress.isAt($0, provider.rawValue) })
        } catch {
            return .failed("\(error)")
        }
    }

    /// One call goes into the file as it is named; of several, each into one named after scenario, provider and call.
    private static func write(
        _ rehearsals: [Rehearsal], _ file: ScenarioFile, to path: String, isAlone: Bool
    ) throws(UsageError) {
        var calls: [(provider: PlayedProvider, verdict: CallVerdict)] = []
        for rehearsal in rehearsals {
            guard case .judged(let verdicts) = rehearsal.outcome else { continue }
            calls += verdicts.map { ($0.provider, $0) }
        }
        let base = path.hasSuffix(".wav") ? String(path.dropLast(4)) : path
        for (provider, verdict) in calls {
            let call = verdict.call.isEmpty ? "" : "." + verdict.call.replacingOccurrences(of: "/", with: "-")
            let place = isAlone && calls.count == 1 ? path : "\(base).\(file.stem).\(provider.rawValue)\(call).wav"
            guard FileManager.default.createFile(atPath: place, contents: Data(WAV(verdict.heard).encoded())) else {
                throw UsageError("--heard \(place): cannot be written")
            }
        }
    }
}

/// What stands on the terminal while scenarios run: one line that changes, or a line for each on anything else.
struct ScenarioProgress {
    private let count: Int
    private(set) var number = 0
    private var name = ""
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    init(count: Int) { self.count = count }

    mutating func began(_ scenario: Scenario) {
        number += 1
        name = scenario.name
        show("")
    }

    /// - Parameter time: of the call, on whatever clock it runs.
    func isAt(_ time: Duration, _ what: String) { show("\(what) \(time.milliseconds / 1_000) s") }

    mutating func finished(_ rehearsals: [Rehearsal]) {
        if rehearsals.contains(where: { $0.hasPassed == nil }) { number += 1 }
        if isTerminal { return FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        let failures = rehearsals.count { $0.hasPassed == false }
        let words = rehearsals.contains { $0.hasPassed == nil } ? "skipped" : failures == 0 ? "passed" : "FAILED"
        Console.error("[\(number)/\(count)] \(rehearsals.first?.scenario ?? name): \(words)")
    }

    private func show(_ words: String) {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K[\(number)/\(count)] \(name) \(words)".utf8))
    }
}
