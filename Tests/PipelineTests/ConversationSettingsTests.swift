import Audio
import Call
import Pipeline
import Testing

struct ConversationSettingsTests {
    private func names(_ processors: [any Processor]) -> [String] { processors.map { String(describing: type(of: $0)) } }

    @Test func `by default a voice is heard and may interrupt`() {
        #expect(names(ConversationSettings().processors()) == ["VoiceActivity", "BargeIn"])
    }

    @Test func `everything stands in its order`() {
        var settings = ConversationSettings()
        settings.mutes = [.whileBotSpeaks]
        settings.idle = UserIdleProcessor.Times(askAfter: .seconds(5))
        settings.hearsInBandKeys = true
        #expect(names(settings.processors()) == ["InBandKeys", "UserMute", "VoiceActivity", "BargeIn", "UserIdleProcessor"])
        settings.times = nil
        #expect(!names(settings.processors()).contains("VoiceActivity"))
    }

    @Test func `a bot that asks for nothing gets nothing, and what it asks for comes before all else`() {
        let bot = BotPipeline([Step()])
        #expect(names(bot.assembled()) == ["Step"])
        var listening = bot.prepending([InBandKeys()])
        listening.conversation = ConversationSettings()
        #expect(names(listening.assembled()) == ["VoiceActivity", "BargeIn", "InBandKeys", "Step"])
        #expect(listening.appending(Step()).conversation != nil)
    }

    @Test func `keys found in the audio are held by a mute that holds keys`() {
        var settings = ConversationSettings()
        settings.mutes = [.untilFirstSpeech]
        settings.mutesKeys = true
        settings.hearsInBandKeys = true
        let run = PipelineRun(settings.processors())
        var tones = DTMFTones("5")
        run.push(.heartbeat(.zero))
        run.hear(tones.next(milliseconds: 200).samples)
        #expect(!run.words.contains("key 5"))
        run.push(.botStoppedSpeaking)
        tones = DTMFTones("6")
        run.hear(tones.next(milliseconds: 200).samples)
        #expect(run.words.suffix(2) == ["interruption", "key 6"])
    }

    @Test func `the bot's start times reach the detector and its stop time the turns of words`() {
        var settings = ConversationSettings()
        settings.detector = FirstSample()
        settings.times = UserTurn.Times(start: .milliseconds(40), stop: .milliseconds(100), startOverBot: .milliseconds(80))
        settings.bargeIn.words = 1
        let run = PipelineRun(settings.processors())
        run.hear(2, of: 1_000)
        #expect(run.timed.last == "40 interruption")
        run.hear(6, of: 0)
        run.push(.botStartedSpeaking)
        run.hear(4, of: 1_000)
        #expect(run.timed.last == "240 interruption")
        run.hear(6, of: 0)
        run.push(.botStoppedSpeaking)
        run.advance(.seconds(2))
        run.say("yes")
        run.advance(.milliseconds(100))
        #expect(run.words.last == "user stopped")
    }
}
