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

    /// Gaps, clumps, mutes that begin and end anywhere, keys, words and frames that nobody would send.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `whatever a call brings, what begins ends, and no pause outlasts its limit`(seed: UInt64) {
        var chance = SplitMix64(state: seed)
        var settings = ConversationSettings()
        settings.detector = FirstSample()
        settings.times = UserTurn.Times(startOverBot: seed % 2 == 0 ? .milliseconds(300) : nil)
        settings.bargeIn.voice = seed % 3 != 0
        settings.bargeIn.words = seed % 5 == 0 ? nil : 2
        settings.mutes = seed % 4 == 0 ? [.whileBotSpeaks] : seed % 4 == 1 ? [.duringFirstSpeech] : []
        settings.mutesKeys = seed % 8 < 4
        settings.hearsInBandKeys = seed % 8 == 0
        settings.idle = UserIdleProcessor.Times(askAfter: .seconds(1))
        let run = PipelineRun(settings.processors())
        let contents: [Frame.Content] = [
            .botStartedSpeaking, .botStoppedSpeaking, .inputDTMF(.one), .interruption, .transcription(Transcription("a b")),
            .transcription(Transcription("a", isFinal: false)), .userStoppedSpeaking, .vadUserStoppedSpeaking,
        ]
        for _ in 0..<200 {
            switch Int.random(in: 0..<10, using: &chance) {
            case 0..<6: run.hear(Int.random(in: 1...20, using: &chance), of: [0, 1, 1_000][Int.random(in: 0..<3, using: &chance)])
            case 6: run.advance(.milliseconds(Int.random(in: 0...1_500, using: &chance)))
            case 7:
                let sound = [Int16](repeating: 1_000, count: 160 * Int.random(in: 1...30, using: &chance))
                run.push(.inputAudioRaw(PCM16(samples: sound, rate: .hz8000)))
            default: if let content = contents.randomElement(using: &chance) { run.push(content) }
            }
        }
        run.hear(100, of: 0)
        run.advance(.seconds(10))
        var (isTurn, pausedAt): (Bool, Int64?) = (false, nil)
        for (at, word) in run.sink {
            if let pausedAt { #expect(at - pausedAt <= BargeIn.longestPause.milliseconds) }
            switch word {
            case "user started", "user stopped":
                #expect(isTurn == (word == "user stopped"), "at \(at)")
                isTurn.toggle()
            case "pause": pausedAt = at
            case "resume", "interruption": pausedAt = nil
            default: break
            }
        }
        #expect(!isTurn && pausedAt == nil)
    }
}
