import Audio
import Call
import Pipeline
import Testing

/// Voices and noises through the detector and the rules, as a call has them.
struct BargeInSoundTests {
    private func talkingBot(_ settings: ConversationSettings = ConversationSettings()) -> PipelineRun {
        let run = PipelineRun(settings.processors())
        run.hear(Sound.silence(1_000))
        run.push(.botStartedSpeaking)
        return run
    }

    private func moment(of word: String, in run: PipelineRun) throws -> Int64 {
        try #require(run.sink.first { $0.word == word }?.at)
    }

    @Test(arguments: ["speech-man.wav", "speech-woman.wav"])
    func `speech pauses the bot within 120 ms and interrupts it within 350`(name: String) throws {
        let run = talkingBot()
        run.hear(try Sound.samples(name))
        run.hear(Sound.silence(1_500))
        let words = run.words.filter { !$0.hasPrefix("voice") }
        #expect(words == ["bot started", "pause", "user started", "interruption", "user stopped"])
        #expect(try moment(of: "pause", in: run) <= 1_120)
        #expect(try moment(of: "interruption", in: run) <= 1_350)
    }

    @Test func `a grunt of 140 ms pauses and resumes, and interrupts nothing`() throws {
        let spoken = try Sound.samples("speech-man.wav")
        // From the loudest part of a vowel on.
        let loudest = try #require(spoken.indices.max { spoken[$0].magnitude < spoken[$1].magnitude })
        let start = max(0, min(loudest - 560, spoken.count - 1_120))
        let run = talkingBot()
        run.hear(Array(spoken[start..<start + 1_120]) + Sound.silence(1_000))
        #expect(run.words == ["bot started", "voice started", "pause", "voice stopped", "resume"])
        #expect(try moment(of: "resume", in: run) - moment(of: "pause", in: run) <= 300)
        #expect(run.source.isEmpty)
    }

    @Test func `a stream that breaks off in a first sound lets the bot go on`() throws {
        let run = talkingBot()
        let spoken = try Sound.samples("speech-woman.wav")
        for start in stride(from: 0, to: spoken.count, by: 160) where run.words.last != "pause" {
            run.hear(Array(spoken[start..<min(start + 160, spoken.count)]))
        }
        #expect(run.words.last == "pause")
        run.advance(.seconds(5))
        #expect(run.words.suffix(2) == ["voice stopped", "resume"])
        #expect(try moment(of: "resume", in: run) - moment(of: "pause", in: run) <= 220)
    }

    @Test func `keys, ringback and a line that hums pause nothing`() {
        let run = talkingBot()
        var keys = DTMFTones("123456789*0#")
        run.hear(keys.next(milliseconds: 3_000).samples)
        var ring = Tone(hertz: 425, level: -20, rate: .hz8000)
        run.hear(ring.next(milliseconds: 1_000).samples)
        run.hear(Sound.silence(500))
        #expect(run.words == ["bot started"])
    }

    @Test func `a greeting that may not be interrupted is not, and speech that outlasts it is heard`() throws {
        var settings = ConversationSettings()
        settings.mutes = [.untilFirstSpeech]
        let run = talkingBot(settings)
        let phrase = try Sound.samples("speech-woman.wav")
        run.hear(phrase + Sound.silence(300))
        let before = run.words
        #expect(!before.contains("pause") && !before.contains("user started") && !before.contains("interruption"))
        run.push(.botStoppedSpeaking)
        run.hear(phrase + Sound.silence(1_500))
        #expect(run.words.filter { $0.hasPrefix("user") } == ["user started", "user stopped"])
    }
}
