/// 16-bit signed linear samples as bytes, two a sample.
public enum LinearPCM {
    public enum ByteOrder: Hashable, Sendable {
        /// What WAVE files and most providers' WebSockets carry.
        case littleEndian
        /// Network order: the L16 of RFC 3551.
        case bigEndian
    }

    /// Appends one sample for each two bytes.
    ///
    /// - Returns: `false` for an odd number of bytes; then nothing is appended. Half a sample means that the peer is out
    ///   of step, so the whole run is noise.
    public static func decode(_ bytes: Span<UInt8>, _ order: ByteOrder, into samples: inout [Int16]) -> Bool {
        guard bytes.count.isMultiple(of: 2) else { return false }
        let high = order == .littleEndian ? 1 : 0
        samples.append(addingCapacity: bytes.count / 2) { output in
            output.append(repeating: 0, count: bytes.count / 2)
            var output = output.mutableSpan
            for index in output.indices {
                let first = index &* 2
                let bits = UInt16(bytes[first &+ high]) << 8 | UInt16(bytes[first &+ 1 &- high])
                output[index] = Int16(bitPattern: bits)
            }
        }
        return true
    }

    /// Appends two bytes for each sample.
    ///
    /// One loop an order, with places that the compiler knows and a length that it is told: only then it takes many samples at a time.
    public static func encode(_ samples: Span<Int16>, _ order: ByteOrder, into bytes: inout [UInt8]) {
        bytes.append(addingCapacity: samples.count * 2) { output in
            output.append(repeating: 0, count: samples.count * 2)
            var output = output.mutableSpan
            guard output.count == samples.count &* 2 else { return }
            switch order {
            case .littleEndian:
                for index in samples.indices {
                    let (bits, first) = (UInt16(bitPattern: samples[index]), index &* 2)
                    output[first] = UInt8(truncatingIfNeeded: bits)
                    output[first &+ 1] = UInt8(bits >> 8)
                }
            case .bigEndian:
                for index in samples.indices {
                    let (bits, first) = (UInt16(bitPattern: samples[index]), index &* 2)
                    output[first] = UInt8(bits >> 8)
                    output[first &+ 1] = UInt8(truncatingIfNeeded: bits)
                }
            }
        }
    }
}
