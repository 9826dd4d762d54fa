/// How much of one frequency a run of samples holds, whatever else it holds.
///
/// One bin of a Fourier transform at any frequency, whole bin or not, under a Blackman-Harris window: what is four bins
/// away (four times the rate divided by the number of samples, 40 Hz for 100 ms) counts less by 92 dB or more.
/// At least eight periods of the tone are needed for a level exact to 0.01 dB.
public struct ToneMeter: Sendable {
    public let hertz: Double
    public let rate: SampleRate

    public init(hertz: Double, rate: SampleRate) {
        self.hertz = hertz
        self.rate = rate
    }

    /// - Returns: the tone's level in dBFS, 0 for a full-scale sine; −∞ for silence and for an empty run.
    public func level(of samples: Span<Int16>) -> Double {
        guard !samples.isEmpty else { return -.infinity }
        let step = hertz / Double(rate.hertz)
        var real = 0.0
        var imaginary = 0.0
        var weights = 0.0
        for index in samples.indices {
            let weight = Self.window((Double(index) + 0.5) / Double(samples.count))
            let turns = Double(index) * step
            let phase = Phase(turns: turns - turns.rounded(.down))
            let value = weight * Double(samples[index])
            real += value * phase.cosine
            imaginary += value * phase.sine
            weights += weight
        }
        let amplitude = 2 * (real * real + imaginary * imaginary).squareRoot() / weights
        return Decibels.level(ofAmplitude: amplitude / 32_767)
    }

    public func level(of audio: PCM16) -> Double { level(of: audio.samples.span) }

    /// The four-term Blackman-Harris window. Source: Harris, Proc. IEEE 66 (1978), table 1.
    ///
    /// - Parameter position: 0 to 1 across the run.
    private static func window(_ position: Double) -> Double {
        0.35875 - 0.48829 * Phase(turns: position).cosine + 0.14128 * Phase(turns: 2 * position).cosine
            - 0.01168 * Phase(turns: 3 * position).cosine
    }
}
