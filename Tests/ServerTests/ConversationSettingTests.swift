import CLI
import Pipeline
import Testing

@testable import CLI
@testable import Server

struct ConversationSettingTests {
    private func configuration(_ values: [String: String]) throws -> Configuration {
        var configuration = Configuration()
        for setting in ConversationSetting.all { if let value = values[setting.name] { try setting.apply(value, &configuration) } }
        return configuration
    }

    @Test func `without a word nobody listens for a voice, and a bot's own wish is kept`() throws {
        let defaults = try configuration([:]).conversation
        #expect(defaults.completing(nil) == nil)
        var own = ConversationSettings()
        own.times = nil
        #expect(defaults.completing(own)?.times == nil)
    }

    @Test func `a voice is listened for in every call once that is switched on`() throws {
        let defaults = try configuration(["voice-activity": "on", "voice-stop-ms": "400"]).conversation
        #expect(defaults.completing(nil)?.times?.stop == .milliseconds(400))
        var own = ConversationSettings()
        own.times = nil
        own.bargeIn.voice = false
        #expect(defaults.completing(own)?.times?.stop == .milliseconds(400))
        #expect(defaults.completing(own)?.bargeIn.voice == false)
    }

    @Test func `a mute alone holds callers back, and brings no barge-in with it`() throws {
        let settings = try #require(try configuration(["mute": "while-bot-speaks"]).conversation.completing(nil))
        #expect(settings.mutes.count == 1 && settings.times == nil)
        #expect(!settings.bargeIn.voice && !settings.bargeIn.keys)
    }

    @Test func `keys in the sound alone bring no barge-in with them`() throws {
        let settings = try #require(try configuration(["inband-keys": "on"]).conversation.completing(nil))
        #expect(settings.hearsInBandKeys && settings.times == nil)
        #expect(!settings.bargeIn.voice && !settings.bargeIn.keys)
    }

    @Test(arguments: [("none", "none"), ("voice", "voice"), ("keys,words:3", "keys,words:3"), ("words:1,voice", "voice,words:1")])
    func `what interrupts is read and shown`(text: String, shown: String) throws {
        let configuration = try configuration(["barge-in": text])
        #expect(ConversationSetting.all.first { $0.name == "barge-in" }?.show(configuration) == shown)
    }

    @Test(arguments: [
        ("barge-in", "voices"), ("barge-in", ""), ("barge-in", "words:0"), ("mute", "always"), ("voice-start-ms", "-1"),
        ("voice-start-ms", "9999999999999999999"), ("user-idle", "x"), ("inband-keys", "perhaps"),
    ])
    func `a value that is none says what would be`(name: String, value: String) {
        let error = #expect(throws: UsageError.self) { _ = try configuration([name: value]) }
        #expect(error.map { "\($0)".contains(name) && "\($0)".contains("must be") } == true)
    }
}
