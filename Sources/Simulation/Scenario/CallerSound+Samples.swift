import Audio
import Call

extension CallerSound {
    /// The sound at the rate of a stream.
    ///
    /// - Throws: ``UnsupportedRate`` for a recording whose rate cannot be converted.
    func samples(at rate: SampleRate, resamplers: any ResamplerFactory) throws(UnsupportedRate) -> PCM16 {
        let count = rate.samples(in: length)
        switch kind {
        case .tone(let hertz):
            var tone = Tone(hertz: hertz, level: level, rate: rate)
            var samples: [Int16] = []
            tone.append(samples: count, to: &samples)
            return PCM16(samples: samples, rate: rate)
        case .bursts:
            var tone = Tone(hertz: 440, level: level, rate: rate)
            var samples: [Int16] = []
            while samples.count < count {
                tone.append(samples: rate.samples(inMilliseconds: 400), to: &samples)
                samples.append(contentsOf: repeatElement(0, count: rate.samples(inMilliseconds: 100)))
            }
            samples.removeLast(samples.count - count)
            return PCM16(samples: samples, rate: rate)
        case .noise: return PCM16(samples: noise(count) { _ in 1 }, rate: rate)
        case .cough:
            // A hard start, then down by 20 dB in a straight line of the amplitude.
            return PCM16(samples: noise(count) { 1 - 0.9 * $0 }, rate: rate)
        case .recording(let audio): return try convert(audio, to: rate, resamplers)
        }
    }

    /// - Parameter envelope: the amplitude at a place, 0 to 1, of the sound.
    private func noise(_ count: Int, _ envelope: (Double) -> Double) -> [Int16] {
        var chance = SplitMix64(state: 1)
        // Noise of an even spread has the power of a sine of √(2/3) of its peak.
        let peak = 32_767 * Decibels.amplitude(ofLevel: level) * 1.224_744_871
        return (0..<count).map { index in
            let value = (chance.nextFraction() * 2 - 1) * peak * envelope(Double(index) / Double(max(count, 1)))
            return Int16(min(max(value.rounded(), -32_768), 32_767))
        }
    }

    private func convert(
        _ audio: PCM16, to rate: SampleRate, _ resamplers: any ResamplerFactory
    ) throws(UnsupportedRate) -> PCM16 {
        guard audio.rate != rate else { return audio }
        guard var resampler = resamplers.makeResampler(from: audio.rate, to: rate) else {
            throw UnsupportedRate(source: audio.rate, target: rate)
        }
        var samples: [Int16] = []
        resampler.process(audio.samples.span, into: &samples)
        resampler.finish(into: &samples)
        return PCM16(samples: samples, rate: rate)
    }
}

/// A recording cannot be said on a stream.
public struct UnsupportedRate: Error, Equatable, CustomStringConvertible {
    public let source: SampleRate
    public let target: SampleRate
    public var description: String { "a recording at \(source) cannot be converted to \(target); give it at \(target)" }
}
