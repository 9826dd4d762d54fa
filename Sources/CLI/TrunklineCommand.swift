import Bots
import Foundation
import Providers
import Server

/// The program. A package with bots or providers of its own calls ``main(bots:dialects:)`` with them and has every command.
public enum TrunklineCommand {
    public static let version = "0.1.0"

    /// Exit status for bad usage (`EX_USAGE` of sysexits.h).
    static let badUsage: Int32 = 64

    /// Runs what the command line asks for and ends the process.
    public static func main(bots: BotCatalog = .builtIn, dialects: [any ProviderDialect] = Provider.all) -> Never {
        let words = Array(ProcessInfo.processInfo.arguments.dropFirst())
        exit(run(words, environment: ProcessInfo.processInfo.environment, bots: bots, dialects: dialects))
    }

    /// - Returns: the exit status.
    static func run(_ words: [String], environment: [String: String], bots: BotCatalog, dialects: [any ProviderDialect]) -> Int32 {
        let rest = words.dropFirst()
        do throws(UsageError) {
            switch words.first {
            case nil, "help", "--help", "-h":
                print(try HelpText.text(of: rest.first))
                return words.isEmpty ? badUsage : 0
            case "--version", "version":
                print("trunkline \(version)")
                return 0
            case "serve" where !wantsHelp(rest): return try ServeCommand.run(rest, environment, bots, dialects)
            case "config" where !wantsHelp(rest): return try ConfigCommand.run(rest, environment, bots, dialects)
            case "simulate" where !wantsHelp(rest) && ScenarioPlan.isMeant(by: rest):
                return try ScenarioCommand.run(rest, bots, dialects, environment)
            case "simulate" where !wantsHelp(rest) && SimulatedAPIPlan.isMeant(by: rest):
                return try SimulatedAPICommand.run(rest, environment)
            case "simulate" where !wantsHelp(rest): return try SimulateCommand.run(rest, environment)
            case "dial" where !wantsHelp(rest): return try DialCommand.run(rest, environment)
            case "campaign" where !wantsHelp(rest): return try CampaignCommand.run(rest, environment)
            case "replay" where !wantsHelp(rest): return try ReplayCommand.run(rest, bots, dialects)
            case let command?:
                print(try HelpText.text(of: command))
                return 0
            }
        } catch {
            Console.error("trunkline: \(error.message)")
            return badUsage
        }
    }

    private static func wantsHelp(_ words: ArraySlice<String>) -> Bool { words.contains { $0 == "--help" || $0 == "-h" } }
}

/// The terminal of the person who typed the command.
enum Console {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
    static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
