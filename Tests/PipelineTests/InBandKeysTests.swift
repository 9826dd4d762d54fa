import Audio
import Call
import Pipeline
import Testing

struct InBandKeysTests {
    private func run() -> PipelineRun { PipelineRun([InBandKeys()]) }

    /// Each for 100 ms, with 100 ms between.
    private func tones(_ keys: String) -> [Int16] {
        var tones = DTMFTones(keys)
        return tones.next(milliseconds: 60_000).samples
    }

    private func keys(_ run: PipelineRun) -> String {
        run.words.filter { $0.hasPrefix("key ") }.map { String($0.suffix(1)) }.joined()
    }

    @Test func `each key that passes is noted, the counterpart is not`() {
        let run = run()
        run.press("5")
        run.hear(tones("5") + Sound.silence(100))
        #expect(run.words.count { $0.hasPrefix("note") } == 1)
    }

    @Test func `all keys are found in the audio, which passes unchanged`() {
        let run = run()
        run.hear(tones("0123456789*#ABCD") + Sound.silence(100))
        #expect(keys(run) == "0123456789*#ABCD")
        #expect(run.sink.filter { $0.word == "in 160" }.count == 165)
        #expect(run.sink.first?.word == "in 160")
    }

    @Test(arguments: [0, 60, 500, 1_750])
    func `a key that the provider reports after its tone counts once`(milliseconds: Int) {
        let run = run()
        run.hear(tones("5"))
        run.advance(.milliseconds(milliseconds))
        run.press("5")
        #expect(keys(run) == "5")
    }

    @Test(arguments: [0, 60, 500, 1_750])
    func `a key that the provider reports before its tone counts once`(milliseconds: Int) {
        let run = run()
        run.press("5")
        run.advance(.milliseconds(milliseconds))
        run.hear(tones("5"))
        #expect(keys(run) == "5")
    }

    @Test func `a key pressed three times counts three times, whoever comes first`() {
        let run = run()
        run.hear(tones("5"))
        run.press("5")
        run.press("5")
        run.hear(tones("55"))
        run.press("5")
        #expect(keys(run) == "555")
    }

    @Test func `other keys and keys of another time are no counterparts`() {
        let run = run()
        run.press("1")
        run.hear(tones("2"))
        run.advance(InBandKeys.pairing)
        run.press("2")
        run.hear(tones("1"))
        #expect(keys(run) == "1221")
    }

    @Test func `a provider that floods with keys takes no memory and loses none`() {
        let run = run()
        for _ in 0..<1_000 { run.press("7") }
        #expect(keys(run).count == 1_000)
        run.hear(tones("8"))
        #expect(run.words.last == "key 8")
    }

    @Test func `speech is no key`() throws {
        let run = run()
        run.hear(try Sound.samples("speech-man.wav") + Sound.samples("speech-woman.wav"))
        #expect(run.words.isEmpty)
    }
}
