public import Audio
import CSpeexDSP

/// Noise suppression and automatic gain over speexdsp: one `SpeexPreprocessState`, one mono stream.
///
/// - Delay: a frame of 20 ms by the overlap of its windows, and up to another while a frame fills. Packets of 20 ms wait for one frame.
/// - Memory: 25 KB at 8 kHz.
/// - Level: noise falls by 14 dB, a voice by less than 1 dB. With `agc` a voice comes to -20 dBFS in its first seconds.
///
/// The library's voice detection is never enabled: it calls steady noise speech, and writes a line to standard error each time.
/// A copy of the reference is the same stream. It is not `Sendable`: the call that made it keeps it.
public final class SpeexPreprocessor: AudioFilter {
    public static let frameMilliseconds = 20
    /// Most that noise is lowered by, the library's own default: more makes a voice sound under water. Units: decibels.
    static let noiseSuppression: Int32 = -15
    /// The library's measure of loudness, at which a voice's root mean square is -20 dBFS: 10 dB below what clips a telephone's peaks.
    static let target: Float = 9_400
    /// Most that a voice is raised by, and so the noise in its pauses. Lifts a far -40 dBFS to the target. Units: decibels.
    static let mostGain: Int32 = 20

    public let rate: SampleRate
    public var settings: AudioFilterSettings { didSet { if settings != oldValue { configure() } } }
    public var delay: Int64 { rate.nanoseconds(ofSamples: 2 * frame.count) }

    private let state: OpaquePointer
    /// The frame being filled.
    private var frame: [Int16]
    private var filled = 0
    /// Samples that went into the overlap and have not come out.
    private var owed = 0

    /// Calls `speex_preprocess_state_init`.
    ///
    /// - Returns: `nil` for a rate not in ``SpeexPreprocessorFactory/rates``, or without memory.
    public init?(at rate: SampleRate, _ settings: AudioFilterSettings) {
        let count = rate.samples(inMilliseconds: Self.frameMilliseconds)
        guard SpeexPreprocessorFactory.rates.contains(rate),
            let state = speex_preprocess_state_init(Int32(count), Int32(rate.hertz))
        else { return nil }
        self.state = state
        self.rate = rate
        self.settings = settings
        frame = Array(repeating: 0, count: count)
        configure()
    }

    /// Calls `speex_preprocess_state_destroy`.
    deinit { speex_preprocess_state_destroy(state) }

    public func process(_ samples: Span<Int16>, into output: inout [Int16]) {
        output.reserveCapacity(output.count + samples.count + frame.count)
        var next = 0
        while next < samples.count {
            let count = min(frame.count - filled, samples.count - next)
            var room = frame.mutableSpan
            for index in 0..<count { room[filled + index] = samples[next + index] }
            next += count
            filled += count
            if filled == frame.count { runFrame(into: &output) }
        }
    }

    public func finish(into output: inout [Int16]) {
        let partial = filled
        // Silence pushes the overlap out, and the frame begun with it.
        for index in filled..<frame.count { frame[index] = 0 }
        if partial > 0 {
            runFrame(into: &output)
            owed = partial
            for index in frame.indices { frame[index] = 0 }
        }
        if owed > 0 { runFrame(into: &output) }
        owed = 0
        filled = 0
    }

    /// Calls `speex_preprocess_run`, which gives what went in a frame ago.
    private func runFrame(into output: inout [Int16]) {
        _ = frame.withUnsafeMutableBufferPointer { speex_preprocess_run(state, $0.baseAddress) }
        output.append(contentsOf: frame.prefix(owed))
        owed = frame.count
        filled = 0
    }

    private func configure() {
        set(SPEEX_PREPROCESS_SET_DENOISE, settings.denoise ? 1 : 0 as Int32)
        set(SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, Self.noiseSuppression)
        set(SPEEX_PREPROCESS_SET_AGC, settings.agc ? 1 : 0 as Int32)
        set(SPEEX_PREPROCESS_SET_AGC_LEVEL, Self.target)
        set(SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, Self.mostGain)
    }

    /// Calls `speex_preprocess_ctl`.
    private func set<Value>(_ request: Int32, _ value: Value) {
        var value = value
        let result = withUnsafeMutablePointer(to: &value) { speex_preprocess_ctl(state, request, $0) }
        precondition(result == 0, "speexdsp refuses a setting that it must take")
    }
}

/// Filters over speexdsp at any of ``rates``.
public struct SpeexPreprocessorFactory: AudioFilterFactory {
    /// The rates of telephony and of speech services.
    public static let rates: [SampleRate] = [.hz8000, .hz16000, .hz24000, .hz48000]

    public init() {}

    public func makeFilter(at rate: SampleRate, _ settings: AudioFilterSettings) -> (any AudioFilter)? {
        SpeexPreprocessor(at: rate, settings)
    }
}
