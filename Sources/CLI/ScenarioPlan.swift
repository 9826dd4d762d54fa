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
    let url: String?
    /// The bot that answers, whatever a scenario asks for.
    let bot: String?
    /// Play this one only.
    let provider: PlayedProvider?
    let longest: Duration
    let isJSON: Bool
    let heardPath: String?
    let trustedFile: String?

    private static let names = ["scenario", "url", "bot", "provider", "longest", "heard", "ca"]

    /// Whether the words ask for scenarios at all.
    static func isMeant(by words: ArraySlice<String>) -> Bool {
        words.contains { $0 == "--scenario" || $0.hasPrefix("--scenario=") }
    }

    init(_ words: ArraySlice<String>, _ bots: BotCatalog) throws(UsageError) {
        let arguments = try Arguments(
            words, names: Dictionary(uniqueKeysWithValues: Self.names.map { ($0, $0) }), switches: ["virtual", "json"])
        let paths = arguments.flags.filter { $0.name == "scenario" }.map(\.value) + arguments.rest
        let isVirtual = arguments.has("virtual")
        if isVirtual, arguments.value("url") != nil {
            throw UsageError("--virtual --url: a virtual call has no URL; give one of them")
        }
        url = isVirtual ? nil : arguments.value("url") ?? "ws://127.0.0.1:7860/ws"
        if let url, !url.hasPrefix("ws://"), !url.hasPrefix("wss://") {
            throw UsageError("--url \(url): must begin with ws:// or wss://")
        }
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
        if let heardPath, !FileManager.default.createFile(atPath: heardPath, contents: nil) {
            throw UsageError("--heard \(heardPath): cannot be written")
        }
    }

    /// The providers to play a scenario with, or why it is left out.
    func providers(of scenario: Scenario, _ bots: BotCatalog) -> (providers: [PlayedProvider], obstacle: String?) {
        if let bot, let other = scenario.bots.first(where: { $0 != bot }) {
            return ([], "it needs the bot \(other), and --bot says that the far end is \(bot)")
        }
        if url == nil, let missing = scenario.bots.first(where: { bots[$0] == nil }) {
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

    /// The address of one call: bot and options in the query.
    func address(of call: ScenarioCall) -> String? {
        guard let url else { return nil }
        var items = call.options.sorted { $0.key < $1.key }
        if let bot = call.bot { items.insert(("bot", bot), at: 0) }
        guard !items.isEmpty else { return url }
        let query = items.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
        return url + (url.contains("?") ? "&" : "?") + query
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
