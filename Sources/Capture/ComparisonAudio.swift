import Audio
import Call

/// Compares the audio of messages that are two versions of one.
struct ComparisonAudio {
    private enum Measure {
        case exact
        case spectral(SpectralDistance)
        /// Levels of half a second: noise of the same level in each message says no more.
        case level
        case size
    }

    /// Audio whose level is compared in one go: longer than any provider's message, so that where a message is cut does not count.
    private static let block = Duration.milliseconds(500)
    /// Levels that differ by no more are the same. Units: dB. Half a second of white noise has its own level within a tenth of this.
    private static let levelTolerance = 3.0
    /// Below it, all is silence. Units: dBFS.
    private static let silence = -50.0

    private let format: MediaFormat
    private let measure: Measure
    private var blockStart: Int64 = 0
    private var mine: [Int16] = []
    private var theirs: [Int16] = []

    init(_ header: CaptureHeader, _ options: ComparisonOptions) {
        format = header.outbound
        measure =
            switch (header.audio, options.audio) {
            case (.none, _), (_, .off): .size
            case (.noise, .exact), (.noise, .spectral): .level
            case (.full, .exact): .exact
            case (.full, .spectral): .spectral(SpectralDistance(rate: header.outbound.rate))
            }
    }

    mutating func compare(_ expected: ComparedMessage, _ got: ComparedMessage) -> [Difference] {
        switch measure {
        case .exact: return expected.audio == got.audio ? [] : [firstSample(expected, got)]
        case .spectral(let measure): return spectral(expected, got, measure)
        case .level:
            if mine.isEmpty, theirs.isEmpty { blockStart = expected.time }
            mine += samples(expected)
            theirs += samples(got)
            let full = format.rate.samples(inMilliseconds: Int(Self.block.milliseconds))
            return mine.count >= full || theirs.count >= full ? finish() : []
        case .size:
            if expected.audio.count == got.audio.count { return [] }
            return [
                Difference(
                    .audio, at: expected.time, expected: "\(expected.audio.count) bytes", got: "\(got.audio.count) bytes")
            ]
        }
    }

    /// The block that is not full yet.
    mutating func finish() -> [Difference] {
        defer {
            mine = []
            theirs = []
        }
        let (expected, got) = (Loudness(mine.span).rms, Loudness(theirs.span).rms)
        if abs(max(expected, Self.silence) - max(got, Self.silence)) <= Self.levelTolerance { return [] }
        return [
            Difference(
                .audio, at: blockStart, expected: "half a second at \(Self.level(expected))", got: "\(Self.level(got))")
        ]
    }

    private func firstSample(_ expected: ComparedMessage, _ got: ComparedMessage) -> Difference {
        let (mine, theirs) = (samples(expected), samples(got))
        guard expected.audio.count == got.audio.count else {
            return Difference(
                .audio, at: expected.time, expected: "\(expected.audio.count) bytes", got: "\(got.audio.count) bytes")
        }
        let width = format.encoding.bytesPerSample
        let bytes = expected.audio.indices.filter { expected.audio[$0] != got.audio[$0] }
        let samples = Set(bytes.map { $0 / width })
        guard let byte = bytes.first, mine.indices.contains(byte / width), theirs.indices.contains(byte / width) else {
            return Difference(.audio, at: expected.time, expected: "\(expected)", got: "other bytes")
        }
        let sample = byte / width
        let into = Difference.milliseconds(format.rate.nanoseconds(ofSamples: sample) / 1_000)
        return Difference(
            .audio, at: expected.time, expected: "sample \(sample) (\(into) into the message) \(mine[sample])",
            got: "\(theirs[sample]); \(samples.count) of \(mine.count) samples differ")
    }

    private func spectral(_ expected: ComparedMessage, _ got: ComparedMessage, _ measure: SpectralDistance) -> [Difference] {
        guard expected.audio != got.audio else { return [] }
        let distances = measure.distances(samples(expected), samples(got))
        guard let worst = distances.indices.max(by: { distances[$0] < distances[$1] }),
            distances[worst] > SpectralDistance.threshold
        else { return [] }
        let into = Difference.milliseconds(Int64(worst) * 20_000)
        return [
            Difference(
                .audio, at: expected.time, expected: "a sound within \(Self.decibels(SpectralDistance.threshold)) dB",
                got: "one \(Self.decibels(distances[worst])) dB away, \(into) into the message")
        ]
    }

    /// Half a sample at the end does not count.
    private func samples(_ message: ComparedMessage) -> [Int16] {
        var samples: [Int16] = []
        let whole = message.audio.count / format.encoding.bytesPerSample * format.encoding.bytesPerSample
        let bytes = message.audio.span.extracting(0..<whole)
        _ = format.encoding.decode(bytes, into: &samples)
        return samples
    }

    private static func level(_ level: Double) -> String { level < silence ? "silence" : "\(decibels(level)) dBFS" }

    private static func decibels(_ value: Double) -> String {
        let tenths = Int((max(-999, min(999, value)) * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}
