/// A RIFF WAVE file's sound: one or two channels of 16-bit signed linear samples at one rate.
///
/// - Shape: `channels[0]` is mono or left, `channels[1]` right.
/// - Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991), and `mmreg.h` for
///   `WAVE_FORMAT_EXTENSIBLE`.
public struct WAV: Equatable, Sendable {
    public var channels: [[Int16]]
    public let rate: SampleRate

    /// Mono.
    public init(_ audio: PCM16) {
        channels = [audio.samples]
        rate = audio.rate
    }

    /// Stereo. The shorter side is followed by silence when it is written.
    public init(left: [Int16], right: [Int16], rate: SampleRate) {
        channels = [left, right]
        self.rate = rate
    }

    init(channels: [[Int16]], rate: SampleRate) {
        self.channels = channels
        self.rate = rate
    }

    /// One channel: the only one, or the mean of two, rounded towards −∞. A side that has ended counts as silence.
    public var mono: PCM16 {
        guard channels.count > 1 else { return PCM16(samples: channels.first ?? [], rate: rate) }
        let (left, right) = (channels[0], channels[1])
        let samples = (0..<max(left.count, right.count)).map { index in
            let sum = (index < left.count ? Int32(left[index]) : 0) + (index < right.count ? Int32(right[index]) : 0)
            return Int16(truncatingIfNeeded: sum >> 1)
        }
        return PCM16(samples: samples, rate: rate)
    }

    /// The whole file: a 44-byte header, then 16-bit samples, interleaved when there are two channels.
    public func encoded() -> [UInt8] {
        let frames = channels.reduce(0) { max($0, $1.count) }
        var bytes = Self.header(channels: channels.count, rate: rate, frames: frames)
        var interleaved = channels.count == 1 ? channels[0] : []
        if channels.count > 1 {
            interleaved.reserveCapacity(frames * channels.count)
            for frame in 0..<frames {
                for channel in channels { interleaved.append(frame < channel.count ? channel[frame] : 0) }
            }
        }
        LinearPCM.encode(interleaved.span, .littleEndian, into: &bytes)
        return bytes
    }

    /// The first 44 bytes of a file of 16-bit samples, for a writer that adds the samples as they come.
    ///
    /// - Parameters:
    ///   - channels: 1...65,535; fewer count as 1.
    ///   - frames: samples of each channel. The format's lengths have 32 bits: past 4 GiB they stay at the largest, which
    ///     readers take for "up to the end of the file".
    public static func header(channels: Int, rate: SampleRate, frames: Int) -> [UInt8] {
        let channels = UInt16(clamping: max(channels, 1))
        let frameLength = 2 * UInt32(channels)
        let (length, tooLong) = max(frames, 0).multipliedReportingOverflow(by: Int(frameLength))
        let data = tooLong ? UInt32.max : UInt32(clamping: length)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(44)
        bytes += "RIFF".utf8
        append(data > .max - 36 ? .max : data + 36, to: &bytes)
        bytes += "WAVEfmt ".utf8
        append(UInt32(16), to: &bytes)
        append(UInt16(1), to: &bytes)
        append(channels, to: &bytes)
        append(UInt32(rate.hertz), to: &bytes)
        append(UInt32(clamping: rate.hertz * Int(frameLength)), to: &bytes)
        append(UInt16(clamping: frameLength), to: &bytes)
        append(UInt16(16), to: &bytes)
        bytes += "data".utf8
        append(data, to: &bytes)
        return bytes
    }

    /// Little-endian.
    private static func append<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
