import Audio
import SpeexAudio
import Testing

struct SpeexResamplerTests {
    struct Pair: Sendable, CustomTestStringConvertible {
        let source: SampleRate
        let target: SampleRate
        var testDescription: String { "\(source) -> \(target)" }
        /// Units: samples at the target for so many at the source, not rounded.
        func share(_ samples: Int) -> Double { Double(samples) * Double(target.hertz) / Double(source.hertz) }
    }

    /// All thirty.
    static let pairs = SpeexResamplerFactory.rates.flatMap { source in
        SpeexResamplerFactory.rates.filter { $0 != source }.map { Pair(source: source, target: $0) }
    }

    func resampler(_ pair: Pair) throws -> any Resampler {
        try #require(SpeexResamplerFactory().makeResampler(from: pair.source, to: pair.target))
    }

    /// A whole stream through a new resampler, in runs of 20 ms.
    func convert(_ audio: PCM16, to target: SampleRate) throws -> PCM16 {
        var resampler = try resampler(Pair(source: audio.rate, target: target))
        var output: [Int16] = []
        let frame = audio.rate.samples(inMilliseconds: 20)
        for start in stride(from: 0, to: audio.samples.count, by: frame) {
            resampler.process(audio.samples[start..<min(start + frame, audio.samples.count)].span, into: &output)
        }
        resampler.finish(into: &output)
        return PCM16(samples: output, rate: target)
    }

