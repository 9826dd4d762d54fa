import Bots
import Providers
import Server

/// `trunkline config`: the effective configuration, secrets masked.
enum ConfigCommand {
    static func run(
        _ words: ArraySlice<String>, _ environment: [String: String], _ bots: BotCatalog, _ dialects: [any ProviderDialect]
    ) throws(UsageError) -> Int32 {
        let arguments = try ServeCommand.arguments(words)
        let configuration = try ConfigurationLoader.load(arguments, environment: environment, bots: bots, dialects: dialects)
        for setting in Setting.all { Console.line("\(setting.name): \(setting.show(configuration))") }
        Console.line("TRUNKLINE_API_KEY: \(configuration.apiKey == nil ? "not set" : "set")")
        let random = configuration.journal == nil ? "random at each start" : "random, kept in the folder of the journal"
        Console.line("TRUNKLINE_SECRET: \(configuration.secret == nil ? "not set, \(random)" : "set")")
        let signsWith = configuration.dial.eventsSecret == nil ? "not set" : "set, or TRUNKLINE_SECRET in its place"
        Console.line("TRUNKLINE_EVENTS_SECRET: \(signsWith)")
        for name in configuration.settings.names.sorted() { Console.line("\(name): set") }
        return 0
    }
}
