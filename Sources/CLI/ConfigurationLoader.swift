import Bots
import Call
import Foundation
import Providers
import Server
import Wire

/// Puts the configuration together: the JSON file, over it the environment, over it the flags.
enum ConfigurationLoader {
    /// A configuration file is a page of text, not data.
    static let largestFile = 1 << 20
    /// The folder of the journal when none is named, in the working directory.
    static let usualJournal = ".trunkline"

    static func load(
        _ arguments: Arguments, environment: [String: String], bots: BotCatalog, dialects: [any ProviderDialect]
    ) throws(UsageError) -> Configuration {
        var configuration = Configuration()
        configuration.bots = bots
        configuration.dialects = dialects
        configuration.build = TrunklineCommand.version
        // Nobody asked for it by name: a server that only answers does without.
        configuration.journal = usualJournal
        configuration.isJournalOptional = true
        configuration.loops = ProcessInfo.processInfo.activeProcessorCount
        let file = try arguments.value("config").map(read) ?? [:]
        func named(_ name: String, _ variable: String) -> String? {
            [arguments.value(name), environment[variable], file[name]].compactMap(\.self).first { !$0.isEmpty }
        }
        try chooseMenu(named("menu", "TRUNKLINE_MENU"), isBotNamed: named("bot", "TRUNKLINE_BOT") != nil, &configuration)
        for setting in Setting.all {
            if let value = file[setting.name] { try apply(setting, value, "in the configuration file", &configuration) }
            if let value = environment[setting.environmentName], !value.isEmpty {
                try apply(setting, value, "from \(setting.environmentName)", &configuration)
            }
            if let value = setting.isList ? arguments.list(setting.name) : arguments.value(setting.name) {
                try setting.apply(value, &configuration)
            }
        }
        guard (configuration.tlsCertificate == nil) == (configuration.tlsKey == nil) else {
            throw UsageError("--tls-cert and --tls-key: one is missing; give both or none")
        }
        let names = Set(Setting.all.map(\.name))
        if let stranger = file.keys.sorted().first(where: { !names.contains($0) && !$0.allSatisfy(isEnvironmentLetter) }) {
            throw UsageError("configuration file: \(stranger) is no setting; see trunkline help serve")
        }
        var values = file.filter { $0.key.allSatisfy(isEnvironmentLetter) }
        values.merge(environment) { _, new in new }
        configuration.settings = try ProviderSettings(secrets(values, dialects))
        configuration.apiKey = values["TRUNKLINE_API_KEY"].flatMap { $0.isEmpty ? nil : Secret($0) }
        configuration.secret = values["TRUNKLINE_SECRET"].flatMap { $0.isEmpty ? nil : Secret($0) }
        configuration.dial.eventsSecret =
            values["TRUNKLINE_EVENTS_SECRET"].flatMap { $0.isEmpty ? nil : Secret($0) } ?? configuration.secret
        guard configuration.dial.eventsURL == nil || configuration.dial.eventsSecret != nil else {
            throw UsageError("--events-url: set TRUNKLINE_EVENTS_SECRET or TRUNKLINE_SECRET, with which events are signed")
        }
        return configuration
    }

    /// Calls are answered by a menu when nothing else is asked for: the one that is named, else the demo, else an echo.
    private static func chooseMenu(
        _ path: String?, isBotNamed: Bool, _ configuration: inout Configuration
    ) throws(UsageError) {
        if configuration.bots[MenuBot.name] == nil || path != nil {
            guard let file = path ?? MenuFiles.demo else {
                if isBotNamed { return }
                configuration.warnings.append(
                    "the demo menu does not lie beside the program: calls that name no bot are answered with an echo; "
                        + "name a menu with --menu FILE")
                return
            }
            let plan = try MenuFiles.plan(file, bots: configuration.bots)
            configuration.warnings += plan.warnings.map { "menu \(file): \($0)" }
            configuration.bots.add(MenuBot(plan))
            configuration.menu = file
        }
        configuration.bot = MenuBot.name
    }

    private static func isEnvironmentLetter(_ character: Character) -> Bool {
        character.isASCII && (character.isUppercase || character.isNumber || character == "_")
    }

    private static func apply(
        _ setting: Setting, _ value: String, _ origin: String, _ configuration: inout Configuration
    ) throws(UsageError) {
        do {
            try setting.apply(value, &configuration)
        } catch {
            throw UsageError("\(error.message) (\(origin))")
        }
    }

    private static func read(_ path: String) throws(UsageError) -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path) else { throw UsageError("--config \(path): cannot be read") }
        guard data.count <= largestFile, case .object(let members)? = try? JSONValue(parsing: Array(data)) else {
            throw UsageError("--config \(path): must be a JSON object of settings, such as {\"port\": 7860, \"bot\": \"echo\"}")
        }
        var values: [String: String] = [:]
        for (key, value) in members {
            switch value {
            case .string(let text): values[key] = text
            case .number: values[key] = String(decoding: value.bytes, as: UTF8.self)
            case .bool(let flag): values[key] = flag ? "true" : "false"
            case .null: break
            case .array, .object: throw UsageError("--config \(path): \(key) must be text or a number")
            }
        }
        return values
    }

    private static func secrets(
        _ values: [String: String], _ dialects: [any ProviderDialect]
    ) throws(UsageError) -> [String: Secret] {
        let prefixes = dialects.map(\.settingsPrefix)
        var secrets = values.filter { pair in prefixes.contains { pair.key.hasPrefix($0) } }
        for name in dialects.flatMap(\.guide.fileSettings) {
            guard let value = secrets[name], !value.isEmpty, !value.contains("-----BEGIN") else { continue }
            guard let data = FileManager.default.contents(atPath: value), let text = String(data: data, encoding: .utf8) else {
                throw UsageError("\(name): is neither a PEM key nor a file that can be read")
            }
            secrets[name] = text
        }
        return secrets.mapValues { Secret($0) }
    }
}
