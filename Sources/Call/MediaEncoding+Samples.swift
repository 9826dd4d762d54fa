import Audio

/// Samples as the bytes of a media format, and back.
extension MediaEncoding {
    /// Appends the bytes of the samples.
    public func encode(_ samples: Span<Int16>, into bytes: inout [UInt8]) {
        switch self {
        case .muLaw: MuLaw.encode(samples, into: &bytes)
        case .aLaw: ALaw.encode(samples, into: &bytes)
        case .linear16: LinearPCM.encode(samples, .littleEndian, into: &bytes)
        case .linear16BigEndian: LinearPCM.encode(samples, .bigEndian, into: &bytes)
        }
    }

    /// - Returns: `false`, and nothing is appended, for half a sample.
    public func decode(_ bytes: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        switch self {
        case .muLaw: MuLaw.decode(bytes, into: &samples)
        case .aLaw: ALaw.decode(bytes, into: &samples)
        case .linear16: return LinearPCM.decode(bytes, .littleEndian, into: &samples)
        case .linear16BigEndian: return LinearPCM.decode(bytes, .bigEndian, into: &samples)
        }
        return true
    }
}
