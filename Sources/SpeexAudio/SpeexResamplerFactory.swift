public import Audio

/// Resamplers over speexdsp between any two of ``rates``.
public struct SpeexResamplerFactory: ResamplerFactory {
    /// The rates of telephony, of speech services and of files. Every pair of them is held to the limits of ``SpeexResampler``.
    public static let rates: [SampleRate] = [.hz8000, .hz16000, .hz22050, .hz24000, .hz44100, .hz48000]

    public init() {}

    /// - Returns: a ``PassThrough`` for equal rates, whatever they are; `nil` for different ones not both in ``rates``.
    public func makeResampler(from source: SampleRate, to target: SampleRate) -> (any Resampler)? {
        if source == target { return PassThrough(rate: source) }
        return SpeexResampler(from: source, to: target)
    }
}
