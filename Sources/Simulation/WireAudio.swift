import Audio
import Call

/// Samples as the bytes of a media format, and back.
extension MediaEncoding {
    func encode(_ samples: Span<Int16>, into bytes: inout [UInt8]) {
        switch self {
        case .muLaw: MuLaw.encode(samples, into: &bytes)
        case .aLaw: ALaw.encode(samples, into: &bytes)
        case .linear16: LinearPCM.encode(samples, .littleEndian, into: &bytes)
        case .linear16BigEndian: LinearPCM.encode(samples, .bigEndian, into: &bytes)
        }
    }

    /// - Returns: `false`, and nothing is appended, for half a sample.
    func decode(_ bytes: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        switch self {
        case .muLaw: MuLaw.decode(bytes, into: &samples)
        case .aLaw: ALaw.decode(bytes, into: &samples)
        case .linear16: return LinearPCM.decode(bytes, .littleEndian, into: &samples)
        case .linear16BigEndian: return LinearPCM.decode(bytes, .bigEndian, into: &samples)
        }
        return true
    }
}

/// What counts as sound.
enum Sound {
    /// The largest magnitude of silence: the idle noise of a G.711 line stays below it. Units: linear amplitude.
    static let silencePeak: UInt16 = 20

    /// Where sound begins; `nil` when all is silence.
    static func first(in samples: Span<Int16>) -> Int? {
        for index in samples.indices where samples[index].magnitude > silencePeak { return index }
        return nil
    }

    static func isHeard(in samples: Span<Int16>) -> Bool { first(in: samples) != nil }
}