    @Test func `there are thirty pairs`() { #expect(Self.pairs.count == 30) }

    @Test(arguments: pairs)
    func `the first output comes at most 5 ms late, and as late as the delay says`(pair: Pair) throws {
        var resampler = try resampler(pair)
        var output: [Int16] = []
        var fed = 0
        while output.isEmpty, fed < pair.source.hertz {
            resampler.process([Int16(1_000)].span, into: &output)
            fed += 1
        }
        let waited = pair.source.nanoseconds(ofSamples: fed)
        #expect(waited <= 5_000_000)
        #expect(resampler.delay <= 5_000_000)
        // One sample may be under way when the first leaves.
        #expect(abs(waited - resampler.delay) <= pair.source.nanoseconds(ofSamples: 2))
    }

    @Test(arguments: pairs)
    func `a click comes out where it went in`(pair: Pair) throws {
        var samples = [Int16](repeating: 0, count: pair.source.hertz / 10)
        let at = samples.count / 2
        samples[at] = 30_000
        let output = try convert(PCM16(samples: samples, rate: pair.source), to: pair.target).samples
        let loudest = try #require(output.indices.max { abs(Int(output[$0])) < abs(Int(output[$1])) })
        #expect(abs(Double(loudest) - pair.share(at)) <= 1)
    }

    @Test(arguments: pairs, [1_000.0, 3_400])
    func `the voice band keeps its level within 0.1 dB`(pair: Pair, hertz: Double) throws {
        var tone = Tone(hertz: hertz, level: -10, rate: pair.source)
        let audio = try convert(tone.next(milliseconds: 600), to: pair.target)
        let middle = audio.samples[pair.target.hertz / 20..<pair.target.hertz / 2]
        #expect(abs(ToneMeter(hertz: hertz, rate: pair.target).level(of: middle.span) + 10) < 0.1)
    }

    /// 5 kHz for 8 kHz, and what lies just above half the rate: two pairs are too close together for the former.
    @Test(arguments: pairs.filter { $0.source > $0.target }, [0.5125, 0.625])
    func `what the target cannot hold does not fold down into it`(pair: Pair, place: Double) throws {
        let hertz = Double(pair.target.hertz) * place
        guard hertz < Double(pair.source.hertz) / 2 else { return }
        var tone = Tone(hertz: hertz, level: 0, rate: pair.source)
        let audio = try convert(tone.next(milliseconds: 600), to: pair.target)
        let middle = audio.samples[pair.target.hertz / 20..<pair.target.hertz / 2]
        #expect(Loudness(middle.span).rms < -60)
        #expect(ToneMeter(hertz: Double(pair.target.hertz) - hertz, rate: pair.target).level(of: middle.span) < -60)
    }

    @Test(arguments: pairs.filter { $0.source < $0.target }, [0.5125, 0.625])
    func `no image of the voice appears above half the source rate`(pair: Pair, place: Double) throws {
        let image = Double(pair.source.hertz) * place
        let hertz = Double(pair.source.hertz) - image
        guard image < Double(pair.target.hertz) / 2 else { return }
        var tone = Tone(hertz: hertz, level: 0, rate: pair.source)
        let audio = try convert(tone.next(milliseconds: 600), to: pair.target)
        let middle = audio.samples[pair.target.hertz / 20..<pair.target.hertz / 2]
        #expect(ToneMeter(hertz: image, rate: pair.target).level(of: middle.span) < -60)
    }

    @Test(arguments: pairs)
    func `after the first call every 20 ms in give 20 ms out`(pair: Pair) throws {
        var resampler = try resampler(pair)
        var tone = Tone(hertz: 440, rate: pair.source)
        let frame = pair.source.samples(inMilliseconds: 20)
        var total = 0
        for call in 0..<500 {
            var input: [Int16] = []
            tone.append(samples: frame, to: &input)
            var output: [Int16] = []
            resampler.process(input.span, into: &output)
            let late = call == 0 ? Double(resampler.delay) * Double(pair.target.hertz) / 1e9 : 0
            #expect(abs(Double(output.count) + late - pair.share(frame)) <= 1 + 1e-3, "call \(call)")
            total += output.count
        }
        // No drift: what is missing after ten seconds is the delay.
        let missing = pair.share(frame * 500) - Double(total)
        #expect(abs(missing - Double(resampler.delay) * Double(pair.target.hertz) / 1e9) <= 1 + 1e-3)
    }

    @Test(arguments: pairs)
    func `runs of any length give the same samples as one run`(pair: Pair) throws {
        var tone = Tone(hertz: 700, level: -6, rate: pair.source)
        var input: [Int16] = []
        tone.append(samples: 100_003, to: &input)
        var whole: [Int16] = []
        var resampler = try resampler(pair)
        resampler.process(input.span, into: &whole)
        resampler.finish(into: &whole)
        // The same resampler again: `finish` left it as new.
        var parts: [Int16] = []
        var start = 0
        for length in [0, 1, 1, 2, 159, 160, 0, 161, 7_999, 8_000, 8_001, 1_024, 3, 40_000, 1 << 20] {
            let end = min(start + length, input.count)
            resampler.process(input[start..<end].span, into: &parts)
            start = end
        }
        #expect(start == input.count)
        resampler.finish(into: &parts)
        // Compared outside `#expect`, which would spend minutes on describing how 600,000 samples differ.
        let same = parts == whole
        #expect(same)
        #expect(abs(Double(whole.count) - pair.share(input.count)) <= 1)
    }

    @Test(arguments: pairs)
    func `the total is the ratio's, whatever the length of the stream`(pair: Pair) throws {
        var resampler = try resampler(pair)
        for length in [0, 1, 2, 5, 31, 32, 33, 160, 441, 1_000, 12_345] {
            var output: [Int16] = []
            resampler.process([Int16](repeating: 1_000, count: length).span, into: &output)
            resampler.finish(into: &output)
            #expect(abs(Double(output.count) - pair.share(length)) <= 1, "\(length) samples")
        }
    }

    @Test(arguments: [Pair(source: .hz22050, target: .hz8000), Pair(source: .hz44100, target: .hz48000)])
    func `ten minutes drift by no sample`(pair: Pair) throws {
        var resampler = try resampler(pair)
        let second = [Int16](repeating: 0, count: pair.source.hertz)
        var output: [Int16] = []
        var total = 0
        for _ in 0..<600 {
            output.removeAll(keepingCapacity: true)
            resampler.process(second.span, into: &output)
            total += output.count
        }
        output.removeAll()
        resampler.finish(into: &output)
        #expect(total + output.count == 600 * pair.target.hertz)
    }

    @Test(arguments: pairs)
    func `after a reset nothing of the old stream is heard`(pair: Pair) throws {
        var resampler = try resampler(pair)
        var output: [Int16] = []
        resampler.process([Int16](repeating: 20_000, count: 1_001).span, into: &output)
        resampler.reset()
        output = []
        resampler.process([Int16](repeating: 0, count: 1_000).span, into: &output)
        resampler.finish(into: &output)
        #expect(!output.isEmpty && output.allSatisfy { $0 == 0 })
        #expect(abs(Double(output.count) - pair.share(1_000)) <= 1)
    }

    @Test func `samples are appended to what is there`() throws {
        var resampler = try resampler(Pair(source: .hz8000, target: .hz16000))
        var output: [Int16] = [42]
        resampler.process([Int16](repeating: 0, count: 160).span, into: &output)
        #expect(output.first == 42)
        #expect(output.count > 200)
    }

    @Test func `equal rates pass through, unknown pairs are refused`() throws {
        let factory = SpeexResamplerFactory()
        let odd = try #require(SampleRate(hertz: 12_345))
        #expect(factory.makeResampler(from: .hz8000, to: .hz8000)?.delay == 0)
        #expect(factory.makeResampler(from: odd, to: odd) is PassThrough)
        #expect(factory.makeResampler(from: odd, to: .hz8000) == nil)
        #expect(factory.makeResampler(from: .hz8000, to: odd) == nil)
    }
}
