import Call
import Dialing
import Server

/// The settings of outbound calls.
enum DialSetting {
    static let all: [Setting] = [
        Setting(
            name: "journal", short: nil, value: "DIR",
            help: "folder of the journal of outbound calls; one server has it at a time",
            apply: { value, c throws(UsageError) in
                c.journal = value
                c.isJournalOptional = false
            }, show: { $0.journal ?? ConfigurationLoader.usualJournal }),
        Setting(
            name: "dial-rate", short: nil, value: "LIST",
            help: "calls placed per second, in all and by provider: 50 or 20,twilio=1,plivo=2",
            apply: { value, c throws(UsageError) in c.dial.rate = try rates(value, .callsPerSecond, "dial-rate", c) },
            show: { text($0.dial.rate) }),
        Setting(
            name: "dial-concurrency", short: nil, value: "LIST", help: "outbound calls in the air at once, in the same form",
            apply: { value, c throws(UsageError) in c.dial.concurrency = try rates(value, .calls, "dial-concurrency", c) },
            show: { text($0.dial.concurrency) }),
        Setting(
            name: "dial-queue", short: nil, value: "N", help: "most calls that wait to be placed; more get 429",
            apply: { value, c throws(UsageError) in c.dial.queue = try Setting.number(value, "dial-queue", 1...1_000_000) },
            show: { "\($0.dial.queue)" }),
        Setting(
            name: "dial-allow", short: nil, value: "LIST",
            help: "calling codes or longer prefixes that may be called: +1,+44,+1876; without it the caller's own country",
            apply: { value, c throws(UsageError) in
                do throws(DestinationGuard.BadEntry) {
                    c.dial.destinations = try DestinationGuard(parsing: value)
                    c.dial.allowed = value
                } catch {
                    throw UsageError(error.sentence)
                }
            }, show: { $0.dial.allowed ?? "none" }),
        cap("dial-calls-per-hour", "outbound calls accepted in an hour", \.callsPerHour),
        cap("dial-calls-per-day", "outbound calls accepted in a day", \.callsPerDay),
        cap("dial-minutes-per-hour", "minutes of outbound calls in an hour", \.minutesPerHour),
        cap("dial-minutes-per-day", "minutes of outbound calls in a day", \.minutesPerDay),
        Setting(
            name: "stream-timeout", short: nil, value: "SECONDS",
            help: "an answered outbound call whose stream has not opened here by then is ended; 0: never, as behind a balancer",
            apply: { value, c throws(UsageError) in
                let limit = try Setting.seconds(value, "stream-timeout", 0...3_600)
                c.dial.streamTimeout = limit == .zero ? nil : limit
            }, show: { $0.dial.streamTimeout.map { Setting.seconds($0) } ?? "0" }),
        Setting(
            name: "events-url", short: nil, value: "URL", help: "each change of an outbound call is posted there, signed",
            apply: { value, c throws(UsageError) in
                guard value.hasPrefix("https://") || value.hasPrefix("http://") else {
                    throw UsageError("--events-url: must begin with https:// or http://")
                }
                c.dial.eventsURL = value
            }, show: { $0.dial.eventsURL.map { $0.prefix { $0 != "?" } + ($0.contains("?") ? "?…" : "") } ?? "none" }),
        Setting(
            name: "message", short: nil, value: "FILE.wav",
            help: "what machine_detection: message leaves behind the beep; without it the bot is told of the beep",
            apply: { value, c throws(UsageError) in
                c.dial.message = try SoundFile.read(value, for: "--message")
                c.dial.messageFile = value
            }, show: { $0.dial.messageFile ?? "none" }),
    ]

    private static func cap(_ name: String, _ help: String, _ path: WritableKeyPath<DialCaps, Int> & Sendable) -> Setting {
        Setting(
            name: name, short: nil, value: "N", help: "most " + help,
            apply: { value, c throws(UsageError) in
                c.dial.caps[keyPath: path] = try Setting.number(value, name, 0...10_000_000)
            }, show: { "\($0.dial.caps[keyPath: path])" })
    }

    private static func rates(
        _ text: String, _ unit: RateList.Unit, _ name: String, _ configuration: Configuration
    ) throws(UsageError) -> RateList {
        do throws(RateList.BadEntry) {
            return try RateList(text, unit, flag: "--\(name)", providers: configuration.dialects.map(\.name))
        } catch {
            throw UsageError(error.sentence)
        }
    }

    private static func text(_ list: RateList) -> String {
        func number(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        let parts =
            [list.all.map(number)].compactMap(\.self)
            + list.each.sorted { $0.key.text < $1.key.text }.map { "\($0.key.text)=\(number($0.value))" }
        return parts.isEmpty ? "none" : parts.joined(separator: ",")
    }
}
