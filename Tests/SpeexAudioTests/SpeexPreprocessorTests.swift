import Audio
import Call
import SpeexAudio
import Testing

struct SpeexPreprocessorTests {
    private static let denoise = AudioFilterSettings(denoise: true)
    private static let agc = AudioFilterSettings(agc: true)
    private static let both = AudioFilterSettings(denoise: true, agc: true)

    private func filter(_ settings: AudioFilterSettings, at rate: SampleRate = .hz8000) throws -> any AudioFilter {
        try #require(SpeexPreprocessorFactory().makeFilter(at: rate, settings))
    }

    /// A whole stream through a new filter.
    private func run(
        _ samples: [Int16], _ settings: AudioFilterSettings, at rate: SampleRate = .hz8000, packets: [Int] = [160]
    ) throws -> [Int16] {
        var filter = try filter(settings, at: rate)
        var output: [Int16] = []
        var (start, turn) = (0, 0)
        while start < samples.count {
            let end = min(start + packets[turn % packets.count], samples.count)
            filter.process(samples[start..<end].span, into: &output)
            (start, turn) = (end, turn + 1)
        }
        filter.finish(into: &output)
        return output
    }

    /// Three seconds of noise, then a phrase eight times with half a second between.
    private func call(_ name: String, voice: Double, noise: Double) throws -> (sound: [Int16], phrase: Int, spans: [Range<Int>]) {
        let phrase = try Voice.load(name, level: voice)
        var speech = [Int16](repeating: 0, count: 24_000)
        var spans: [Range<Int>] = []
        for _ in 0..<8 {
            spans.append(speech.count..<speech.count + phrase.count)
            speech += phrase + [Int16](repeating: 0, count: 4_000)
        }
        return (Voice.mix(speech, Voice.white(speech.count, level: noise)), phrase.count, spans)
    }

    @Test func `both are off unless asked for`() {
        #expect(AudioFilterSettings().isOff)
        #expect(!Self.denoise.isOff && !Self.agc.isOff)
    }

    @Test(arguments: SpeexPreprocessorFactory.rates, [AudioFilterSettings(), both])
    func `as many samples come out as go in, whatever the packets`(rate: SampleRate, settings: AudioFilterSettings) throws {
        for packets in [[1], [7, 160, 400], [160], [159, 161], [800], [240], [5_000]] {
            for count in [0, 1, 159, 160, 161, 4_000, 4_321] {
                #expect(try run(Voice.white(count, level: -30), settings, at: rate, packets: packets).count == count)
            }
        }
    }

    @Test func `how the audio is cut into packets changes nothing`() throws {
        let (sound, _, _) = try call("speech-man.wav", voice: -20, noise: -50)
        let whole = try run(sound, Self.both)
        #expect(try run(sound, Self.both, packets: [37, 800, 1]) == whole)
    }

    @Test func `with both off a voice comes out as it went in, at its own place`() throws {
        let voice = try Voice.load("speech-woman.wav", level: -15)
        let output = try run(voice, AudioFilterSettings(), packets: [200])
        #expect(output.count == voice.count)
        #expect(zip(voice, output).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
    }

    @Test func `the filter holds at most the delay that it states`() throws {
        var filter = try filter(Self.both)
        #expect(filter.delay == 40_000_000)
        var output: [Int16] = []
        filter.process(Voice.white(319, level: -30).span, into: &output)
        #expect(output.isEmpty)
        filter.process(Voice.white(1, level: -30).span, into: &output)
        #expect(output.count == 160)
    }

    @Test(arguments: ["speech-man.wav", "speech-woman.wav"], [-45.0, -35])
    func `denoise makes noise 12 dB quieter and a voice 1 dB at most`(name: String, noise: Double) throws {
        let (sound, _, spans) = try call(name, voice: -20, noise: noise)
        let output = try run(sound, Self.denoise)
        #expect(Voice.noiseLevel(output[16_000..<23_000]) < noise - 12)
        #expect(spans.allSatisfy { abs(Voice.level(output[$0]) - Voice.level(sound[$0])) < 1 })
    }

