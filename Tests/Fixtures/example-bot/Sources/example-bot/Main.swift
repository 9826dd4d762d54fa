import Bots
import CLI
import Foundation
import Providers

@main
enum Main {
    static func main() {
        if CommandLine.arguments.dropFirst().first == "--check" { exit(Check.run() ? 0 : 1) }
        TrunklineCommand.main(bots: .builtIn.adding(LouderBot()), dialects: Provider.all + [AcmeDialect()])
    }
}
