import Audio

/// Brings audio of any rate to one rate. Holds one resampler, for the rate that is spoken now.
struct RateConverter {
    let target: SampleRate
    private let resamplers: any ResamplerFactory
    private var resampler: (any Resampler)?
    /// Whether the filter holds samples that ``finish()`` would release.
    private(set) var holdsSamples = false

    init(to target: SampleRate, resamplers: any ResamplerFactory) {
        self.target = target
        self.resamplers = resamplers
    }

    /// - Returns: the samples at the target rate that the filter releases; `nil` when the rate cannot be converted.
    mutating func convert(_ audio: PCM16) -> [Int16]? {
        if audio.rate == target { return finish() + audio.samples }
        var output: [Int16] = []
        if resampler?.source != audio.rate {
            output = finish()
            resampler = resamplers.makeResampler(from: audio.rate, to: target)
        }
        guard resampler != nil else { return nil }
        output.reserveCapacity(output.count + audio.samples.count * target.hertz / audio.rate.hertz + 2)
        resampler?.process(audio.samples.span, into: &output)
        holdsSamples = true
        return output
    }

    /// The held-back rest of what was converted.
    mutating func finish() -> [Int16] {
        guard holdsSamples else { return [] }
        var rest: [Int16] = []
        resampler?.finish(into: &rest)
        holdsSamples = false
        return rest
    }

    /// Forgets the held-back rest.
    mutating func reset() {
        guard holdsSamples else { return }
        resampler?.reset()
        holdsSamples = false
    }
}
