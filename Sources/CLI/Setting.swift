import Bots
import Bots
import Call
import Capture
import Providers
import Server

/// One thing that can be configured: its flag, its environment name, its key in the JSON file, and what it changes.
///
/// The list of settings is the one source of the parser, of `--help` and of `trunkline config`.
struct Setting: Sendable {
    /// Without the dashes; also the key in the configuration file.
    let name: String
    let short: String?
    /// What the help text shows for the value; `nil` for none.
    let value: String
    let help: String
    let apply: @Sendable (String, inout Configuration) throws(UsageError) -> Void
    let show: @Sendable (Configuration) -> String
    /// Whether the flag may be given several times: the values count as one, with commas between them.
    var isList = false

    /// `max-calls` → `TRUNKLINE_MAX_CALLS`.
    var environmentName: String { "TRUNKLINE_" + name.uppercased().replacing("-", with: "_") }

    static let all: [Setting] =
        [
            Setting(
                name: "host", short: nil, value: "ADDRESS", help: "address to listen on",
                apply: { value, c throws(UsageError) in c.host = value }, show: { $0.host }),
            Setting(
                name: "port", short: nil, value: "N", help: "port to listen on; 0 takes a free one",
                apply: { value, c throws(UsageError) in c.port = try number(value, "port", 0...65_535) }, show: { "\($0.port)" }),
            Setting(
                name: "transport", short: "t", value: "PROVIDER", help: "the provider that POST / answers",
                apply: { value, c throws(UsageError) in
                    guard c.dialects.contains(where: { $0.name.text == value }) else {
                        throw UsageError("--transport \(value): no such provider; known: \(names(c))")
                    }
                    c.transport = ProviderName(value)
                }, show: { $0.transport?.text ?? "none" }),
            Setting(
                name: "proxy", short: "x", value: "HOST", help: "public host name under which the providers reach this server",
                apply: { value, c throws(UsageError) in c.publicHost = try publicHost(value) }, show: { $0.publicHost ?? "none" }),
            Setting(
                name: "bot", short: nil, value: "NAME", help: "the bot that answers calls that name none",
                apply: { value, c throws(UsageError) in
                    guard c.bots[value] != nil else {
                        let mend = value == MenuBot.name ? "name its menu with --menu FILE" : "no such bot"
                        throw UsageError("--bot \(value): \(mend); known: \(c.bots.names.joined(separator: ", "))")
                    }
                    c.bot = value
                }, show: { $0.bot }),
            // The file was read before the settings are applied, so that --bot knows the menu bot: ConfigurationLoader.
            Setting(
                name: "menu", short: nil, value: "FILE", help: "the menu (JSON) that the bot called menu walks callers through",
                apply: { value, c throws(UsageError) in c.menu = value }, show: { $0.menu ?? "none" }),
            Setting(
                name: "loops", short: nil, value: "N", help: "event loops, each a thread; default: one per core",
                apply: { value, c throws(UsageError) in c.loops = try number(value, "loops", 1...256) }, show: { "\($0.loops)" }),
            Setting(
                name: "max-calls", short: nil, value: "N", help: "most calls at once; more get 503",
                apply: { value, c throws(UsageError) in c.maximumCalls = try number(value, "max-calls", 1...1_000_000) },
                show: { "\($0.maximumCalls)" }),
            Setting(
                name: "max-duration", short: nil, value: "SECONDS", help: "longest call",
                apply: { value, c throws(UsageError) in c.limits.duration = try seconds(value, "max-duration", 1...86_400) },
                show: { seconds($0.limits.duration) }),
            Setting(
                name: "idle-timeout", short: nil, value: "SECONDS", help: "a call in which nobody speaks ends after this",
                apply: { value, c throws(UsageError) in c.limits.idle = try seconds(value, "idle-timeout", 1...86_400) },
                show: { seconds($0.limits.idle) }),
            Setting(
                name: "drain-timeout", short: nil, value: "SECONDS", help: "how long a stopping server waits for its calls",
                apply: { value, c throws(UsageError) in c.drainTimeout = try seconds(value, "drain-timeout", 0...86_400) },
                show: { seconds($0.drainTimeout) }),
            Setting(
                name: "tls-cert", short: nil, value: "FILE", help: "certificate chain (PEM): serve https and wss; needs --tls-key",
                apply: { value, c throws(UsageError) in c.tlsCertificate = value }, show: { $0.tlsCertificate ?? "none" }),
            Setting(
                name: "tls-key", short: nil, value: "FILE", help: "private key (PEM) of the certificate",
                apply: { value, c throws(UsageError) in c.tlsKey = value }, show: { $0.tlsKey ?? "none" }),
            Setting(
                name: "capture", short: nil, value: "DIR",
                help: "write each call to a file in this folder, masked, for trunkline replay",
                apply: { value, c throws(UsageError) in c.captureFolder = value }, show: { $0.captureFolder ?? "none" }),
            Setting(
                name: "capture-audio", short: nil, value: "KEEP", help: "sound in captures: full, noise (as loud) or none",
                apply: { value, c throws(UsageError) in
                    guard let kept = CaptureHeader.AudioKept(rawValue: value) else {
                        throw UsageError("--capture-audio \(value): must be full, noise or none")
                    }
                    c.captureAudio = kept
                }, show: { $0.captureAudio.rawValue }),
            Setting(
                name: "capture-keys", short: nil, value: "KEEP", help: "pressed keys in captures: masked (each a 0) or full",
                apply: { value, c throws(UsageError) in c.captureKeys = try either(value, "capture-keys", "full", "masked") },
                show: { $0.captureKeys ? "full" : "masked" }),
            Setting(
                name: "log-dir", short: nil, value: "DIR",
                help: "write what happens in each call to a file in this folder: turns, keys, what was heard, transcripts",
                apply: { value, c throws(UsageError) in c.logFolder = value }, show: { $0.logFolder ?? "none" }),
            Setting(
                name: "log-keys", short: nil, value: "KEEP", help: "pressed keys in those files: masked or full",
                apply: { value, c throws(UsageError) in c.logKeys = try either(value, "log-keys", "full", "masked") },
                show: { $0.logKeys ? "full" : "masked" }),
        ]
        + AudioSetting.all + ConversationSetting.all + BackgroundFlags.all + RecordSetting.all + DialSetting.all + [
            Setting(
                name: "log-level", short: nil, value: "LEVEL", help: "debug, info, warning or error",
                apply: { value, c throws(UsageError) in
                    guard let level = LogLevel(rawValue: value) else {
                        throw UsageError("--log-level \(value): must be debug, info, warning or error")
                    }
                    c.logLevel = level
                }, show: { $0.logLevel.rawValue }),
            Setting(
                name: "log-format", short: nil, value: "FORMAT", help: "text or json",
                apply: { value, c throws(UsageError) in
                    guard let format = LogFormat(rawValue: value) else {
                        throw UsageError("--log-format \(value): must be text or json")
                    }
                    c.logFormat = format
                }, show: { $0.logFormat.rawValue }),
        ]

