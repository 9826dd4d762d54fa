import Providers
import Server

/// What `serve` says when it is up: what to paste where, and what stands open.
enum Greeting {
    static func text(_ configuration: Configuration, port: Int) -> String {
        let host = configuration.publicHost ?? "YOUR-PUBLIC-HOST"
        var lines = ["bot: \(configuration.bot)", ""]
        if configuration.publicHost == nil {
            lines += [
                "To take real calls, make this port reachable over https (a tunnel or a reverse proxy) and start with -x YOUR-PUBLIC-HOST.",
                "",
            ]
        }
        lines.append("Paste into the provider's console:")
        let places = [
            ("twilio", "Phone number > Voice > A call comes in > Webhook, HTTP POST"),
            ("telnyx", "TeXML application > Voice > Webhook URL, POST"),
            ("plivo", "Voice > XML application > Answer URL, POST"),
            ("exotel", "App Bazaar > Voicebot applet > URL (https)"),
            ("vonage", "Application > Voice > Answer URL, HTTP GET"),
        ]
        for dialect in configuration.dialects {
            let name = dialect.name.text
            let place = places.first { $0.0 == name }?.1 ?? "answer webhook"
            lines.append(
                "  \(name)\(String(repeating: " ", count: max(1, 8 - name.count)))https://\(host)/answer/\(name)   (\(place))")
        }
        let notes = notes(configuration)
        if !notes.isEmpty { lines += [""] + notes.map { "note: \($0)" } }
        return lines.joined(separator: "\n")
    }

    private static func notes(_ configuration: Configuration) -> [String] {
        var notes: [String] = []
        if configuration.secret == nil {
            notes.append("TRUNKLINE_SECRET is not set: stream tokens are signed with a random key and end with this process")
        }
        if configuration.apiKey == nil {
            notes.append("TRUNKLINE_API_KEY is not set: /calls answers only to this machine, and not behind a proxy")
        }
        let unsigned = [
            ("twilio", "TWILIO_AUTH_TOKEN"), ("telnyx", "TELNYX_PUBLIC_KEY"), ("plivo", "PLIVO_AUTH_TOKEN"),
            ("vonage", "VONAGE_SIGNATURE_SECRET"),
        ].filter { configuration.settings[$0.1] == nil }
        if !unsigned.isEmpty {
            notes.append("webhooks are not checked until these are set: \(unsigned.map(\.1).joined(separator: ", "))")
        }
        return notes
    }
}
