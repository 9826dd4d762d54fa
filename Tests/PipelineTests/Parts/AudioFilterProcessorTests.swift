import Audio
import Call
import Pipeline
import Testing

struct AudioFilterProcessorTests {
    /// Holds the last 160 samples back; adds 1 to each with denoise.
    private final class Fake: AudioFilter {
        let rate: SampleRate
        var settings: AudioFilterSettings
        private var held: [Int16] = []
        var delay: Int64 { rate.nanoseconds(ofSamples: 160) }

        init(_ rate: SampleRate, _ settings: AudioFilterSettings) {
            self.rate = rate
            self.settings = settings
        }

        func process(_ samples: Span<Int16>, into output: inout [Int16]) {
            for index in samples.indices { held.append(samples[index] + (settings.denoise ? 1 : 0)) }
            let count = max(held.count - 160, 0)
            output += held.prefix(count)
            held.removeFirst(count)
        }

        func finish(into output: inout [Int16]) {
            output += held
            held = []
        }
    }

    private struct Fakes: AudioFilterFactory {
        func makeFilter(at rate: SampleRate, _ settings: AudioFilterSettings) -> (any AudioFilter)? {
            rate == .hz44100 ? nil : Fake(rate, settings)
        }
    }

    private func run(denoise: Bool = true) -> WorkerRun {
        WorkerRun(AudioFilterProcessor(Fakes(), AudioFilterSettings(denoise: denoise)))
    }

    private func audio(_ count: Int, _ rate: SampleRate = .hz8000) -> Frame.Content {
        .inputAudioRaw(PCM16(samples: Array(repeating: 0, count: count), rate: rate))
    }

    @Test func `audio of any packet length passes later and whole, and what the filter holds comes at a gap`() {
        let run = run()
        run.push(audio(160))
        run.advance(.milliseconds(20))
        run.push(audio(160))
        run.advance(.milliseconds(20))
        run.push(audio(400))
        run.advance(.milliseconds(199))
        #expect(run.sink == ["in 160", "in 400"])
        run.advance(.milliseconds(1))
        #expect(run.sink == ["in 160", "in 400", "in 160"])
        run.advance(.seconds(10))
        #expect(run.sink.count == 3)
        #expect(run.worker.wake == nil)
    }

    @Test func `a stream without a gap is not cut`() {
        let run = run()
        for _ in 0..<100 {
            run.push(audio(160))
            run.advance(.milliseconds(20))
        }
        #expect(run.sink == Array(repeating: "in 160", count: 99))
    }

    @Test func `the held rest comes before end`() {
        let run = run()
        run.push(audio(100))
        run.push(.text("a"), .end(.completed))
        #expect(run.sink == ["in 100", "a", "end completed"])
    }

    @Test func `with everything off audio is not delayed until something is switched on, and stays whole when it is off again`() {
        let run = run(denoise: false)
        run.push(audio(160))
        #expect(run.sink == ["in 160"])
        run.push(.custom(FilterUpdateSettings(AudioFilterSettings(denoise: true))))
        run.push(audio(160))
        #expect(run.sink.count == 1)
        run.push(.custom(FilterUpdateSettings(AudioFilterSettings())))
        run.push(audio(160))
        #expect(run.sink == ["in 160", "in 160"])
    }

    @Test func `a change of rate gives the rest at the old one`() {
        let run = run()
        run.push(audio(160))
        run.push(audio(400, .hz16000))
        #expect(run.sink == ["in 160", "in 240"])
    }

    @Test func `a rate without a filter passes as it is and is complained about once`() {
        let run = run()
        run.push(audio(160, .hz44100), audio(160, .hz44100))
        #expect(run.sink == ["in 160", "in 160"])
        #expect(run.source == ["error the caller's audio at 44100 Hz cannot be filtered: it passes as it is"])
    }

    @Test func `other frames and custom frames pass`() {
        struct Own: CustomFrame { let `class` = Frame.Class.control }
        let run = run()
        run.push(.custom(Own()), .text("a"), .outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
        run.push(audio(160), up: true)
        #expect(run.sink == ["custom", "a", "out 160"])
        #expect(run.source == ["in 160"])
    }

    @Test func `processors that are prepended hear the caller before the bot's own`() {
        let bot = BotPipeline([IdentityFilter(), NullFilter()])
            .prepending([AudioFilterProcessor(Fakes(), AudioFilterSettings(agc: true)), IdentityFilter()])
        #expect(bot.processors.count == 4)
        #expect(bot.processors.first is AudioFilterProcessor && bot.processors.last is NullFilter)
    }
}
