/// A streaming rate converter for one direction of one call.
///
/// The first call may return fewer samples than the ratio says, by ``delay``; after that every call returns its share
/// within one sample. ``finish(into:)`` returns the rest, so that total out = total in × ratio ± 1 sample.
public protocol Resampler {
    var source: SampleRate { get }
    var target: SampleRate { get }
    /// Audio held inside the filter. Units: nanoseconds.
    var delay: Int64 { get }
    /// Appends what the given samples release.
    mutating func process(_ samples: Span<Int16>, into output: inout [Int16])
    /// Appends the held-back rest and makes the resampler ready for a new stream.
    mutating func finish(into output: inout [Int16])
    /// Forgets the held-back rest: what follows is a new stream.
    mutating func reset()
}

/// Makes the resamplers of a call. The pure rooms receive one; they never name the library behind it.
public protocol ResamplerFactory: Sendable {
    /// - Returns: `nil` when the pair is not supported.
    func makeResampler(from source: SampleRate, to target: SampleRate) -> (any Resampler)?
}
