/// G.711 mu-law: one byte a sample, the telephone network of North America and Japan.
///
/// Source: ITU-T G.711 (11/88), tables 2a and 2b, which code 14-bit samples. A 16-bit sample gives up its two low bits
/// first (an arithmetic shift), as `audioop` does; the codes are therefore those of every Pipecat bot.
public enum MuLaw {
    /// The code of sample 0. The negative zero, 0x7F, decodes to 0 too and is never made.
    public static let silence: UInt8 = 0xFF

    /// - Returns: one of 255 values within ±32,124.
    public static func decode(_ code: UInt8) -> Int16 {
        let bits = ~code
        let magnitude = ((Int16(bits & 0x0F) << 3) + bias) << Int16((bits & 0x70) >> 4) - bias
        return bits & 0x80 == 0 ? magnitude : -magnitude
    }

    /// - Returns: the code of the interval that holds the sample; what lies past ±32,635 gets the outermost one.
    public static func encode(_ sample: Int16) -> UInt8 {
        let linear = Int32(sample) >> 2
        let magnitude = min(abs(linear), 8_158) + 33
        let segment = 26 - Int32(magnitude.leadingZeroBitCount)
        let code = UInt8(truncatingIfNeeded: segment << 4 | (magnitude >> (segment + 1)) & 0x0F)
        return ~(linear < 0 ? code | 0x80 : code)
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
            guard table.count == 16_384 else { preconditionFailure("a code for each 14-bit sample") }
            output.append(repeating: 0, count: samples.count)
            var output = output.mutableSpan
            for index in 0..<min(samples.count, output.count) {
                output[index] = table[Int(UInt16(bitPattern: samples[index]) >> 2)]
            }
        }
    }

    /// What the first segment is moved up by, so that every segment begins at a power of two.
    private static let bias: Int16 = 0x84
    private static let decoded = (0...UInt8.max).map { decode($0) }
    private static let encoded = (0..<UInt16(0x4000)).map { encode(Int16(bitPattern: $0 << 2)) }
}
