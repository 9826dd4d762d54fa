import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_user_idle_controller.py`, and the end of the call.
struct UserIdleProcessorTests {
    private func run(ask: Duration? = .seconds(5), end: Duration? = nil) -> PipelineRun {
        PipelineRun([Step(), UserIdleProcessor(UserIdleProcessor.Times(askAfter: ask, endAfter: end)), Step()])
    }

    private func idles(_ run: PipelineRun) -> [String] { run.timed.filter { $0.contains("idle") } }

    @Test func `the bot is told when the caller has done nothing since its last word, once for each`() {
        let run = run()
        run.push(.botStartedSpeaking)
        run.advance(.seconds(10))
        run.push(.botStoppedSpeaking)
        run.advance(.seconds(60))
        #expect(idles(run) == ["15000 idle 1"])
        run.push(.botStartedSpeaking, .botStoppedSpeaking)
        run.advance(.seconds(5))
        #expect(idles(run).last == "75000 idle 2")
        run.push(.userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking)
        run.advance(.seconds(5))
        #expect(idles(run).last == "80000 idle 1")
    }

    @Test(
        arguments: [
            [.botStartedSpeaking], [.userStartedSpeaking], [.userStartedSpeaking, .userStoppedSpeaking], [.inputDTMF(.one)],
            [.transcription(Transcription("hello"))], [.end(.completed)],
        ] as [[Frame.Content]])
    func `whoever speaks or presses a key is not idle`(contents: [Frame.Content]) {
        let run = run()
        run.push(.botStoppedSpeaking)
        run.advance(.seconds(4))
        for content in contents { run.push(content) }
        run.advance(.seconds(60))
        #expect(idles(run).isEmpty)
    }

    @Test func `nobody is idle before the bot has spoken, nor while the caller who interrupted it speaks`() {
        let run = run(end: .seconds(20))
        run.advance(.seconds(100))
        run.push(.botStartedSpeaking, .userStartedSpeaking, .botStoppedSpeaking)
        run.advance(.seconds(100))
        run.push(.userStoppedSpeaking)
        run.advance(.seconds(100))
        #expect(idles(run).isEmpty && run.source.isEmpty)
    }

    @Test func `at last the call ends, from wherever it is asked`() {
        let run = run(end: .seconds(12))
        run.push(.botStoppedSpeaking)
        run.advance(.seconds(6))
        run.push(.botStartedSpeaking, .botStoppedSpeaking)
        run.advance(.seconds(60))
        #expect(idles(run) == ["5000 idle 1", "11000 idle 2"])
        #expect(run.source == ["end idle-timeout"])
    }

    @Test func `a call that ends for it says so`() {
        let call = CallRun.started([Step(), UserIdleProcessor(UserIdleProcessor.Times(endAfter: .seconds(3)))])
        call.push(.botStoppedSpeaking)
        call.advance(.milliseconds(2_999))
        #expect(call.ending.isEmpty)
        call.advance(.seconds(5))
        #expect(call.ending.last == "finished idle-timeout")
    }

    @Test func `new times act at once, where the caller is waited for`() {
        let run = run(ask: nil)
        func change(_ ask: Duration?) { run.push(.custom(UserIdleProcessor.Times(askAfter: ask))) }
        change(.seconds(1))
        run.advance(.seconds(5))
        run.push(.userStartedSpeaking)
        change(.seconds(1))
        run.advance(.seconds(5))
        run.push(.userStoppedSpeaking)
        change(.seconds(1))
        run.advance(.seconds(5))
        run.push(.botStartedSpeaking)
        change(.seconds(1))
        run.advance(.seconds(5))
        #expect(idles(run).isEmpty, "before the bot's first turn, in the caller's, before the answer and in it")
        change(nil)
        run.push(.botStoppedSpeaking)
        run.advance(.seconds(5))
        #expect(idles(run).isEmpty)
        change(.seconds(3))
        run.advance(.seconds(2))
        change(.seconds(2))
        run.advance(.seconds(2))
        #expect(idles(run) == ["29000 idle 1"])
        change(.zero)
        run.advance(.seconds(9))
        #expect(idles(run).count == 1)
    }
}
