import Audio
import Call
import Testing

@testable import Pipeline

/// What a call's processors, host, log and tap are told of what is heard.
struct ConversationCallTests {
    private final class Tap: CallTap {
        var lines: [String] = []
        func caller(_ samples: Span<Int16>, at now: Moment) { lines.append("caller \(samples.count)") }
        func sent(_ samples: Span<Int16>, position: Int, playsAt: Moment) {
            lines.append("sent \(position)+\(samples.count) at \((playsAt - .zero).milliseconds)")
        }
        func confirmed(position: Int, at now: Moment) { lines.append("confirmed \(position) at \((now - .zero).milliseconds)") }
        func cut(_ positions: Range<Int>) { lines.append("cut \(positions.lowerBound)..<\(positions.upperBound)") }
        func key(at now: Moment) { lines.append("key") }
    }

    private final class Heard {
        var words: [String] = []
    }

    /// A call whose bot says what is pushed, with all that the bot saw of its own speech.
    private func call(_ heard: Heard = Heard(), dialect: FakeDialect = FakeDialect()) -> CallRun {
        .started(
            [
                Step(onFrame: { frame, _, _ in
                    switch frame.content {
                    case .botStartedSpeaking, .botStoppedSpeaking, .utterance, .transferAnswered: heard.words.append(frame.word)
                    default: break
                    }
                    return true
                })
            ], dialect: dialect)
    }

    private func speech(_ milliseconds: Int) -> Frame.Content {
        .outputAudioRaw(PCM16(samples: Ramp.samples(from: 1, count: milliseconds * 8), rate: .hz8000))
    }

    @Test func `the bot and the log are told when speech is heard, not when it is sent`() {
        let heard = Heard()
        let run = call(heard)
        run.push(speech(40))
        run.push(.ttsStopped)
        #expect(run.asked == ["mark:trunkline-160", "mark:trunkline-320"])
        #expect(heard.words == [])
        run.advance(.milliseconds(90))
        run.receive("mark:trunkline-160")
        #expect(heard.words == ["bot started"])
        run.advance(.milliseconds(20))
        run.receive("mark:trunkline-320")
        #expect(heard.words == ["bot started", "bot stopped", "utterance 1: 40 of 40 ms"])
        #expect(run.events.prefix(2) == [.botStartedSpeaking, .botStoppedSpeaking])
    }

    @Test func `a clear leaves in the turn of the interruption, its fence behind it, and no media follows`() {
        let run = call()
        run.push(speech(500))
        run.advance(.milliseconds(100))
        let before = run.lines.count
        run.push(.interruption)
        #expect(Array(run.lines[before...]) == ["clear", "log interrupted"])
        #expect(run.asked.last?.hasPrefix("mark:trunkline-clear-") == true)
        run.advance(.milliseconds(300))
        #expect(run.lines.count == before + 2)
        #expect(run.events.contains(.interruption))
    }

    @Test func `an interruption of silence sends nothing`() {
        let run = call()
        run.push(.interruption)
        #expect(run.lines == ["admit", "log interrupted"])
        #expect(run.asked == [])
    }

    @Test func `while output is paused neither media nor clear leaves, and then the next sample does`() {
        let run = call()
        run.push(speech(300))
        run.advance(.milliseconds(100))
        run.push(.pauseOutput)
        let before = run.lines.count
        run.advance(.milliseconds(700))
        #expect(run.lines.count == before)
        run.push(.resumeOutput)
        run.advance(.milliseconds(400))
        #expect(run.audio == Ramp.samples(from: 1, count: 2_400))
    }

    @Test func `keys without a message of the provider's are tones, paced like speech`() {
        var dialect = FakeDialect()
        dialect.profile = .frames(at: .hz8000)
        let run = call(dialect: dialect)
        run.push(.outputDTMF([.one, .two]))
        #expect(run.audio.count <= 480)
        run.advance(.seconds(1))
        #expect(run.audio.count == 3_200)
        var detector = DTMFDetector()
        var keys = ""
        detector.process(PCM16(samples: run.audio, rate: .hz8000).samples.span, at: .hz8000) { keys.append($0) }
        #expect(keys == "12")
        #expect(run.events.contains(.keysSent([.one, .two])))
    }

    @Test func `keys that a provider takes over its API are asked of the host in their turn`() {
        var dialect = FakeDialect()
        dialect.profile = .frames(at: .hz8000, keys: .request)
        let run = call(dialect: dialect)
        run.push(speech(100))
        run.push(.outputDTMF([.one]))
        #expect(!run.lines.contains("send keys 1"))
        run.advance(.milliseconds(100))
        #expect(run.lines.last == "send keys 1")
    }

    @Test func `a tap hears both sides, what was confirmed and what was cut`() {
        let run = call(), tap = Tap()
        run.handle(.tap(tap))
        run.receive("audio:1,160")
        run.push(speech(100))
        run.receive("key:1")
        run.advance(.milliseconds(50))
        run.receive("mark:trunkline-160")
        run.push(.interruption)
        run.advance(.milliseconds(20))
        run.receive("mark:trunkline-clear-800")
        #expect(
            tap.lines == [
                "caller 160", "sent 0+160 at 0", "sent 160+160 at 20", "sent 320+160 at 40", "key", "sent 480+160 at 60",
                "sent 640+160 at 80", "confirmed 160 at 50", "cut 320..<800",
            ])
    }

    @Test func `another bot takes over where the first one has spoken to its end`() {
        let run = call()
        run.push(speech(100))
        run.push(.handOver(bot: "other"))
        #expect(run.lines.contains("hand over to other"))
        var info = CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake")))
        info.bot = "other"
        let greeting = Step(onFrame: { [self] frame, _, context in
            if case .start = frame.content { context.push(speech(100)) }
            return true
        })
        run.handle(.handedOver(info, BotPipeline([greeting])))
        run.advance(.seconds(1))
        #expect(run.audio == Ramp.samples(from: 1, count: 800) + Ramp.samples(from: 1, count: 800))
        #expect(run.events.contains(.handedOver(bot: "other")))
    }

    @Test func `a bot that takes over from one that held its tongue is heard`() {
        let run = call()
        run.push(speech(300))
        run.push(.pauseOutput)
        run.advance(.milliseconds(500))
        run.handle(.handedOver(CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake"))), BotPipeline([Step()])))
        run.advance(.milliseconds(500))
        #expect(run.audio.count == 2_400)
    }

    @Test func `a transfer is asked of the host and answered to the bot and the log`() {
        let heard = Heard()
        let run = call(heard)
        run.push(.transfer(TransferOrder(to: PhoneNumber("+12025550100"), resumeAt: "main")))
        #expect(run.lines.last == "transfer, then main")
        run.push(.transferAnswered(.accepted))
        #expect(heard.words == ["transfer accepted"])
        #expect(run.events == [.transferAsked(timeout: 30), .transferAnswered(.accepted)])
    }

    @Test func `the end of the call closes the account of what was being said`() {
        let run = call()
        run.push(speech(500))
        run.advance(.milliseconds(100))
        run.receive("stop")
        let reports = run.events.compactMap { if case .utterance(let report) = $0 { report } else { nil } }
        #expect(reports.map(\.heardMilliseconds) == [100])
        #expect(reports.allSatisfy { $0.wasInterrupted && $0.isEstimate })
    }
}