    static func names(_ configuration: Configuration) -> String {
        configuration.dialects.map(\.name.text).joined(separator: ", ")
    }

    /// - Returns: whether the text is the first of two words.
    static func either(_ text: String, _ name: String, _ yes: String, _ no: String) throws(UsageError) -> Bool {
        guard text == yes || text == no else { throw UsageError("--\(name) \(text): must be \(no) or \(yes)") }
        return text == yes
    }

    /// `true` and `false` are what a JSON file has.
    static func isOn(_ text: String, _ name: String) throws(UsageError) -> Bool {
        switch text {
        case "on", "true": return true
        case "off", "false": return false
        default: throw UsageError("--\(name) \(text): must be on or off")
        }
    }

    static func number(_ text: String, _ name: String, _ range: ClosedRange<Int>) throws(UsageError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw UsageError("--\(name) \(text): must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func seconds(_ text: String, _ name: String, _ range: ClosedRange<Double>) throws(UsageError) -> Duration {
        guard let value = Double(text), range.contains(value) else {
            throw UsageError("--\(name) \(text): must be seconds from \(range.lowerBound) to \(Int(range.upperBound))")
        }
        return .milliseconds(Int((value * 1_000).rounded()))
    }

    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)" : "\(Double(milliseconds) / 1_000)"
    }

    /// `https://voice.example.com/` → `voice.example.com`, as Pipecat's runner takes it.
    private static func publicHost(_ text: String) throws(UsageError) -> String {
        var host = text
        for scheme in ["https://", "http://", "wss://", "ws://"] where host.lowercased().hasPrefix(scheme) {
            host = String(host.dropFirst(scheme.count))
        }
        while host.hasSuffix("/") { host.removeLast() }
        let isName = !host.isEmpty && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:[]".contains($0)) }
        guard isName else { throw UsageError("--proxy \(text): must be a host name such as voice.example.com, without a path") }
        return host
    }
}

/// What the person typed cannot be used. Exit status 64.
struct UsageError: Error, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}
