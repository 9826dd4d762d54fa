/// How loud a run of samples is.
///
/// - Units: dBFS by the sine convention (a full-scale sine is 0, a full-scale square wave +3.01). Silence and an empty
///   run are −∞.
public struct Loudness: Equatable, Sendable {
    /// Root mean square.
    public let rms: Double
    /// The largest magnitude, 0...32,768. Units: linear amplitude.
    public let peak: Int

    public init(_ samples: Span<Int16>) {
        var squares = 0.0
        var peak = 0
        for index in samples.indices {
            let value = Int(samples[index])
            peak = max(peak, abs(value))
            squares += Double(value * value)
        }
        self.peak = peak
        let mean = samples.isEmpty ? 0 : squares / Double(samples.count)
        rms = Decibels.level(ofAmplitude: (2 * mean).squareRoot() / 32_767)
    }

    public init(_ audio: PCM16) { self.init(audio.samples.span) }
}
