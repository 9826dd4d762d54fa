import Bots
import Providers
import Server

/// What `serve` says when it is up: what to paste where, and what stands open.
enum Greeting {
    static func text(_ configuration: Configuration, port: Int) -> String {
        let host = configuration.publicHost ?? "YOUR-PUBLIC-HOST"
        let menu = configuration.bot == MenuBot.name ? configuration.menu.map { " (\($0))" } : nil
        var lines = ["bot: \(configuration.bot)\(menu ?? "")", ""]
        if configuration.publicHost == nil {
            lines += [
                "To take real calls, make this port reachable over https (a tunnel or a reverse proxy) and start with -x YOUR-PUBLIC-HOST.",
                "",
            ]
        }
        lines.append("Paste into the provider's console:")
        for dialect in configuration.dialects {
            let name = dialect.name.text
            let padding = String(repeating: " ", count: max(1, 8 - name.count))
            lines.append("  \(name)\(padding)https://\(host)/answer/\(name)   (\(dialect.guide.consolePlace))")
        }
        let notes = notes(configuration)
        if !notes.isEmpty { lines += [""] + notes.map { "note: \($0)" } }
        return lines.joined(separator: "\n")
    }

    private static func notes(_ configuration: Configuration) -> [String] {
        var notes: [String] = []
        if configuration.secret == nil {
            let end = configuration.journal == nil ? "end with this process" : "are worth nothing on another server"
            notes.append("TRUNKLINE_SECRET is not set: stream tokens are signed with a random key and \(end)")
        }
        if let secret = configuration.secret, secret.exposed.utf8.count < 16 {
            notes.append("TRUNKLINE_SECRET has fewer than 16 bytes and can be guessed; openssl rand -hex 32 makes a good one")
        }
        if configuration.apiKey == nil {
            notes.append("TRUNKLINE_API_KEY is not set: /calls and /start answer only to this machine, and not behind a proxy")
        }
        let unset = configuration.dialects.compactMap(\.guide.webhookSecret).filter { configuration.settings[$0] == nil }
        if !unset.isEmpty { notes.append("webhooks are not checked until these are set: \(unset.joined(separator: ", "))") }
        return notes
    }
}
