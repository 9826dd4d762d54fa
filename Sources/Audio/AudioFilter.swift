/// What is made better about a voice. Both are off by default: they cost a delay.
public struct AudioFilterSettings: Equatable, Sendable {
    /// Steady noise is made quieter.
    public var denoise: Bool
    /// The voice is brought to one level, slowly.
    public var agc: Bool

    public init(denoise: Bool = false, agc: Bool = false) {
        self.denoise = denoise
        self.agc = agc
    }

    public var isOff: Bool { !denoise && !agc }
}

/// A streaming filter of one direction of one call: as many samples come out as go in, later.
public protocol AudioFilter {
    var rate: SampleRate { get }
    /// Most audio held inside. Units: nanoseconds.
    var delay: Int64 { get }
    /// Can be changed in the middle of a stream; the audio has no gap there.
    var settings: AudioFilterSettings { get set }
    /// Appends what the given samples, any number of them, release.
    mutating func process(_ samples: Span<Int16>, into output: inout [Int16])
    /// Appends the held-back rest, so that the total out is the total in, and makes the filter ready for more of the same voice.
    mutating func finish(into output: inout [Int16])
}

/// Makes the filters of a call. The pure rooms receive one; they never name the library behind it.
public protocol AudioFilterFactory: Sendable {
    /// - Returns: `nil` when the rate is not supported.
    func makeFilter(at rate: SampleRate, _ settings: AudioFilterSettings) -> (any AudioFilter)?
}
