import Audio
import Call
import Pipeline
import Testing

struct VoiceActivityProcessorTests {
    /// Hears speech where the first sample of 20 ms is not 0.
    private struct FirstSample: VoiceActivityDetector {
        var position = 0

        mutating func process(_ samples: Span<Int16>, at rate: SampleRate, each body: (VoiceReading) -> Void) {
            for start in stride(from: 0, to: samples.count, by: 160) {
                let isSpeech = samples[start] != 0
                body(VoiceReading(isSpeech: isSpeech, confidence: isSpeech ? 1 : 0, level: -20))
            }
        }

        mutating func resetSpeech() {}
    }

    private final class Line {
        var pipeline: Pipeline
        var now = Moment.zero
        var sink: [(at: Int64, word: String)] = []

        init(_ processor: any Processor) { pipeline = Pipeline([processor]) }

        func push(_ content: Frame.Content) {
            pipeline.push(Frame(content), at: now)
            run()
        }

        /// Packets of 20 ms, one every 20 ms; time stands at the last.
        func speak(_ count: Int, _ sample: Int16 = 1_000) {
            for _ in 0..<count {
                advance(.milliseconds(20))
                push(.inputAudioRaw(PCM16(samples: Array(repeating: sample, count: 160), rate: .hz8000)))
            }
        }

        func advance(_ duration: Duration) {
            let end = now + duration
            while let wake = pipeline.wake, wake <= end {
                now = max(now, wake)
                pipeline.wakeProcessors(at: now)
                run()
            }
            now = end
        }

        var turns: [String] { sink.filter { $0.word.hasPrefix("user") }.map { "\($0.at) \($0.word)" } }

        private func run() {
            var (sink, source): ([Frame], [Frame]) = ([], [])
            _ = pipeline.run(at: now, sink: &sink, source: &source)
            self.sink += sink.map { ((now - .zero).milliseconds, $0.word) }
        }
    }

    private func line(stop: Int = 800) -> Line {
        Line(VoiceActivity(detector: FirstSample(), times: UserTurn.Times(stop: .milliseconds(stop))))
    }

    @Test func `the turn's frames go out with the audio that decides, which passes unchanged`() {
        let line = line()
        line.speak(20)
        line.speak(50, 0)
        #expect(line.turns == ["200 user started", "1200 user stopped"])
        #expect(line.sink.filter { $0.word == "in 160" }.count == 70)
        #expect(line.sink[9].word == "user started" && line.sink[10].word == "in 160")
    }

    @Test func `a stream that falls silent in the middle of a word ends the turn`() {
        let line = line()
        line.speak(20)
        line.advance(.seconds(5))
        #expect(line.turns == ["200 user started", "1200 user stopped"])
        line.speak(20)
        #expect(line.turns.last == "5600 user started")
    }

    @Test func `silence heard before the stream stops counts`() {
        let line = line()
        line.speak(20)
        line.speak(20, 0)
        line.advance(.seconds(5))
        #expect(line.turns == ["200 user started", "1200 user stopped"])
    }

    @Test func `packets up to 200 ms late end no turn, even a short stop time's`() {
        let line = line(stop: 100)
        line.speak(20)
        line.advance(.milliseconds(190))
        line.speak(20)
        #expect(line.turns == ["200 user started"])
        line.advance(.milliseconds(300))
        #expect(line.turns == ["200 user started", "1210 user stopped"])
    }

    @Test func `a gap shorter than the stop time goes into the silence`() {
        let line = line()
        line.speak(20)
        line.advance(.milliseconds(500))
        line.speak(1, 0)
        line.speak(14, 0)
        #expect(line.turns.count == 2)
        #expect(line.turns.last == "1200 user stopped")
    }

    @Test func `a packet with all of a turn says both`() {
        let line = line()
        var samples = [Int16](repeating: 1_000, count: 160 * 12)
        samples += [Int16](repeating: 0, count: 160 * 42)
        line.push(.inputAudioRaw(PCM16(samples: samples, rate: .hz8000)))
        #expect(line.sink.map(\.word) == ["user started", "in 8640", "user stopped"])
    }

    @Test func `the own detector hears a tone as nobody`() {
        let line = Line(VoiceActivity())
        var tone = Tone(hertz: 440, level: -10, rate: .hz8000)
        for _ in 0..<50 {
            line.push(.inputAudioRaw(tone.next(milliseconds: 20)))
            line.advance(.milliseconds(20))
        }
        #expect(line.turns.isEmpty)
    }
}
