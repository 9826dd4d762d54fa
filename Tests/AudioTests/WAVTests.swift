import Audio
import Testing

struct WAVTests {
    static let header: [UInt8] = Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVE".utf8)

    static func chunk(_ name: String, _ body: [UInt8], length: UInt32? = nil, padded: Bool = true) -> [UInt8] {
        let length = length ?? UInt32(body.count)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return Array(name.utf8) + bytes + body + (padded && !body.count.isMultiple(of: 2) ? [0] : [])
    }

    static func format(tag: UInt16 = 1, channels: UInt16 = 1, hertz: UInt32 = 8_000, bits: UInt16 = 16, frame: UInt16? = nil)
        -> [UInt8]
    {
        let frame = frame ?? channels &* bits / 8
        let fields: [UInt16] = [tag, channels, UInt16(truncatingIfNeeded: hertz), UInt16(hertz >> 16), 0, 0, frame, bits]
        return fields.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    @Test func `mono survives writing and reading`() throws {
        let audio = PCM16(samples: [0, 1, -1, 32_767, -32_768], rate: .hz22050)
        let bytes = WAV(audio).encoded()
        #expect(bytes.count == 44 + 10)
        #expect(try WAV(decoding: bytes).mono == audio)
    }

    @Test func `the header is the canonical 44 bytes`() {
        let header = WAV.header(channels: 2, rate: .hz8000, frames: 3)
        let expected: [UInt8] =
            Array("RIFF".utf8) + [48, 0, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 2, 0, 0x40, 0x1F, 0, 0]
            + [0, 0x7D, 0, 0, 4, 0, 16, 0] + Array("data".utf8) + [12, 0, 0, 0]
        #expect(header == expected)
    }

    @Test(arguments: [Int.max, Int.max / 2, 1 << 32, -1])
    func `a length that the format cannot hold does not trap the header`(frames: Int) {
        let header = WAV.header(channels: 2, rate: .hz48000, frames: frames)
        #expect(header.suffix(4) == (frames < 0 ? [0, 0, 0, 0] : [255, 255, 255, 255]))
    }

    @Test func `stereo is interleaved, and silence follows the shorter side`() throws {
        let wav = WAV(left: [1, 2, 3], right: [-1], rate: .hz16000)
        let bytes = wav.encoded()
        #expect(Array(bytes[44...]) == [1, 0, 255, 255, 2, 0, 0, 0, 3, 0, 0, 0])
        let back = try WAV(decoding: bytes)
        #expect(back.channels == [[1, 2, 3], [-1, 0, 0]])
        #expect(back.mono.samples == [0, 1, 1])
        #expect(wav.mono.samples == [0, 1, 1])
    }

    @Test(arguments: ["linear16", "unsigned8", "mu-law", "a-law", "extensible", "stereo"])
    func `sox's files are read`(name: String) throws {
        let wav = try WAV(decoding: try Fixture.bytes("\(name).wav"))
        #expect(wav.rate == .hz8000)
        #expect(wav.channels.count == (name == "stereo" ? 2 : 1))
        let tone = PCM16(samples: wav.channels[0], rate: wav.rate)
        #expect(tone.samples.count == 800)
        #expect(abs(ToneMeter(hertz: 1_000, rate: wav.rate).level(of: tone) + 6.02) < 0.1)
        if name == "stereo" {
            let right = PCM16(samples: wav.channels[1], rate: wav.rate)
            #expect(abs(ToneMeter(hertz: 500, rate: wav.rate).level(of: right) + 6.02) < 0.1)
        }
    }

    @Test(arguments: [true, false])
    func `other chunks are passed over, odd ones with and without their padding`(padded: Bool) throws {
        let bytes =
            Self.header + Self.chunk("LIST", [1, 2, 3], padded: padded) + Self.chunk("fmt ", Self.format() + [0, 0])
            + Self.chunk("junk", [], padded: padded) + Self.chunk("fact", [9], padded: padded)
            + Self.chunk("data", [1, 0, 2, 0]) + Self.chunk("LIST", [5, 5])
        #expect(try WAV(decoding: bytes).channels == [[1, 2]])
    }

    @Test(arguments: [UInt32.max, 0x7FFF_FFFF, 6])
    func `a data chunk longer than the file ends with the file`(length: UInt32) throws {
        let bytes =
            Self.header + Self.chunk("fmt ", Self.format()) + Self.chunk("data", [1, 0, 2, 0, 3], length: length, padded: false)
        #expect(try WAV(decoding: bytes).channels == [[1, 2]])
    }

    @Test func `eight-bit samples are unsigned around 128`() throws {
        let bytes = Self.header + Self.chunk("fmt ", Self.format(bits: 8)) + Self.chunk("data", [0, 128, 255])
        #expect(try WAV(decoding: bytes).channels == [[-32_768, 0, 32_512]])
    }

    static let broken: [(String, [UInt8], WAVError)] = [
        ("nothing", [], .notWAVE),
        ("another RIFF", Array("RIFF".utf8) + [0, 0, 0, 0] + Array("AVI ".utf8), .notWAVE),
        ("a header alone", header, .noFormat(offset: 12)),
        ("no data", header + chunk("fmt ", format()), .noData(offset: 36)),
        ("data first", header + chunk("data", [0, 0]), .dataBeforeFormat(offset: 12)),
        ("a short format", header + chunk("fmt ", [1, 0, 1, 0]), .shortFormat(offset: 20, length: 4)),
        ("a format cut off", header + chunk("fmt ", [1, 0, 1, 0], length: .max), .shortFormat(offset: 20, length: 4)),
        ("a short extensible", header + chunk("fmt ", format(tag: 0xFFFE)), .shortFormat(offset: 20, length: 16)),
        ("floats", header + chunk("fmt ", format(tag: 3, bits: 32)), .unsupportedEncoding(offset: 20, tag: 3, bits: 32)),
        ("24 bits", header + chunk("fmt ", format(bits: 24)), .unsupportedEncoding(offset: 20, tag: 1, bits: 24)),
        ("no channels", header + chunk("fmt ", format(channels: 0)), .unsupportedChannels(offset: 22, channels: 0)),
        ("six channels", header + chunk("fmt ", format(channels: 6)), .unsupportedChannels(offset: 22, channels: 6)),
        ("no rate", header + chunk("fmt ", format(hertz: 0)), .unsupportedRate(offset: 24, hertz: 0)),
        ("a huge rate", header + chunk("fmt ", format(hertz: .max)), .unsupportedRate(offset: 24, hertz: 4_294_967_295)),
        ("a wrong frame", header + chunk("fmt ", format(frame: 4)), .contradiction(offset: 32, frameLength: 4, expected: 2)),
    ]

    @Test(arguments: broken)
    func `a broken file says what is wrong and where`(name: String, bytes: [UInt8], error: WAVError) {
        #expect(throws: error) { try WAV(decoding: bytes) }
    }

    @Test func `an error is one line with what, where and the mend`() {
        let error = WAVError.unsupportedChannels(offset: 22, channels: 6)
        #expect(
            error.description
                == "6 channels at byte 22 are neither mono nor stereo; mix it down with: sox in.wav -c 1 out.wav")
    }

    @Test func `no cut and no changed byte of a file traps`() throws {
        let good = try Fixture.bytes("extensible.wav").prefix(120)
        for end in good.indices { _ = try? WAV(decoding: Array(good[..<end])) }
        for index in good.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = Array(good)
                bytes[index] = value
                if let wav = try? WAV(decoding: bytes) { #expect(wav.channels.reduce(0) { $0 + $1.count } <= bytes.count) }
            }
        }
    }
}
