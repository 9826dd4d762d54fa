/// One run of mono audio: 16-bit signed linear samples at one rate.
///
/// - Shape: any number of samples; a 20 ms frame at 8 kHz has 160.
/// - Units: linear amplitude, full scale ±32,767.
public struct PCM16: Equatable, Sendable {
    public var samples: [Int16]
    public let rate: SampleRate

    public init(samples: [Int16], rate: SampleRate) {
        self.samples = samples
        self.rate = rate
    }

    /// Playing time, rounded down. Units: nanoseconds.
    public var nanoseconds: Int64 { rate.nanoseconds(ofSamples: samples.count) }

    /// Silence of the given length.
    public static func silence(milliseconds: Int, rate: SampleRate) -> PCM16 {
        PCM16(samples: Array(repeating: 0, count: rate.samples(inMilliseconds: milliseconds)), rate: rate)
    }
}
