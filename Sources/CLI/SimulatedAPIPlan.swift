import Foundation
import Simulation

/// What `trunkline simulate --api` was asked to do.
struct SimulatedAPIPlan: Sendable {
    /// Next to the server's own.
    static let usualPort = 7_861

    let port: Int
    let options: SimulatedAPI.Options
    let credentials: APICredentials
    let secrets: ProviderSecrets
    let ledgerPath: String?
    let wantsJSON: Bool
    let trustedFile: String?

    static func isMeant(by words: ArraySlice<String>) -> Bool { words.contains("--api") }

    private static let names = [
        "provider", "port", "fates", "numbers", "ring-seconds", "answer-seconds", "transfer-seconds", "patience", "faults",
        "list-lag", "seed", "ledger", "ca",
    ]

    init(_ words: ArraySlice<String>, _ environment: [String: String] = [:]) throws(UsageError) {
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: Self.names.map { ($0, $0) }), switches: ["api", "json", "no-streams"])
        if let stranger = arguments.rest.first { throw UsageError("\(stranger): unexpected; see trunkline help simulate") }
        port =
            try arguments.value("port").map { text throws(UsageError) in try Setting.number(text, "port", 0...65_535) }
            ?? Self.usualPort
        var options = SimulatedAPI.Options()
        if let name = arguments.value("provider"), name != "all" {
            let known = PlayedProvider.allCases.map(\.rawValue).joined(separator: ", ")
            guard let provider = PlayedProvider(rawValue: name) else {
                throw UsageError("--provider \(name): must be all or one of \(known)")
            }
            options.providers = [provider]
        }
        options.fates = try Self.fates(arguments)
        options.opensStreams = !arguments.has("no-streams")
        if let text = arguments.value("faults") {
            do throws(FaultPlan.Mistake) {
                options.faults = try FaultPlan(text)
            } catch {
                throw UsageError("--faults \(error)")
            }
        }
        if let text = arguments.value("list-lag") { options.listLag = try Setting.seconds(text, "list-lag", 0...3_600) }
        if let text = arguments.value("seed") {
            guard let seed = UInt64(text) else { throw UsageError("--seed \(text): must be a whole number") }
            options.seed = seed
        }
        self.options = options
        credentials = APICredentials(environment)
        do {
            secrets = try ProviderSecrets(environment)
        } catch {
            throw UsageError(error.description)
        }
        ledgerPath = arguments.value("ledger")
        if let ledgerPath, !FileManager.default.createFile(atPath: ledgerPath, contents: nil) {
            throw UsageError("--ledger \(ledgerPath): cannot be written")
        }
        wantsJSON = arguments.has("json")
        trustedFile = arguments.value("ca")
    }

    private static func fates(_ arguments: Arguments) throws(UsageError) -> FatePlan {
        var plan = FatePlan()
        if let text = arguments.value("fates") {
            plan.weights = [:]
            for (name, value) in try pairs(text, "fates") {
                guard let weight = Double(value), (0...1_000_000).contains(weight) else {
                    throw UsageError("--fates \(name)=\(value): the weight must be a number from 0")
                }
                plan.weights[try fate(name, "fates")] = weight
            }
            guard plan.weights.values.contains(where: { $0 > 0 }) else { throw UsageError("--fates: all weights are 0") }
        }
        for (number, name) in try pairs(arguments.value("numbers") ?? "", "numbers") {
            plan.numbers[number.hasPrefix("+") ? number : "+" + number] = try fate(name, "numbers")
        }
        if let text = arguments.value("ring-seconds") { plan.ring = try range(text, "ring-seconds") }
        if let text = arguments.value("answer-seconds") { plan.talk = try range(text, "answer-seconds") }
        if let text = arguments.value("transfer-seconds") { plan.transferTalk = try range(text, "transfer-seconds") }
        if let text = arguments.value("patience") { plan.patience = try Setting.seconds(text, "patience", 0...600) }
        return plan
    }

    private static func fate(_ name: String, _ flag: String) throws(UsageError) -> CallFate {
        guard let fate = CallFate(rawValue: name) else {
            throw UsageError("--\(flag) \(name): must be one of \(CallFate.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return fate
    }

    /// `a=1,b=2`.
    private static func pairs(_ text: String, _ flag: String) throws(UsageError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=").map { String($0.filter { $0 != " " }) }
            guard parts.count == 2 else { throw UsageError("--\(flag) \(item): must be name=value, several with commas between") }
            pairs.append((parts[0], parts[1]))
        }
        return pairs
    }

    /// `2`, or `0.5-3`.
    private static func range(_ text: String, _ flag: String) throws(UsageError) -> ClosedRange<Duration> {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        let first = try Setting.seconds(ends[0], flag, 0...86_400)
        let last = ends.count > 1 ? try Setting.seconds(ends[1], flag, 0...86_400) : first
        guard first <= last else { throw UsageError("--\(flag) \(text): begins after its end") }
        return first...last
    }
}
