import Pipeline
import Server

/// The settings of how calls listen to their callers. A bot that brings its own (a menu does) keeps them, but for the voice and the keys
/// in the sound, which can be switched on for all.
enum ConversationSetting {
    static let all: [Setting] = [
        Setting(
            name: "voice-activity", short: nil, value: "on|off",
            help: "listen for the caller's voice in every call: turns, barge-in, waiting times in the call log",
            apply: { value, c throws(UsageError) in c.conversation.hearsVoice = try Setting.isOn(value, "voice-activity") },
            show: { $0.conversation.hearsVoice ? "on" : "off" }),
        Setting(
            name: "voice-start-ms", short: nil, value: "MS", help: "a voice for so long begins a turn while the bot is silent",
            apply: { value, c throws(UsageError) in c.conversation.settings.times?.start = try milliseconds(value, "voice-start-ms")
            },
            show: { "\($0.conversation.settings.times?.start.milliseconds ?? 0)" }),
        Setting(
            name: "voice-over-bot-ms", short: nil, value: "MS", help: "and while the bot speaks: then it interrupts",
            apply: { value, c throws(UsageError) in
                c.conversation.settings.times?.startOverBot = try milliseconds(value, "voice-over-bot-ms")
            },
            show: { "\($0.conversation.settings.times?.startOverBot?.milliseconds ?? 0)" }),
        Setting(
            name: "voice-stop-ms", short: nil, value: "MS", help: "silence for so long ends a turn",
            apply: { value, c throws(UsageError) in c.conversation.settings.times?.stop = try milliseconds(value, "voice-stop-ms")
            },
            show: { "\($0.conversation.settings.times?.stop.milliseconds ?? 0)" }),
        Setting(
            name: "barge-in", short: nil, value: "LIST", help: "what interrupts the bot: none, or some of voice,keys,words:N",
            apply: { value, c throws(UsageError) in try bargeIn(value, &c.conversation.settings.bargeIn) },
            show: { spelling($0.conversation.settings.bargeIn) }),
        Setting(
            name: "barge-in-reversible", short: nil, value: "on|off",
            help: "pause at the first sound and go on after a cough, instead of speaking on until it is a turn",
            apply: { value, c throws(UsageError) in
                c.conversation.settings.bargeIn.isReversible = try Setting.isOn(value, "barge-in-reversible")
            },
            show: { $0.conversation.settings.bargeIn.isReversible ? "on" : "off" }),
        Setting(
            name: "mute", short: nil, value: "WHEN",
            help: "when callers are not heard: none, until-first-speech, during-first-speech or while-bot-speaks",
            apply: { value, c throws(UsageError) in
                guard let mute = mutes.first(where: { $0.name == value }) else {
                    throw UsageError("--mute \(value): must be one of \(mutes.map(\.name).joined(separator: ", "))")
                }
                c.conversation.settings.mutes = mute.rules
            }, show: { spelling($0.conversation.settings.mutes) }),
        Setting(
            name: "user-idle", short: nil, value: "SECONDS",
            help: "tell the bot when the caller says nothing for so long; 0 for never",
            apply: { value, c throws(UsageError) in c.conversation.settings.idle.askAfter = try seconds(value, "user-idle") },
            show: { seconds($0.conversation.settings.idle.askAfter) }),
        Setting(
            name: "user-idle-end", short: nil, value: "SECONDS", help: "end the call when that goes on for so long; 0 for never",
            apply: { value, c throws(UsageError) in c.conversation.settings.idle.endAfter = try seconds(value, "user-idle-end") },
            show: { seconds($0.conversation.settings.idle.endAfter) }),
        Setting(
            name: "inband-keys", short: nil, value: "on|off",
            help: "find pressed keys in the sound too, for lines that do not report them",
            apply: { value, c throws(UsageError) in c.conversation.settings.hearsInBandKeys = try Setting.isOn(value, "inband-keys")
            },
            show: { $0.conversation.settings.hearsInBandKeys ? "on" : "off" }),
    ]

    private static let mutes: [(name: String, rules: [UserMute.Rule])] = [
        ("none", []), ("until-first-speech", [.untilFirstSpeech]), ("during-first-speech", [.duringFirstSpeech]),
        ("while-bot-speaks", [.whileBotSpeaks]),
    ]

    private static func spelling(_ mutes: [UserMute.Rule]) -> String {
        switch mutes.first {
        case nil: "none"
        case .untilFirstSpeech: "until-first-speech"
        case .duringFirstSpeech: "during-first-speech"
        case .whileBotSpeaks: "while-bot-speaks"
        case .span: "span"
        }
    }

    private static func milliseconds(_ text: String, _ name: String) throws(UsageError) -> Duration {
        .milliseconds(try Setting.number(text, name, 0...10_000))
    }

    private static func seconds(_ text: String, _ name: String) throws(UsageError) -> Duration? {
        let number = try Setting.number(text, name, 0...86_400)
        return number == 0 ? nil : .seconds(number)
    }

    private static func seconds(_ duration: Duration?) -> String { "\(duration?.components.seconds ?? 0)" }

    private static func bargeIn(_ text: String, _ rules: inout BargeIn.Rules) throws(UsageError) {
        var next = BargeIn.Rules(voice: false, words: nil, keys: false, isReversible: rules.isReversible)
        for word in text == "none" ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            if word == "voice" {
                next.voice = true
            } else if word == "keys" {
                next.keys = true
            } else if word.hasPrefix("words:"), let count = Int(word.dropFirst(6)), (1...100).contains(count) {
                next.words = count
            } else {
                throw UsageError(
                    "--barge-in \(text): must be none, or some of voice, keys and words:N (N from 1 to 100) with commas")
            }
        }
        rules = next
    }

    private static func spelling(_ rules: BargeIn.Rules) -> String {
        let words = [rules.voice ? "voice" : nil, rules.keys ? "keys" : nil, rules.words.map { "words:\($0)" }].compactMap(\.self)
        return words.isEmpty ? "none" : words.joined(separator: ",")
    }
}
