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

    /// Most samples, at the target rate, that the filter holds back: rounded up, and one for the resampler's own rounding.
    var heldSamples: Int {
        guard holdsSamples, let resampler else { return 0 }
        return Int((Double(resampler.delay) * Double(target.hertz) / 1e9).rounded(.up)) + 1
    }

    /// - Returns: the samples at the target rate that the filter releases; `nil` when the rate cannot be converted, and then
    ///   what was held back stays.
    mutating func convert(_ audio: PCM16) -> [Int16]? {
        if audio.rate == target { return finish() + audio.samples }
        var output: [Int16] = []
        if resampler?.source != audio.rate {
            guard let next = resamplers.makeResampler(from: audio.rate, to: target) else { return nil }
            output = finish()
            resampler = next
        }
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
