extension WAV {
    /// Reads a file: 16-bit or 8-bit linear, mu-law or A-law, mono or stereo, plain or `WAVE_FORMAT_EXTENSIBLE`.
    ///
    /// Chunks that it does not need are passed over, with or without the padding byte after an odd one. A `data` chunk longer
    /// than the file ends with the file: that is what a recording cut short, or written to a pipe, looks like. What is left
    /// of a last, partial frame is dropped. It never takes more memory than twice the file's length.
    ///
    /// - Throws: ``WAVError``, which says where and how to mend the file.
    public init(decoding bytes: [UInt8]) throws(WAVError) {
        let reader = Reader(bytes: bytes)
        guard reader.name(at: 0) == "RIFF", reader.name(at: 8) == "WAVE" else { throw .notWAVE }
        var format: Format?
        var position = 12
        while let name = reader.name(at: position), let length = reader.number32(at: position + 4) {
            let start = position + 8
            // Both are below 2^32 and the file's length, so that no sum here overflows.
            let end = min(start + length, bytes.count)
            if name == "fmt " {
                format = try reader.format(start..<end)
            } else if name == "data" {
                guard let format else { throw .dataBeforeFormat(offset: position) }
                self.init(channels: format.channels(of: bytes[start..<end]), rate: format.rate)
                return
            }
            position = end
            if !length.isMultiple(of: 2), reader.isPadding(at: end) { position += 1 }
        }
        throw format == nil ? .noFormat(offset: position) : .noData(offset: position)
    }

    private enum Encoding { case unsigned8, linear16, muLaw, aLaw }

    private struct Format {
        let encoding: Encoding
        let channels: Int
        let rate: SampleRate

        /// Takes the interleaved frames apart.
        func channels(of data: ArraySlice<UInt8>) -> [[Int16]] {
            let frameLength = channels * (encoding == .linear16 ? 2 : 1)
            let whole = data.prefix(data.count / frameLength * frameLength)
            var samples: [Int16] = []
            switch encoding {
            case .unsigned8: samples = whole.map { (Int16($0) - 128) << 8 }
            case .linear16:
                let even = LinearPCM.decode(whole.span, .littleEndian, into: &samples)
                precondition(even, "whole frames of 16-bit samples are an even number of bytes")
            case .muLaw: MuLaw.decode(whole.span, into: &samples)
            case .aLaw: ALaw.decode(whole.span, into: &samples)
            }
            if channels == 1 { return [samples] }
            return (0..<channels).map { channel in
                stride(from: channel, to: samples.count, by: channels).map { samples[$0] }
            }
        }
    }

    /// Numbers and names at offsets that may lie past the end.
    private struct Reader {
        let bytes: [UInt8]

        /// Four characters, each byte one of Latin-1.
        func name(at offset: Int) -> String? {
            guard offset + 4 <= bytes.count else { return nil }
            return String(String.UnicodeScalarView(bytes[offset..<offset + 4].map { Unicode.Scalar($0) }))
        }

        func number16(at offset: Int) -> Int? {
            guard offset + 2 <= bytes.count else { return nil }
            return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
        }

        func number32(at offset: Int) -> Int? {
            guard let low = number16(at: offset), let high = number16(at: offset + 2) else { return nil }
            return low | high << 16
        }

        /// Whether an odd chunk is followed by its padding: some writers leave it out, and a name never begins with 0.
        func isPadding(at offset: Int) -> Bool { offset < bytes.count && bytes[offset] == 0 }

        /// The fields of a `fmt ` chunk.
        func format(_ chunk: Range<Int>) throws(WAVError) -> Format {
            let at = chunk.lowerBound
            guard chunk.count >= 16, var tag = number16(at: at), let channels = number16(at: at + 2),
                let hertz = number32(at: at + 4), let frameLength = number16(at: at + 12), let bits = number16(at: at + 14)
            else { throw .shortFormat(offset: at, length: chunk.count) }
            if tag == 0xFFFE {
                // The real tag is the first field of the sub-format's GUID.
                guard chunk.count >= 40, let inner = number16(at: at + 24) else {
                    throw .shortFormat(offset: at, length: chunk.count)
                }
                tag = inner
            }
            let encoding: Encoding
            switch (tag, bits) {
            case (1, 8): encoding = .unsigned8
            case (1, 16): encoding = .linear16
            case (6, 8): encoding = .aLaw
            case (7, 8): encoding = .muLaw
            default: throw .unsupportedEncoding(offset: at, tag: tag, bits: bits)
            }
            guard channels == 1 || channels == 2 else { throw .unsupportedChannels(offset: at + 2, channels: channels) }
            guard let rate = SampleRate(hertz: hertz) else { throw .unsupportedRate(offset: at + 4, hertz: hertz) }
            guard frameLength == channels * bits / 8 else {
                throw .contradiction(offset: at + 12, frameLength: frameLength, expected: channels * bits / 8)
            }
            return Format(encoding: encoding, channels: channels, rate: rate)
        }
    }
}
