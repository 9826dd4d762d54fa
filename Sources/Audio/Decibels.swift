#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Functions of numbers alone, from the C library: the one file of this room that imports it.
public enum Decibels {
    /// - Returns: 20·log10 of an amplitude ratio; −∞ for 0.
    public static func level(ofAmplitude ratio: Double) -> Double { 20 * log10(ratio) }

    /// - Returns: the amplitude ratio of a level.
    public static func amplitude(ofLevel decibels: Double) -> Double { pow(10, decibels / 20) }
}

/// A fraction of a full turn, taken to its sine and cosine. Units: turns, so that 0.25 is a right angle.
public struct Phase: Equatable, Sendable {
    public var turns: Double

    public init(turns: Double) { self.turns = turns }

    public var sine: Double { sin(2 * .pi * turns) }
    public var cosine: Double { cos(2 * .pi * turns) }
}
