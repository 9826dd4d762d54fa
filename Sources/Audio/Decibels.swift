#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Functions of numbers alone, from the C library: the one file of this room that imports it.
enum Decibels {
    /// - Returns: 20·log10 of an amplitude ratio; −∞ for 0.
    static func level(ofAmplitude ratio: Double) -> Double { 20 * log10(ratio) }

    /// - Returns: the amplitude ratio of a level.
    static func amplitude(ofLevel decibels: Double) -> Double { pow(10, decibels / 20) }
}

/// A fraction of a full turn, taken to its sine and cosine. Units: turns, so that 0.25 is a right angle.
struct Phase {
    var turns: Double

    var sine: Double { sin(2 * .pi * turns) }
    var cosine: Double { cos(2 * .pi * turns) }
}
