import Bots
import Call
import Foundation
import Simulation

/// What `trunkline simulate --scenario` was asked to do.
struct ScenarioPlan: Sendable {
    /// Scenarios that take longer than this are left out of a run over sockets: a folder with an hour-long call shall not take an hour
    /// by surprise.
    static let usualLongest = Duration.seconds(120)

    let scenarios: [ScenarioFile]
    /// Whether calls are played on a virtual clock, without a socket.
    let isVirtual: Bool
    /// How the calls of a provider come to their sockets; empty on a virtual clock.
    let openings: [PlayedProvider: CallOpeningPlan]
    /// The bot that answers, whatever a scenario asks for.
    let bot: String?
    /// Play this one only.
    let provider: PlayedProvider?
    let longest: Duration
    let isJSON: Bool
    let heardPath: String?
    /// The bots that answer on a virtual clock.
    let bots: BotCatalog
    let trustedFile: String?

    private static let names = ["scenario", "url", "bot", "provider", "longest", "heard", "ca", "menu"]
    private static let usualURL = "ws://127.0.0.1:7860/ws"

    /// Whether the words ask for scenarios at all.
    static func isMeant(by words: ArraySlice<String>) -> Bool {
        words.contains { $0 == "--scenario" || $0.hasPrefix("--scenario=") }
    }

    /// - Parameter environment: holds the secrets that calls are signed with.
    init(
        _ words: ArraySlice<String>, _ bots: BotCatalog, _ environment: [String: String] = [:]
    ) throws(UsageError) {
        let names = Self.names + CallOpeningPlan.names
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }), switches: ["virtual", "json"])
        let paths = arguments.flags.filter { $0.name == "scenario" }.map(\.value) + arguments.rest
        isVirtual = arguments.has("virtual")
        if isVirtual, let stray = (["url"] + CallOpeningPlan.names).first(where: { arguments.has($0) }) {
            throw UsageError("--virtual --\(stray): a virtual call goes over no network; give one of them")
        }
        let url = arguments.value("url") ?? Self.usualURL
        guard url.hasPrefix("ws://") || url.hasPrefix("wss://") else {
            throw UsageError("--url \(url): must begin with ws:// or wss://")
        }
        if !isVirtual, let menu = arguments.value("menu") {
            throw UsageError("--menu \(menu): is for --virtual; over a socket give it to trunkline serve")
        }
        let bots = isVirtual ? try bots.withMenu(arguments.value("menu")) : bots
        self.bots = bots
        bot = arguments.value("bot")
        if let bot, isVirtual, bots[bot] == nil {
            throw UsageError("--bot \(bot): no such bot; known: \(bots.names.joined(separator: ", "))")
        }
        let known = PlayedProvider.allCases.map(\.rawValue).joined(separator: ", ")
        provider = try arguments.value("provider").map { name throws(UsageError) in
            guard let provider = PlayedProvider(rawValue: name) else {
                throw UsageError("--provider \(name): must be one of \(known)")
            }
            return provider
        }
        longest =
            try arguments.value("longest").map { text throws(UsageError) in try Setting.seconds(text, "longest", 1...86_400) }
            ?? (isVirtual ? Scenario.longestCall * 2 : Self.usualLongest)
        isJSON = arguments.has("json")
        trustedFile = arguments.value("ca")
        heardPath = arguments.value("heard")
        scenarios = try ScenarioFile.read(paths)
        var openings: [PlayedProvider: CallOpeningPlan] = [:]
        for played in isVirtual ? [] : PlayedProvider.allCases where provider == nil || provider == played {
            guard scenarios.contains(where: { $0.scenario.providers.contains(played) }) else { continue }
            openings[played] = try CallOpeningPlan(arguments, played, url: url, environment)
        }
        self.openings = openings
        if let heardPath, !FileManager.default.createFile(atPath: heardPath, contents: nil) {
            throw UsageError("--heard \(heardPath): cannot be written")
        }
    }

    /// The providers to play a scenario with, or why it is left out.
    func providers(of scenario: Scenario, _ bots: BotCatalog) -> (providers: [PlayedProvider], obstacle: String?) {
        if let bot, let other = scenario.bots.first(where: { $0 != bot }) {
            return ([], "it needs the bot \(other), and --bot says that the far end is \(bot)")
        }
        if isVirtual, let missing = scenario.bots.first(where: { bots[$0] == nil }) {
            return ([], "it needs the bot \(missing), which this program does not have")
        }
        if scenario.limit > longest {
            let seconds = scenario.limit.milliseconds / 1_000
            return ([], "it takes up to \(seconds) s; --longest \(seconds) lets it run")
        }
        guard let provider else { return (scenario.providers, nil) }
        guard scenario.providers.contains(provider) else { return ([], "it makes no sense with \(provider.rawValue)") }
        return ([provider], nil)
    }

    /// How one call comes to its socket: it asks for bot and options in the query of the socket's URL, or of the answer document's.
    func opening(of call: ScenarioCall, _ provider: PlayedProvider) -> CallOpeningPlan? {
        var items = call.options.sorted { $0.key < $1.key }
        if let bot = call.bot { items.insert(("bot", bot), at: 0) }
        let query = items.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
        return openings[provider]?.asking(query)
    }

    /// Whether a provider would object to a document or a callback.
    var hasComplaints: Bool { openings.values.contains { $0.log.hasComplaints } }

    /// What happened over HTTP, provider by provider; `nil` when nothing did.
    var openingText: String? {
        let texts = PlayedProvider.allCases.compactMap { provider in
            // The number of calls is not known here, and each line says how often it happened.
            openings[provider]?.log.text(calls: .max).map { "\(provider.rawValue)\n\($0)" }
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.intersection(CharacterSet(charactersIn: " "..."~")).union(["-", "_", ".", "~"]))
            ?? ""
    }
}

/// A scenario and the file that it was read from.
struct ScenarioFile: Sendable {
    let path: String
    let scenario: Scenario

    /// The name without folder and ending.
    var stem: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    /// Reads files, and all `.json` files of folders in the order of their names.
    static func read(_ paths: [String]) throws(UsageError) -> [ScenarioFile] {
        var files: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw UsageError("--scenario \(path): no such file or folder")
            }
            guard isFolder.boolValue else {
                files.append(path)
                continue
            }
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".json") }
            guard !names.isEmpty else { throw UsageError("--scenario \(path): a folder without .json files") }
            files += names.sorted().map { (path as NSString).appendingPathComponent($0) }
        }
        var scenarios: [ScenarioFile] = []
        for file in files { scenarios.append(try one(file)) }
        return scenarios
    }

    private static func one(_ path: String) throws(UsageError) -> ScenarioFile {
        guard let data = FileManager.default.contents(atPath: path) else { throw UsageError("--scenario \(path): cannot be read") }
        let folder = (path as NSString).deletingLastPathComponent
        do throws(ScenarioError) {
            let scenario = try Scenario(parsing: Array(data)) { name in
                let place = name.hasPrefix("/") ? name : (folder as NSString).appendingPathComponent(name)
                return FileManager.default.contents(atPath: place).map { Array($0) }
            }
            return ScenarioFile(path: path, scenario: scenario)
        } catch {
            throw UsageError("\(path): \(error)")
        }
    }
}
