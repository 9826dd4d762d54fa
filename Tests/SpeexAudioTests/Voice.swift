import Audio
import Call
import Foundation

/// A voice of `Tests/Fixtures/audio` and noise, at levels in dBFS by the sine convention.
enum Voice {
    /// Root mean square over 20 ms within 30 dB of the loudest.
    static func level(_ samples: ArraySlice<Int16>) -> Double {
        let powers = stride(from: samples.startIndex, to: samples.endIndex - 159, by: 160).map { power(samples[$0..<$0 + 160]) }
        let active = powers.filter { $0 > 0.001 * (powers.max() ?? 0) }
        return decibels(active.reduce(0, +) / Double(max(active.count, 1)))
    }

    /// Root mean square over all.
    static func noiseLevel(_ samples: ArraySlice<Int16>) -> Double { decibels(power(samples)) }

    static func load(_ name: String, level: Double) throws -> [Int16] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Fixtures/audio").appendingPathComponent(name)
        let samples = try WAV(decoding: [UInt8](Data(contentsOf: file))).mono.samples
        let gain = pow(10, (level - Self.level(samples[...])) / 20)
        return samples.map { Int16(clamping: Int((Double($0) * gain).rounded())) }
    }

    static func white(_ count: Int, level: Double, seed: UInt64 = 1) -> [Int16] {
        var chance = SplitMix64(state: seed)
        let scale = 32_767 * pow(10, level / 20) * 1.5.squareRoot()
        return (0..<count).map { _ in Int16(clamping: Int(Double.random(in: -scale...scale, using: &chance).rounded())) }
    }

    static func mix(_ a: [Int16], _ b: [Int16]) -> [Int16] { zip(a, b).map { Int16(clamping: Int($0) + Int($1)) } }

    private static func power(_ samples: ArraySlice<Int16>) -> Double {
        samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(samples.count, 1))
    }

    private static func decibels(_ power: Double) -> Double { 10 * log10(2 * power / 32_767 / 32_767 + 1e-12) }
}
