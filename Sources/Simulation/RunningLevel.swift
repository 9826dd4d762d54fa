import Audio

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The level of audio that comes in pieces, without keeping it.
struct RunningLevel: Sendable {
    private(set) var samples = 0
    private var squares = 0.0

    mutating func add(_ audio: Span<Int16>) {
        var sum = 0
        for index in audio.indices {
            let value = Int(audio[index])
            sum &+= value &* value
        }
        squares += Double(sum)
        samples += audio.count
    }

    /// - Returns: the amplitude ratio of a level. Units: dBFS.
    static func amplitude(ofLevel decibels: Double) -> Double { pow(10, decibels / 20) }

    /// - Returns: the level of an amplitude ratio, −∞ for 0. Units: dBFS.
    static func level(ofAmplitude ratio: Double) -> Double { 20 * log10(ratio) }

    /// The complex number of a phase. Units: turns.
    static func rotation(turns: Double) -> (cosine: Double, sine: Double) { (cos(2 * .pi * turns), sin(2 * .pi * turns)) }

    /// Root mean square as ``Loudness`` reads it: 0 for a full-scale sine, −∞ for silence. Units: dBFS.
    var decibels: Double {
        guard squares > 0 else { return -.infinity }
        return 20 * log10((2 * squares / Double(samples)).squareRoot() / 32_767)
    }
}
