import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_user_mute_strategy.py`, and what is held back.
struct UserMuteTests {
    private func run(_ rules: UserMute.Rule..., holdsKeys: Bool = false) -> PipelineRun {
        let run = PipelineRun([UserMute(rules, holdsKeys: holdsKeys)])
        run.push(.start(CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake")))))
        return run
    }

    /// Whether the caller's audio passes.
    private func isMuted(_ run: PipelineRun) -> Bool {
        let before = run.sink.count
        run.push(.inputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
        return run.sink.count == before
    }

    @Test func `always while the bot speaks`() {
        let run = run(.whileBotSpeaks)
        #expect(!isMuted(run))
        for _ in 0..<2 {
            run.push(.botStartedSpeaking)
            #expect(isMuted(run))
            run.push(.interruption)
            #expect(isMuted(run))
            run.push(.botStoppedSpeaking)
            #expect(!isMuted(run))
        }
    }

    @Test func `during the first speech, and not before or after`() {
        let run = run(.duringFirstSpeech)
        #expect(!isMuted(run))
        run.push(.botStartedSpeaking)
        #expect(isMuted(run))
        run.push(.botStoppedSpeaking, .botStartedSpeaking)
        #expect(!isMuted(run))
    }

    @Test func `from the start until the first speech is over`() {
        let run = run(.untilFirstSpeech)
        #expect(isMuted(run))
        run.push(.interruption, .botStartedSpeaking)
        #expect(isMuted(run))
        run.push(.botStoppedSpeaking, .botStartedSpeaking)
        #expect(!isMuted(run))
        #expect(run.words == ["start", "custom", "interruption", "bot started", "bot stopped", "custom", "bot started"])
    }

    @Test func `during a span of frames, whichever way they travel`() {
        let isBegin: @Sendable (Frame) -> Bool = { if case .text("hold") = $0.content { true } else { false } }
        let isEnd: @Sendable (Frame) -> Bool = { if case .transferAnswered = $0.content { true } else { false } }
        let back = Step { frame, direction, context in
            guard case .mark = frame.content, direction == .downstream else { return true }
            context.push(.text("hold"), .upstream)
            return false
        }
        let run = PipelineRun([UserMute([.span(from: isBegin, to: isEnd)]), back])
        run.push(.transferAnswered(.refused("")))
        #expect(!isMuted(run))
        run.push(.mark("x"))
        #expect(isMuted(run))
        run.push(.text("hold"), .transferAnswered(.refused("")))
        #expect(!isMuted(run))
        run.push(.text("hold"))
        #expect(isMuted(run))
    }

    @Test func `any rule mutes`() {
        let run = run(.untilFirstSpeech, .whileBotSpeaks)
        run.push(.botStartedSpeaking, .botStoppedSpeaking)
        #expect(!isMuted(run))
        run.push(.botStartedSpeaking)
        #expect(isMuted(run))
    }

    @Test(arguments: [true, false])
    func `beginnings and words are held back, ends and interruptions pass, keys as asked`(holdsKeys: Bool) {
        let run = run(.untilFirstSpeech, holdsKeys: holdsKeys)
        _ = run.take()
        run.push(.vadUserStartedSpeaking, .userStartedSpeaking, .vadUserStoppedSpeaking, .userStoppedSpeaking, .interruption)
        run.say("hello")
        run.press("5")
        run.push(.error("x"), .end(.completed))
        #expect(
            run.words == ["voice stopped", "user stopped", "interruption"] + (holdsKeys ? [] : ["key 5"])
                + ["error x", "end completed"])
    }

    // MARK: With what stands behind it

    private func listener(_ rule: UserMute.Rule, bargeIn: BargeIn.Rules = BargeIn.Rules()) -> PipelineRun {
        var settings = ConversationSettings()
        settings.detector = FirstSample()
        settings.mutes = [rule]
        settings.bargeIn = bargeIn
        return PipelineRun(settings.processors())
    }

    @Test func `a turn that a mute cuts off is over soon, and nothing of the mute's time begins one`() {
        let run = listener(.whileBotSpeaks)
        run.hear(20, of: 1_000)
        run.push(.botStartedSpeaking)
        run.hear(100, of: 1_000)
        #expect(
            run.timed == [
                "20 voice started", "200 user started", "200 interruption", "400 bot started", "400 custom", "620 voice stopped",
                "1200 user stopped",
            ])
    }

    @Test func `whoever speaks when the mute ends is heard from there on`() {
        let run = listener(.whileBotSpeaks)
        run.push(.botStartedSpeaking)
        run.hear(100, of: 1_000)
        run.push(.botStoppedSpeaking)
        #expect(!run.words.contains { $0.hasPrefix("user") || $0.hasPrefix("voice") || $0 == "pause" })
        run.hear(9, of: 1_000)
        #expect(run.timed.last == "2020 voice started")
        run.hear(1, of: 1_000)
        #expect(run.timed.suffix(2) == ["2200 user started", "2200 interruption"])
    }

    @Test func `a sound that a mute cuts off while the bot waits lets the bot go on`() {
        let isHold: @Sendable (Frame) -> Bool = { if case .text("hold") = $0.content { true } else { false } }
        let run = listener(.span(from: isHold, to: { _ in false }))
        run.push(.botStartedSpeaking)
        run.hear(2, of: 1_000)
        #expect(run.words.last == "pause")
        run.push(.text("hold"))
        #expect(run.words.suffix(3) == ["custom", "resume", "hold"])
        run.hear(50, of: 1_000)
        #expect(!run.words.contains("user started"))
        #expect(run.words.filter { $0 == "resume" }.count == 1)
    }

    @Test func `words that come upstream begin nothing while muted`() {
        let recogniser = Step { frame, _, context in
            guard case .text(let text) = frame.content else { return true }
            context.push(.transcription(Transcription(text)), .upstream)
            return false
        }
        let run = PipelineRun([UserMute([.whileBotSpeaks]), BargeIn(BargeIn.Rules(voice: false, words: 1)), recogniser])
        run.push(.botStartedSpeaking, .text("hello there"))
        #expect(run.words == ["bot started", "custom"])
        run.push(.botStoppedSpeaking, .text("hello there"))
        #expect(run.words.suffix(2) == ["user started", "interruption"])
    }
}
