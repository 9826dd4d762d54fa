/// The energy of a frame in eight bands of the telephone's range, all eight filtered at once.
struct VoiceBands: Sendable {
    /// Middle frequencies. Units: hertz.
    static let middles: [Double] = [300, 480, 720, 1_020, 1_400, 1_900, 2_500, 3_200]
    /// What lies below is hum and rumble. Units: hertz.
    private static let edge = 180.0

    /// The frame without what lies below the lowest band. Units: linear amplitude.
    private(set) var cleaned = [Float](repeating: 0, count: VoiceFrames.length)

    /// The mean square of ``cleaned``. Units: linear amplitude squared.
    private(set) var power: Float = 0

    private let b0, a1, a2: SIMD8<Float>
    private var s1 = SIMD8<Float>(repeating: 0)
    private var s2 = SIMD8<Float>(repeating: 0)
    private let edgeB0, edgeA1, edgeA2: Float
    private var edgeS1: Float = 0
    private var edgeS2: Float = 0

    /// Source: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", band-pass with a peak of 0 dB, high-pass.
    init() {
        var (b0, a1, a2) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
        for (index, hertz) in Self.middles.enumerated() {
            let phase = Phase(turns: hertz / 8_000)
            let alpha = phase.sine / (2 * 2.2)
            b0[index] = Float(alpha / (1 + alpha))
            a1[index] = Float(-2 * phase.cosine / (1 + alpha))
            a2[index] = Float((1 - alpha) / (1 + alpha))
        }
        (self.b0, self.a1, self.a2) = (b0, a1, a2)
        let phase = Phase(turns: Self.edge / 8_000)
        let alpha = phase.sine / 1.4142
        edgeB0 = Float((1 + phase.cosine) / 2 / (1 + alpha))
        edgeA1 = Float(-2 * phase.cosine / (1 + alpha))
        edgeA2 = Float((1 - alpha) / (1 + alpha))
    }

    /// - Returns: the mean square of each band. Units: linear amplitude squared.
    mutating func process(_ frame: Span<Float>) -> SIMD8<Float> {
        let (b0, a1, a2, edgeB0, edgeA1, edgeA2) = (b0, a1, a2, edgeB0, edgeA1, edgeA2)
        var (s1, s2, edgeS1, edgeS2) = (s1, s2, edgeS1, edgeS2)
        var cleaned = cleaned.mutableSpan
        let count = min(frame.count, cleaned.count)
        var total: Float = 0
        var sum = SIMD8<Float>(repeating: 0)
        for index in 0..<count {
            let scaled = edgeB0 * frame[index]
            let x = scaled + edgeS1
            edgeS1 = edgeS2 - 2 * scaled - edgeA1 * x
            edgeS2 = scaled - edgeA2 * x
            cleaned[index] = x
            total += x * x
            let input = b0 * x
            let y = input + s1
            s1 = s2 - a1 * y
            s2 = -(input + a2 * y)
            sum += y * y
        }
        (self.s1, self.s2, self.edgeS1, self.edgeS2) = (s1, s2, edgeS1, edgeS2)
        power = total / Float(max(count, 1))
        return sum / Float(max(count, 1))
    }
}

extension SIMD8 where Scalar == Float {
    /// Each power in decibels: 10·log10, exact to 0.05 dB, at least 0 (a power of 1: half a step of 16 bits).
    var decibels: SIMD8<Float> {
        var result = SIMD8<Float>()
        for index in 0..<8 { result[index] = self[index].decibels }
        return result
    }
}

extension Float {
    /// 10·log10, exact to 0.05 dB, at least 0. For powers; it costs no call of the C library.
    var decibels: Float {
        guard self > 1 else { return 0 }
        let bits = bitPattern
        let exponent = Float(Int32(bits >> 23) - 127)
        let fraction = Float(bitPattern: bits & 0x007F_FFFF | 0x3F80_0000)
        return 3.0103 * (exponent + (-0.344845 * fraction + 2.024658) * fraction - 1.674873)
    }
}
