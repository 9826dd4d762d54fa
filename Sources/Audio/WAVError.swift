/// Why a file cannot be read as WAVE. Offsets are bytes from the file's start; its contents are never quoted.
public enum WAVError: Error, Equatable, CustomStringConvertible {
    case notWAVE
    case noFormat(offset: Int)
    case noData(offset: Int)
    case dataBeforeFormat(offset: Int)
    case shortFormat(offset: Int, length: Int)
    case unsupportedEncoding(offset: Int, tag: Int, bits: Int)
    case unsupportedChannels(offset: Int, channels: Int)
    case unsupportedRate(offset: Int, hertz: Int)
    case contradiction(offset: Int, frameLength: Int, expected: Int)

    /// One line: what, where, and the mend.
    public var description: String { "\(problem); \(mend)" }

    private var problem: String {
        switch self {
        case .notWAVE: "not a WAVE file: bytes 0 to 11 are not a RIFF WAVE header"
        case .noFormat(let offset): "the file ends at byte \(offset) without a 'fmt ' chunk"
        case .noData(let offset): "the file ends at byte \(offset) without a 'data' chunk"
        case .dataBeforeFormat(let offset): "the 'data' chunk at byte \(offset) comes before any 'fmt ' chunk"
        case .shortFormat(let offset, let length): "the 'fmt ' chunk at byte \(offset) is too short with \(length) bytes"
        case .unsupportedEncoding(let offset, let tag, let bits):
            "format tag \(tag) with \(bits) bits at byte \(offset) is not 8- or 16-bit linear, mu-law or A-law"
        case .unsupportedChannels(let offset, let channels): "\(channels) channels at byte \(offset) are neither mono nor stereo"
        case .unsupportedRate(let offset, let hertz): "\(hertz) Hz at byte \(offset) is not between 1,000 and 192,000"
        case .contradiction(let offset, let frameLength, let expected):
            "a frame of \(frameLength) bytes at byte \(offset) contradicts the format, whose frames have \(expected)"
        }
    }

    private var mend: String {
        switch self {
        case .unsupportedChannels: "mix it down with: sox in.wav -c 1 out.wav"
        case .unsupportedRate: "resample it with: sox in.wav -r 16000 out.wav"
        case .notWAVE, .noFormat, .noData, .dataBeforeFormat, .shortFormat, .unsupportedEncoding, .contradiction:
            "convert it with: sox in -e signed -b 16 out.wav"
        }
    }
}