    @Test(arguments: ["speech-man.wav", "speech-woman.wav"], [-40.0, -30, -20, -10])
    func `agc brings a voice to -20 dBFS by its third phrase, and the noise up by 20 dB at most`(
        name: String, voice: Double
    ) throws {
        let (sound, phrase, spans) = try call(name, voice: voice, noise: -65)
        for settings in [Self.agc, Self.both] {
            let output = try run(sound, settings)
            for span in spans[2...] { #expect(abs(Voice.level(output[span]) + 20) < 1.5) }
            let pause = spans[6].lowerBound + phrase + 1_500..<spans[7].lowerBound - 500
            #expect(Voice.noiseLevel(output[pause]) < -65 + 20.5)
            #expect(output.allSatisfy { abs(Int($0)) < 32_000 })
            if settings.denoise { #expect(Voice.noiseLevel(output[pause]) < -65 + 5) }
        }
    }

    @Test(arguments: [-65.0, -50, -35])
    func `noise without a voice is not brought up to a voice's level, and hardly with denoise`(level: Double) throws {
        let noise = Voice.white(80_000, level: level)
        #expect(try Voice.noiseLevel(run(noise, Self.agc)[40_000...]) < min(level + 20, -20))
        #expect(try Voice.noiseLevel(run(noise, Self.both)[40_000...]) < level + 3)
    }

    @Test func `both can be switched while audio flows`() throws {
        var filter = try filter(AudioFilterSettings())
        let noise = Voice.white(64_000, level: -40)
        var output: [Int16] = []
        for (index, start) in stride(from: 0, to: noise.count, by: 160).enumerated() {
            if index == 100 { filter.settings.denoise = true }
            if index == 300 { filter.settings = AudioFilterSettings() }
            filter.process(noise[start..<start + 160].span, into: &output)
        }
        filter.finish(into: &output)
        #expect(output.count == noise.count)
        #expect(abs(Voice.noiseLevel(output[8_000..<15_800]) + 40) < 0.3)
        #expect(Voice.noiseLevel(output[32_000..<47_000]) < -52)
        #expect(abs(Voice.noiseLevel(output[48_400...]) + 40) < 0.3)
    }

    @Test func `a filter that was finished takes more of the same voice`() throws {
        var filter = try filter(Self.denoise)
        var output: [Int16] = []
        for _ in 0..<3 {
            filter.process(Voice.white(8_050, level: -40).span, into: &output)
            filter.finish(into: &output)
        }
        #expect(output.count == 3 * 8_050)
    }

    @Test(arguments: [SampleRate.hz22050, .hz44100])
    func `other rates have no filter`(rate: SampleRate) {
        #expect(SpeexPreprocessorFactory().makeFilter(at: rate, Self.both) == nil)
    }

    @Test(arguments: [denoise, agc, both], [-65.0, -50])
    func `voice activity behind the filter finds a phrase and takes noise for none`(
        settings: AudioFilterSettings, noise: Double
    ) throws {
        let (sound, phrase, spans) = try call("speech-woman.wav", voice: -25, noise: noise)
        let output = try run(sound, settings)
        var detector = BandEnergyDetector()
        var speech: [Bool] = []
        for start in stride(from: 0, to: output.count, by: 160) {
            detector.process(output[start..<min(start + 160, output.count)].span, at: .hz8000) { speech.append($0.isSpeech) }
        }
        #expect(!speech[..<149].contains(true))
        for span in spans {
            let first = try #require(speech[(span.lowerBound / 160)...].firstIndex(of: true))
            #expect((first + 1) * 20 - span.lowerBound / 8 <= 140)
            #expect(speech[first..<(span.lowerBound + phrase) / 160].filter { $0 }.count * 20 > phrase / 8 / 2)
        }
    }
}
