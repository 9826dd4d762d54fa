import Bots
import Call
import Net
import Providers
import Server

/// `trunkline serve`: runs the server until it is told to stop.
enum ServeCommand {
    static func arguments(_ words: ArraySlice<String>) throws(UsageError) -> Arguments {
        var names = ["config": "config"]
        for setting in Setting.all {
            names[setting.name] = setting.name
            if let short = setting.short { names[short] = setting.name }
        }
        let arguments = try Arguments(words, names: names)
        if let stranger = arguments.rest.first { throw UsageError("\(stranger): unexpected; see trunkline help serve") }
        return arguments
    }

    static func run(
        _ words: ArraySlice<String>, _ environment: [String: String], _ bots: BotCatalog, _ dialects: [any ProviderDialect]
    ) throws(UsageError) -> Int32 {
        let configuration = try ConfigurationLoader.load(
            try arguments(words), environment: environment, bots: bots, dialects: dialects)
        let logger = Logger(level: configuration.logLevel, format: configuration.logFormat)
        for warning in configuration.warnings { logger.log(.warning, warning) }
        let signals = StopSignals()
        do throws(NetError) {
            let scheme = configuration.tlsCertificate == nil ? "http" : "https"
            let server = try TrunklineServer(configuration, logger: logger, onSignal: { signals.came() })
            Console.line(
                "trunkline \(TrunklineCommand.version) listening on \(scheme)://\(authority(configuration.host, server.port))")
            Console.line(Greeting.text(configuration, port: server.port))
            signals.wait()
            server.stop(waitingWhile: { !signals.wantsItNow })
            return 0
        } catch {
            let isTaken = if case .bind = error { true } else { false }
            Console.error("trunkline serve: \(error)\(isTaken ? "; choose another address with --host and --port" : "")")
            return 1
        }
    }

    static func authority(_ host: String, _ port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
