import Audio
import Testing

struct ToneTests {
    @Test(arguments: [0.0, -3, -10, -40])
    func `a tone has the level it was asked for, by the meter and by its loudness`(level: Double) {
        var tone = Tone(hertz: 1_000, level: level, rate: .hz8000)
        let audio = tone.next(milliseconds: 200)
        #expect(audio.samples.count == 1_600)
        #expect(abs(ToneMeter(hertz: 1_000, rate: .hz8000).level(of: audio) - level) < 0.02)
        #expect(abs(Loudness(audio).rms - level) < 0.02)
    }

    @Test func `the meter hears a tone that fits no whole bin`() {
        var tone = Tone(hertz: 441.37, level: -20, rate: .hz22050)
        #expect(abs(ToneMeter(hertz: 441.37, rate: .hz22050).level(of: tone.next(milliseconds: 117)) + 20) < 0.01)
    }

    @Test func `the meter does not hear another tone`() {
        var tone = Tone(hertz: 1_000, level: -6, rate: .hz8000)
        let audio = tone.next(milliseconds: 1_000)
        // What is left is the rounding to 16 bits.
        #expect(ToneMeter(hertz: 1_005.5, rate: .hz8000).level(of: audio) < -90)
        #expect(ToneMeter(hertz: 1_100, rate: .hz8000).level(of: audio) < -90)
        #expect(ToneMeter(hertz: 2_000, rate: .hz8000).level(of: audio) < -90)
    }

    @Test func `a tone made in uneven runs equals one made at once`() {
        var whole = Tone(hertz: 697.5, level: -3, rate: .hz16000)
        var parts = whole
        let expected = whole.next(milliseconds: 100).samples
        var samples: [Int16] = []
        for count in [0, 1, 319, 7, 1_000, 273, -4] { parts.append(samples: count, to: &samples) }
        #expect(samples == expected)
    }

    @Test func `a tone above full scale clips`() {
        var tone = Tone(hertz: 1_000, level: 12, rate: .hz8000)
        let audio = tone.next(milliseconds: 20)
        #expect(audio.samples.max() == 32_767)
        #expect(audio.samples.min() == -32_768)
    }
}

struct LoudnessTests {
    @Test func `a square wave is 3 dB louder than a sine of the same peak`() {
        let square = Loudness([Int16](repeating: 32_767, count: 100).span)
        #expect(abs(square.rms - 3.0103) < 0.001)
        #expect(square.peak == 32_767)
    }

    @Test func `silence and nothing have no level`() {
        for samples in [[], [Int16](repeating: 0, count: 160)] {
            #expect(Loudness(samples.span) == Loudness([Int16]().span))
            #expect(Loudness(samples.span).rms == -.infinity)
            #expect(Loudness(samples.span).peak == 0)
            #expect(ToneMeter(hertz: 1_000, rate: .hz8000).level(of: samples.span) == -.infinity)
        }
    }

    @Test func `the most negative sample is the highest peak`() {
        #expect(Loudness([Int16(3), -32_768, 5].span).peak == 32_768)
    }
}

struct PassThroughTests {
    @Test func `equal rates pass every sample at once`() {
        var resampler: any Resampler = PassThrough(rate: .hz8000)
        var output: [Int16] = [1]
        resampler.process([2, 3].span, into: &output)
        resampler.finish(into: &output)
        #expect(output == [1, 2, 3])
        #expect(resampler.delay == 0 && resampler.target == .hz8000)
    }
}
