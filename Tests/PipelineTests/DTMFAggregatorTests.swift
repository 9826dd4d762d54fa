import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_dtmf_aggregator.py`, and those of time.
struct DTMFAggregatorTests {
    @Test func `keys up to the terminator are one text, after the keys and one interruption`() {
        let line = PipelineRun([DTMFAggregator()])
        line.press("123#")
        #expect(line.words == ["key 1", "interruption", "key 2", "key 3", "key #", "transcription DTMF: 123#"])
        #expect(line.source == ["interruption"])
        line.advance(.seconds(10))
        #expect(line.words.count == 6)
    }

    @Test func `an entry is over two seconds after its last key, and the next one interrupts again`() {
        let line = PipelineRun([DTMFAggregator()])
        line.press("1")
        line.advance(.milliseconds(1_900))
        line.press("2")
        line.advance(.milliseconds(1_999))
        #expect(line.words == ["key 1", "interruption", "key 2"])
        line.advance(.milliseconds(1))
        line.press("3")
        line.advance(.seconds(2))
        #expect(
            line.words == [
                "key 1", "interruption", "key 2", "transcription DTMF: 12", "key 3", "interruption", "transcription DTMF: 3",
            ])
    }

    @Test func `two sequences are two texts and the terminator alone is one`() {
        let line = PipelineRun([DTMFAggregator()])
        line.press("12#34##")
        #expect(
            line.words.filter { $0.hasPrefix("transcription") } == [
                "transcription DTMF: 12#", "transcription DTMF: 34#", "transcription DTMF: #",
            ])
        #expect(line.source.count == 3)
    }

    @Test func `prefix, terminator and timeout are the bot's`() {
        let line = PipelineRun([DTMFAggregator(timeout: .milliseconds(100), terminator: .star, prefix: "Menu: ")])
        line.press("1#*")
        line.press("7")
        line.advance(.milliseconds(100))
        #expect(line.words.filter { $0.hasPrefix("transcription Menu") } == ["transcription Menu: 1#*", "transcription Menu: 7"])
    }

    @Test func `all keys are gathered`() {
        let line = PipelineRun([DTMFAggregator(terminator: .d)])
        line.press("0123456789*#ABCD")
        #expect(line.words.last == "transcription DTMF: 0123456789*#ABCD")
    }

    @Test func `the end of the call flushes before it goes on`() {
        let line = PipelineRun([DTMFAggregator()])
        line.press("12")
        line.push(.end(.completed))
        #expect(line.words.suffix(2) == ["transcription DTMF: 12", "end completed"])
        line.advance(.seconds(3))
        #expect(line.words.last == "end completed")
    }

    @Test func `an interruption from elsewhere flushes what was pressed and does not drop it`() {
        let line = PipelineRun([DTMFAggregator(), Step(), Step()])
        line.press("12")
        line.push(.interruption)
        line.advance(.zero)
        #expect(line.words.suffix(2) == ["interruption", "transcription DTMF: 12"])
        line.push(.interruption)
        #expect(line.words.last == "interruption")
    }

    @Test func `a caller who leans on a key fills no memory`() {
        let line = PipelineRun([DTMFAggregator()])
        line.press(String(repeating: "5", count: 130))
        #expect(line.words.filter { $0.hasPrefix("transcription") }.map(\.count) == [84, 84])
    }

    @Test func `other frames pass both ways`() {
        let up = Step { frame, direction, context in
            guard case .text = frame.content, direction == .downstream else { return true }
            context.push(frame, .upstream)
            return false
        }
        let line = PipelineRun([DTMFAggregator(), up])
        line.push(.text("a"))
        line.push(.inputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
        #expect(line.source == ["a"])
        #expect(line.sink.map(\.word) == ["in 160"])
    }

    @Test func `a key that interrupts by itself ends no entry`() {
        let line = PipelineRun([BargeIn(), DTMFAggregator(), Step()])
        line.push(.botStartedSpeaking)
        line.press("12")
        line.advance(.seconds(1))
        line.press("3#")
        line.advance(.seconds(5))
        #expect(line.words.filter { $0.hasPrefix("transcription") } == ["transcription DTMF: 123#"])
    }
}
