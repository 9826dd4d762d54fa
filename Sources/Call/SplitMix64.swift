/// The SplitMix64 sequence (Steele, Lea, Flood 2014): the same for the same seed. Chance for sounds, noise and ids that must differ, not
/// for what nobody may guess.
public struct SplitMix64: RandomNumberGenerator, Equatable, Sendable {
    /// The odd number nearest to 2⁶⁴ divided by the golden ratio.
    public static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    /// 0 up to 1, of the highest 53 bits.
    public mutating func nextFraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// Spreads a number's bits over all 64, one to one.
    public static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
