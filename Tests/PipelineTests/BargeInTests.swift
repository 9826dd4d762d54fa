import Audio
import Call
import Pipeline
import Testing

struct BargeInTests {
    private func run(_ rules: BargeIn.Rules = BargeIn.Rules(), stop: Duration = .milliseconds(800)) -> PipelineRun {
        PipelineRun([BargeIn(rules, stop: stop), Step(), Step()])
    }

    // MARK: Voice

    @Test func `a turn interrupts a bot that says nothing too, for it may think`() {
        let run = run()
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(run.words == ["voice started", "user started", "interruption", "voice stopped", "user stopped"])
        #expect(run.source == ["interruption"])
    }

    @Test func `the first sound pauses the bot and the turn interrupts it, with no resumption`() {
        let run = run()
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking)
        #expect(run.take() == ["bot started", "voice started", "pause"])
        run.push(.userStartedSpeaking, .botStoppedSpeaking, .vadUserStoppedSpeaking)
        run.advance(.seconds(10))
        #expect(run.take() == ["user started", "interruption", "bot stopped", "voice stopped"])
        run.push(.userStoppedSpeaking)
        #expect(run.words == ["user stopped"])
    }

    @Test func `a cough pauses and resumes, each time`() {
        let run = run()
        run.push(.botStartedSpeaking)
        for _ in 0..<3 {
            run.push(.vadUserStartedSpeaking, .vadUserStoppedSpeaking)
            #expect(run.take().suffix(4) == ["voice started", "pause", "voice stopped", "resume"])
        }
        #expect(run.source.isEmpty)
    }

    @Test func `irreversible, the sound alone does nothing`() {
        let run = run(BargeIn.Rules(isReversible: false))
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .vadUserStartedSpeaking)
        run.push(.userStartedSpeaking)
        #expect(!run.words.contains("pause") && !run.words.contains("resume"))
        #expect(run.words.suffix(2) == ["user started", "interruption"])
    }

    @Test func `while the bot is silent nothing is paused, and a voice before its first word pauses it there`() {
        let run = run()
        run.push(.vadUserStartedSpeaking)
        #expect(run.take() == ["voice started"])
        run.push(.botStartedSpeaking)
        #expect(run.take() == ["bot started", "pause"])
        run.push(.vadUserStoppedSpeaking)
        #expect(run.take() == ["voice stopped", "resume"])
    }

    @Test func `the voice of a turn that lasts pauses nothing`() {
        let run = run()
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking)
        _ = run.take()
        run.push(.botStartedSpeaking, .vadUserStoppedSpeaking, .vadUserStartedSpeaking, .userStoppedSpeaking)
        #expect(run.words == ["bot started", "voice stopped", "voice started", "user stopped"])
    }

    @Test func `a pause without a decision is over after its limit, and the same voice pauses no more`() {
        let run = run(BargeIn.Rules(voice: false, words: 3))
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking)
        run.advance(BargeIn.longestPause - .milliseconds(1))
        #expect(run.words.last == "pause")
        run.advance(.milliseconds(1))
        #expect(run.take().last == "resume")
        run.push(.botStoppedSpeaking, .botStartedSpeaking, .vadUserStoppedSpeaking)
        #expect(run.take() == ["bot stopped", "bot started", "voice stopped"])
        run.push(.vadUserStartedSpeaking)
        #expect(run.words == ["voice started", "pause"])
    }

    @Test func `an interruption from elsewhere ends the pause for good`() {
        let run = run()
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking, .interruption, .vadUserStoppedSpeaking)
        run.advance(.seconds(10))
        #expect(run.words == ["bot started", "voice started", "pause", "interruption", "voice stopped"])
        let behind = Step { frame, _, context in
            if case .text = frame.content { context.broadcastInterruption() }
            return true
        }
        let other = PipelineRun([BargeIn(), behind])
        other.push(.botStartedSpeaking, .vadUserStartedSpeaking, .text("go"), .vadUserStoppedSpeaking)
        #expect(!other.words.contains("resume"))
        #expect(other.source == ["interruption"])
    }

    @Test func `with neither voice nor words the turns are told and interrupt nothing`() {
        let run = run(BargeIn.Rules(voice: false))
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(run.words == ["bot started", "voice started", "user started", "voice stopped", "user stopped"])
        #expect(run.source.isEmpty)
    }

    // MARK: Words, the cases of Pipecat's `tests/test_user_turn_start_strategy.py`

    @Test(arguments: [true, false])
    func `over a bot that speaks enough words in one transcription are a turn and fewer are dropped`(isFinal: Bool) {
        let run = run(BargeIn.Rules(voice: false, words: 2))
        run.push(.botStartedSpeaking)
        run.say("Hello", isFinal: isFinal)
        run.say("  yes \n", isFinal: isFinal)
        #expect(run.take() == ["bot started"])
        run.say("Hello there", isFinal: isFinal)
        #expect(run.words == ["user started", "interruption", "transcription Hello there"])
    }

    @Test func `single words do not add up`() {
        let run = run(BargeIn.Rules(voice: false, words: 3))
        run.push(.botStartedSpeaking)
        for word in ["One", "Two", "Three", "Four"] { run.say(word) }
        #expect(run.words == ["bot started"])
    }

    @Test(arguments: [2, 0, -1, Int.max])
    func `over a silent bot one word is a turn, and none is none`(words: Int) {
        let run = run(BargeIn.Rules(voice: false, words: words))
        run.say(" \t")
        #expect(run.words.isEmpty)
        run.say("Hello")
        #expect(run.words == ["user started", "interruption", "transcription Hello"])
    }

    @Test func `the detector's turn is none until the words are there, and ends it then`() {
        let run = run(BargeIn.Rules(voice: false, words: 2))
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(run.take() == ["voice started", "voice stopped"])
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking)
        run.say("Hello", isFinal: false)
        run.say("Hello there", isFinal: false)
        run.advance(.seconds(5))
        run.push(.vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(
            run.words == [
                "voice started", "user started", "interruption", "transcription Hello", "transcription Hello there",
                "voice stopped", "user stopped",
            ])
    }

    @Test func `a bot that waits for words is not resumed by the breath before them`() {
        let run = run(BargeIn.Rules(voice: false, words: 2))
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking)
        run.advance(.milliseconds(500))
        run.say("hold", isFinal: false)
        #expect(run.take() == ["bot started", "voice started", "pause", "voice stopped"])
        run.say("hold on")
        run.push(.userStoppedSpeaking)
        #expect(run.take() == ["user started", "interruption", "transcription hold on", "user stopped"])
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking)
        run.advance(BargeIn.lateWords + .milliseconds(1))
        run.say("yes")
        #expect(run.take() == ["voice started", "pause", "voice stopped", "resume"], "these were its words")
        run.push(.userStoppedSpeaking)
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(run.take() == ["voice started", "pause", "voice stopped", "resume"], "it had none")
    }

    @Test func `a turn of words that no detector hears ends when no more come`() {
        let run = run(BargeIn.Rules(voice: false, words: 1))
        run.say("I")
        run.advance(.milliseconds(700))
        run.say("mean")
        run.advance(.milliseconds(799))
        #expect(run.take().filter { $0.hasPrefix("user") } == ["user started"])
        run.advance(.milliseconds(1))
        #expect(run.words == ["user stopped"])
    }

    @Test func `a turn that words began is the detector's from its own start on`() {
        let run = run(BargeIn.Rules(words: 1))
        run.say("I")
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking)
        run.advance(.seconds(5))
        run.push(.vadUserStoppedSpeaking, .userStoppedSpeaking)
        #expect(run.words.filter { $0.hasPrefix("user") } == ["user started", "user stopped"])
        #expect(run.source.count == 1)
    }

    @Test func `words that come late belong to the turn that is over`() {
        let run = run(BargeIn.Rules(words: 1))
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking)
        _ = run.take()
        run.advance(BargeIn.lateWords)
        run.say("Hello there")
        #expect(run.take() == ["transcription Hello there"])
        run.advance(.milliseconds(1))
        run.say("Hello?")
        #expect(run.take() == ["user started", "interruption", "transcription Hello?"])
    }

    @Test func `words that a recogniser behind sends upstream count too`() {
        let recogniser = Step { frame, _, context in
            guard case .text(let text) = frame.content else { return true }
            context.push(.transcription(Transcription(text)), .upstream)
            return false
        }
        let run = PipelineRun([BargeIn(BargeIn.Rules(voice: false, words: 2)), recogniser])
        run.push(.botStartedSpeaking, .text("yes"))
        #expect(run.words == ["bot started"])
        run.push(.text("no no"))
        #expect(run.words == ["bot started", "user started", "interruption"])
        #expect(run.source == ["transcription yes", "interruption", "transcription no no"])
    }

    @Test func `without a rule for words transcriptions are left alone`() {
        let run = run()
        run.push(.botStartedSpeaking)
        run.say("many words in one go")
        #expect(run.words == ["bot started", "transcription many words in one go"])
    }

    // MARK: Keys

    @Test func `each key interrupts before it goes on, and begins no turn`() {
        let run = run()
        run.push(.botStartedSpeaking, .vadUserStartedSpeaking)
        run.press("12")
        run.push(.vadUserStoppedSpeaking)
        #expect(
            run.words == [
                "bot started", "voice started", "pause", "interruption", "key 1", "interruption", "key 2", "voice stopped",
            ])
    }

    @Test func `what the bot says about a key is not dropped with what it said before`() {
        let bot = Step { frame, direction, context in
            guard case .inputDTMF = frame.content, direction == .downstream else { return true }
            context.push(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
            return true
        }
        let run = PipelineRun([BargeIn(), bot, Step(), Step()])
        run.press("1")
        #expect(run.words == ["interruption", "key 1", "out 160"])
    }

    @Test func `keys that are to interrupt nothing pass`() {
        let run = run(BargeIn.Rules(keys: false))
        run.push(.botStartedSpeaking)
        run.press("1")
        #expect(run.words == ["bot started", "key 1"])
    }

    // MARK: Anything in any order

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `whatever comes, turns and pauses alternate and none stays open`(seed: UInt64) {
        var chance = SplitMix64(state: seed)
        let rules = BargeIn.Rules(
            voice: .random(using: &chance), words: [nil, 1, 2].randomElement(using: &chance) ?? nil, keys: .random(using: &chance),
            isReversible: seed % 4 != 0)
        let run = run(rules)
        let contents: [Frame.Content] = [
            .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking,
            .botStoppedSpeaking, .inputDTMF(.one), .interruption, .transcription(Transcription("a b")),
            .transcription(Transcription("a")), .custom(UserMuteChanged(isMuted: true)), .custom(UserMuteChanged(isMuted: false)),
        ]
        for _ in 0..<300 {
            if let content = contents.randomElement(using: &chance) { run.push(content) }
            run.advance(.milliseconds(Int.random(in: 0...400, using: &chance)))
        }
        run.push(.vadUserStoppedSpeaking, .userStoppedSpeaking)
        run.advance(.seconds(10))
        var (isTurn, pausedAt): (Bool, Int64?) = (false, nil)
        for (at, word) in run.sink {
            if let pausedAt { #expect(at - pausedAt <= BargeIn.longestPause.milliseconds) }
            switch word {
            case "user started", "user stopped":
                #expect(isTurn == (word == "user stopped"))
                isTurn.toggle()
            case "pause":
                #expect(pausedAt == nil)
                pausedAt = at
            case "resume":
                #expect(pausedAt != nil)
                pausedAt = nil
            case "interruption": pausedAt = nil
            default: break
            }
        }
        #expect(!isTurn && pausedAt == nil)
    }
}
