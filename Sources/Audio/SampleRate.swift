/// Samples of one channel per second.
///
/// - Units: hertz, 1,000 to 192,000. Everything else is refused when it is parsed, so arithmetic with a rate cannot trap.
public struct SampleRate: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let hertz: Int

    /// - Returns: `nil` outside 1,000...192,000 Hz, which no telephony format uses.
    public init?(hertz: Int) {
        guard (1_000...192_000).contains(hertz) else { return nil }
        self.hertz = hertz
    }

    private init(known: Int) { hertz = known }

    public static let hz8000 = SampleRate(known: 8_000)
    public static let hz16000 = SampleRate(known: 16_000)
    public static let hz22050 = SampleRate(known: 22_050)
    public static let hz24000 = SampleRate(known: 24_000)
    public static let hz44100 = SampleRate(known: 44_100)
    public static let hz48000 = SampleRate(known: 48_000)

    /// How many samples a number of milliseconds holds, rounded down. Units: samples.
    public func samples(inMilliseconds milliseconds: Int) -> Int { hertz * milliseconds / 1_000 }

    /// How long a number of samples plays, rounded down. Units: nanoseconds.
    public func nanoseconds(ofSamples samples: Int) -> Int64 { Int64(samples) * 1_000_000_000 / Int64(hertz) }

    public static func < (a: SampleRate, b: SampleRate) -> Bool { a.hertz < b.hertz }
    public var description: String { "\(hertz) Hz" }
}
