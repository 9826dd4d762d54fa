import Audio
import Call

/// Sounds of 8 kHz for tests, at levels in dBFS.
struct Noise {
    private var chance: SplitMix64
    private var low = 0.0

    init(seed: UInt64 = 1) { chance = SplitMix64(state: seed) }

    /// Linear amplitude of an RMS level by the sine convention.
    static func amplitude(_ level: Double) -> Double {
        // A tone's peak is the amplitude: no C library is needed to know it.
        var tone = Tone(hertz: 1_000, level: level + 20, rate: .hz8000)
        return Double(tone.next(milliseconds: 2).samples.max() ?? 0) / 10 / 1.414_2
    }

    mutating func white(milliseconds: Int, level: Double) -> [Int16] {
        let scale = Self.amplitude(level) * 1.732
        return (0..<milliseconds * 8).map { _ in Int16(Double.random(in: -scale...scale, using: &chance).rounded()) }
    }

    /// White noise through a one-pole low-pass at 200 Hz: 6 dB an octave down, as wind and traffic.
    mutating func rumble(milliseconds: Int, level: Double) -> [Int16] {
        let scale = Self.amplitude(level) * 1.732 * 3.4
        return (0..<milliseconds * 8).map { _ in
            low += 0.157 * (Double.random(in: -scale...scale, using: &chance) - low)
            return Int16(min(max(low.rounded(), -32_768), 32_767))
        }
    }

    /// Sines of equal strength.
    static func tones(_ hertz: [Double], milliseconds: Int, level: Double) -> [Int16] {
        var sum = [Int](repeating: 0, count: milliseconds * 8)
        for pitch in hertz {
            var tone = Tone(hertz: pitch, level: level, rate: .hz8000)
            for (index, sample) in tone.next(milliseconds: milliseconds).samples.enumerated() { sum[index] += Int(sample) }
        }
        return sum.map { Int16(clamping: $0) }
    }

    static func mix(_ a: [Int16], _ b: [Int16]) -> [Int16] { zip(a, b).map { Int16(clamping: Int($0) + Int($1)) } }
}
