import Audio
import Call
import Pipeline
import Testing

struct VoiceActivityProcessorTests {
    private func line(_ times: UserTurn.Times = UserTurn.Times()) -> PipelineRun {
        PipelineRun([VoiceActivity(detector: FirstSample(), times: times)])
    }

    private func turns(_ line: PipelineRun) -> [String] { line.timed.filter { $0.contains(" user") } }
    private func voices(_ line: PipelineRun) -> [String] { line.timed.filter { $0.contains(" voice") } }

    @Test func `the turn's frames go out with the audio that decides, which passes unchanged`() {
        let line = line()
        line.hear(20, of: 1_000)
        line.hear(50, of: 0)
        #expect(turns(line) == ["200 user started", "1200 user stopped"])
        #expect(line.sink.filter { $0.word == "in 160" }.count == 70)
        #expect(line.sink[0].word == "voice started" && line.sink[1].word == "in 160")
        #expect(line.sink[10].word == "user started" && line.sink[11].word == "in 160")
        #expect(voices(line) == ["20 voice started", "420 voice stopped"])
    }

    @Test func `a stream that falls silent in the middle of a word ends the turn`() {
        let line = line()
        line.hear(20, of: 1_000)
        line.advance(.seconds(5))
        #expect(turns(line) == ["200 user started", "1200 user stopped"])
        line.hear(20, of: 1_000)
        #expect(turns(line).last == "5600 user started")
    }

    @Test func `silence heard before the stream stops counts`() {
        let line = line()
        line.hear(20, of: 1_000)
        line.hear(20, of: 0)
        line.advance(.seconds(5))
        #expect(turns(line) == ["200 user started", "1200 user stopped"])
    }

    @Test func `packets up to 200 ms late end no turn, even a short stop time's`() {
        let line = line(UserTurn.Times(stop: .milliseconds(100)))
        line.hear(20, of: 1_000)
        line.advance(.milliseconds(190))
        line.hear(20, of: 1_000)
        #expect(turns(line) == ["200 user started"])
        line.advance(.milliseconds(300))
        #expect(turns(line) == ["200 user started", "1210 user stopped"])
    }

    @Test func `a gap shorter than the stop time goes into the silence`() {
        let line = line()
        line.hear(20, of: 1_000)
        line.advance(.milliseconds(500))
        line.hear(1, of: 0)
        line.hear(14, of: 0)
        #expect(turns(line).count == 2)
        #expect(turns(line).last == "1200 user stopped")
    }

    @Test func `a packet with all of a turn says both`() {
        let line = line()
        var samples = [Int16](repeating: 1_000, count: 160 * 12)
        samples += [Int16](repeating: 0, count: 160 * 42)
        line.push(.inputAudioRaw(PCM16(samples: samples, rate: .hz8000)))
        #expect(line.sink.map(\.word) == ["voice started", "user started", "in 8640", "voice stopped", "user stopped"])
    }

    @Test func `the own detector hears a tone as nobody`() {
        let line = PipelineRun([VoiceActivity()])
        var tone = Tone(hertz: 440, level: -10, rate: .hz8000)
        for _ in 0..<50 {
            line.push(.inputAudioRaw(tone.next(milliseconds: 20)))
            line.advance(.milliseconds(20))
        }
        #expect(turns(line).isEmpty)
    }

    @Test func `what begins again in one packet follows what it ended`() {
        let line = line(UserTurn.Times(start: .zero, stop: .zero))
        let (voice, quiet) = ([Int16](repeating: 1_000, count: 160), [Int16](repeating: 0, count: 160))
        line.push(.inputAudioRaw(PCM16(samples: voice + quiet + voice, rate: .hz8000)))
        #expect(
            line.sink.map(\.word) == [
                "voice started", "user started", "in 480", "voice stopped", "user stopped", "voice started", "user started",
            ])
    }

    @Test func `the detector's hold keeps a voice together and adds nothing to its length`() {
        let line = line()
        line.hear(9, of: 1_000)
        line.hear(5, of: 1)
        line.hear(3, of: 0)
        #expect(voices(line) == ["20 voice started", "300 voice stopped"])
        #expect(turns(line).isEmpty)
    }

    @Test func `a voice that the stream cuts off is gone after the jitter, and the turn after its stop time`() {
        let line = line()
        line.hear(5, of: 1_000)
        line.advance(.seconds(3))
        #expect(voices(line) == ["20 voice started", "320 voice stopped"])
        #expect(turns(line).isEmpty)
        line.hear(5, of: 1_000)
        #expect(turns(line).isEmpty, "a sound that was cut off does not count for the next one's length")
        line.hear(10, of: 1_000)
        line.advance(.seconds(3))
        #expect(voices(line).suffix(2) == ["3120 voice started", "3620 voice stopped"])
        #expect(turns(line) == ["3300 user started", "4200 user stopped"])
    }

    @Test func `over a bot that speaks a turn may need more voice than over one that listens`() {
        let line = line(UserTurn.Times(startOverBot: .milliseconds(500)))
        line.push(.botStartedSpeaking)
        line.hear(24, of: 1_000)
        #expect(turns(line).isEmpty)
        line.hear(1, of: 1_000)
        #expect(turns(line) == ["500 user started"])
        line.hear(60, of: 0)
        line.hear(15, of: 1_000)
        #expect(turns(line).count == 2)
        line.push(.botStoppedSpeaking)
        line.hear(1, of: 1_000)
        #expect(turns(line).last == "2020 user started")
    }
}
