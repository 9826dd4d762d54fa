/// G.711 A-law: one byte a sample, the telephone network everywhere else.
///
/// Source: ITU-T G.711 (11/88), tables 1a and 1b, which code 13-bit samples. A 16-bit sample gives up its three low bits
/// first (an arithmetic shift), as `audioop` does. Every second bit of a code is inverted on the wire (0x55).
public enum ALaw {
    /// The code of sample 0, which decodes to 8: A-law has no zero.
    public static let silence: UInt8 = 0xD5

    /// - Returns: one of 256 values within ±32,256.
    public static func decode(_ code: UInt8) -> Int16 {
        let bits = code ^ 0x55
        let segment = Int16((bits & 0x70) >> 4)
        let middle = Int16(bits & 0x0F) << 4 + 8
        let magnitude = segment == 0 ? middle : (middle + 0x100) << (segment - 1)
        return bits & 0x80 == 0 ? -magnitude : magnitude
    }

    /// - Returns: the code of the interval that holds the sample.
    public static func encode(_ sample: Int16) -> UInt8 {
        let linear = Int32(sample) >> 3
        let magnitude = linear < 0 ? ~linear : linear
        let segment = max(27 - Int32(magnitude.leadingZeroBitCount), 0)
        let code = UInt8(truncatingIfNeeded: segment << 4 | (magnitude >> max(segment, 1)) & 0x0F)
        return (linear < 0 ? code : code | 0x80) ^ 0x55
    }

    /// Appends one sample for each byte.
    public static func decode(_ bytes: Span<UInt8>, into samples: inout [Int16]) {
        let decoded = decoded
        samples.append(addingCapacity: bytes.count) { output in
            // One test of the table's length and one fill spare every sample its bounds checks.
            let table = decoded.span
            guard table.count == 256 else { preconditionFailure("a sample for each byte") }
            output.append(repeating: 0, count: bytes.count)
            var output = output.mutableSpan
            for index in 0..<min(bytes.count, output.count) { output[index] = table[Int(bytes[index])] }
        }
    }

    /// Appends one byte for each sample.
    public static func encode(_ samples: Span<Int16>, into bytes: inout [UInt8]) {
        let encoded = encoded
        bytes.append(addingCapacity: samples.count) { output in
            let table = encoded.span
            guard table.count == 8_192 else { preconditionFailure("a code for each 13-bit sample") }
            output.append(repeating: 0, count: samples.count)
            var output = output.mutableSpan
            for index in 0..<min(samples.count, output.count) {
                output[index] = table[Int(UInt16(bitPattern: samples[index]) >> 3)]
            }
        }
    }

    private static let decoded = (0...UInt8.max).map { decode($0) }
    private static let encoded = (0..<UInt16(0x2000)).map { encode(Int16(bitPattern: $0 << 3)) }
}
