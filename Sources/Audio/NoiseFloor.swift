/// How loud the line is in each band when nobody speaks, by minimum statistics.
///
/// The floor of a band is the lowest that its smoothed level was in the last ``memory``: it falls at once and rises two seconds after
/// the noise did. Source: Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
/// IEEE Trans. Speech and Audio Processing 9 (2001), with a fixed smoothing and a fixed correction.
struct NoiseFloor: Sendable {
    /// Frames of one part of the memory.
    private static let part = 16
    /// Six parts of 320 ms. Speech leaves every band for a moment within two seconds.
    private static let parts = 6
    /// What the minimum of a smoothed level lies below its mean. Units: dB.
    private static let bias: Float = 1.5
    /// Where a line begins, and the least it is taken for: -62 dBFS in a band. Units: dB of linear amplitude squared.
    private static let least: Float = 25

    /// Units: dB of linear amplitude squared.
    private(set) var level = SIMD8<Float>(repeating: least)

    private var smoothed = SIMD8<Float>(repeating: least)
    private var current = SIMD8<Float>(repeating: 200)
    private var past = [SIMD8<Float>](repeating: SIMD8(repeating: 200), count: parts)
    private var frames = 0
    private var next = 0

    init() { past[0] = SIMD8(repeating: Self.least) }

    mutating func add(_ levels: SIMD8<Float>) {
        smoothed += 0.3 * (levels - smoothed)
        current = pointwiseMin(current, smoothed)
        frames += 1
        if frames == Self.part {
            frames = 0
            next = next + 1 < Self.parts ? next + 1 : 0
            past[next] = current
            current = smoothed
        }
        var lowest = current
        for index in past.indices { lowest = pointwiseMin(lowest, past[index]) }
        level = pointwiseMax(lowest + Self.bias, SIMD8(repeating: Self.least))
    }
}
