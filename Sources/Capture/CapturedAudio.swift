import Audio
import Call

/// What becomes of the audio of one message.
struct CapturedAudio: Sendable {
    /// Samples no louder than this are silence. The least that A-law can say; 72 dB below full scale. Units: linear amplitude.
    static let silentPeak = 8

    private let kept: CaptureHeader.AudioKept

    init(_ kept: CaptureHeader.AudioKept) { self.kept = kept }

    /// Bytes of the same number.
    ///
    /// - Parameter seed: the noise is made of this alone, so it says nothing about the sound but its level.
    func masked(_ bytes: [UInt8], _ encoding: MediaEncoding, seed: UInt64) -> [UInt8] {
        switch kept {
        case .full: return bytes
        case .none: return [UInt8](repeating: encoding.silence, count: bytes.count)
        case .noise:
            guard let samples = Self.samples(bytes, encoding), let level = Self.level(samples) else {
                return [UInt8](repeating: encoding.silence, count: bytes.count)
            }
            return Self.noise(count: samples.count, level: level, encoding, seed: seed)
        }
    }

    /// White noise whose level is right after it has been through the codec. Loud noise is of two values, as no other has so high a
    /// level without clipping.
    private static func noise(count: Int, level: Double, _ encoding: MediaEncoding, seed: UInt64) -> [UInt8] {
        var chance = SplitMix64(state: seed)
        let isLoud = level > 16_000
        let shape = (0..<count).map { _ -> Double in
            let value = Double(Int64(bitPattern: chance.next()) >> 11) / Double(1 << 52)
            return isLoud ? (value < 0 ? -1 : 1) : value * 1.732
        }
        var gain = level
        var bytes: [UInt8] = []
        // Each step brings the level nearer; four are enough for the coarse steps of quiet G.711.
        for _ in 0..<4 {
            let samples = shape.map { Int16(clamping: Int(($0 * gain).rounded())) }
            bytes.removeAll(keepingCapacity: true)
            encoding.encode(samples.span, into: &bytes)
            let reached = self.samples(bytes, encoding).map { rootMeanSquare($0) } ?? 0
            guard abs(reached - level) > level * 0.02 else { break }
            gain = reached > 0 ? gain * level / reached : gain * 2
        }
        return bytes
    }

    /// - Returns: root mean square in linear amplitude; `nil` for silence.
    private static func level(_ samples: [Int16]) -> Double? {
        guard samples.contains(where: { $0.magnitude > silentPeak }) else { return nil }
        return rootMeanSquare(samples)
    }

    private static func rootMeanSquare(_ samples: [Int16]) -> Double {
        (samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(samples.count, 1))).squareRoot()
    }

    private static func samples(_ bytes: [UInt8], _ encoding: MediaEncoding) -> [Int16]? {
        var samples: [Int16] = []
        return encoding.decode(bytes.span, into: &samples) ? samples : nil
    }
}
