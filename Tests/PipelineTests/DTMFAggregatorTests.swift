import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_dtmf_aggregator.py`, and those of time.
struct DTMFAggregatorTests {
    private final class Line {
        var pipeline: Pipeline
        var now = Moment.zero
        var sink: [String] = []
        var source: [String] = []

        init(_ processors: any Processor...) { pipeline = Pipeline(processors) }

        func push(_ content: Frame.Content) {
            pipeline.push(Frame(content), at: now)
            run()
        }

        func press(_ keys: String) { for key in KeypadEntry.keys(in: keys) ?? [] { push(.inputDTMF(key)) } }

        func advance(_ duration: Duration) {
            let end = now + duration
            while let wake = pipeline.wake, wake <= end {
                now = max(now, wake)
                pipeline.wakeProcessors(at: now)
                run()
            }
            now = end
        }

        private func run() {
            var (sink, source): ([Frame], [Frame]) = ([], [])
            _ = pipeline.run(at: now, sink: &sink, source: &source)
            self.sink += sink.map(\.word)
            self.source += source.map(\.word)
        }
    }

    @Test func `keys up to the terminator are one text, after the keys and one interruption`() {
        let line = Line(DTMFAggregator())
        line.press("123#")
        #expect(line.sink == ["key 1", "interruption", "key 2", "key 3", "key #", "DTMF: 123#"])
        #expect(line.source == ["interruption"])
        line.advance(.seconds(10))
        #expect(line.sink.count == 6)
    }

    @Test func `an entry is over two seconds after its last key, and the next one interrupts again`() {
        let line = Line(DTMFAggregator())
        line.press("1")
        line.advance(.milliseconds(1_900))
        line.press("2")
        line.advance(.milliseconds(1_999))
        #expect(line.sink == ["key 1", "interruption", "key 2"])
        line.advance(.milliseconds(1))
        line.press("3")
        line.advance(.seconds(2))
        #expect(line.sink == ["key 1", "interruption", "key 2", "DTMF: 12", "key 3", "interruption", "DTMF: 3"])
    }

    @Test func `two sequences are two texts and the terminator alone is one`() {
        let line = Line(DTMFAggregator())
        line.press("12#34##")
        #expect(line.sink.filter { $0.hasPrefix("DTMF") } == ["DTMF: 12#", "DTMF: 34#", "DTMF: #"])
        #expect(line.source.count == 3)
    }

    @Test func `prefix, terminator and timeout are the bot's`() {
        let line = Line(DTMFAggregator(timeout: .milliseconds(100), terminator: .star, prefix: "Menu: "))
        line.press("1#*")
        line.press("7")
        line.advance(.milliseconds(100))
        #expect(line.sink.filter { $0.hasPrefix("Menu") } == ["Menu: 1#*", "Menu: 7"])
    }

    @Test func `all keys are gathered`() {
        let line = Line(DTMFAggregator(terminator: .d))
        line.press("0123456789*#ABCD")
        #expect(line.sink.last == "DTMF: 0123456789*#ABCD")
    }

    @Test func `the end of the call flushes before it goes on`() {
        let line = Line(DTMFAggregator())
        line.press("12")
        line.push(.end(.completed))
        #expect(line.sink.suffix(2) == ["DTMF: 12", "end completed"])
        line.advance(.seconds(3))
        #expect(line.sink.last == "end completed")
    }

    @Test func `an interruption from elsewhere flushes what was pressed and does not drop it`() {
        let line = Line(DTMFAggregator(), Step(), Step())
        line.press("12")
        line.push(.interruption)
        #expect(line.sink.suffix(2) == ["interruption", "DTMF: 12"])
        line.push(.interruption)
        #expect(line.sink.last == "interruption")
    }

    @Test func `a caller who leans on a key fills no memory`() {
        let line = Line(DTMFAggregator())
        line.press(String(repeating: "5", count: 130))
        #expect(line.sink.filter { $0.hasPrefix("DTMF") }.map(\.count) == [70, 70])
    }

    @Test func `other frames pass both ways`() {
        let up = Step { frame, direction, context in
            guard case .text = frame.content, direction == .downstream else { return true }
            context.push(frame, .upstream)
            return false
        }
        let line = Line(DTMFAggregator(), up)
        line.push(.text("a"))
        line.push(.inputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
        #expect(line.source == ["a"])
        #expect(line.sink == ["in 160"])
    }
}
