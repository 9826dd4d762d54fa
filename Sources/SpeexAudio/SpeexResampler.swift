public import Audio
import CSpeexDSP

/// A streaming resampler over speexdsp: one `SpeexResamplerState`, one mono stream.
///
/// - Delay: at most 4 ms between any two of ``SpeexResamplerFactory/rates``.
/// - Shape: `process` returns its share of the samples within one, once ``delay`` has gone in; `finish` makes the total
///   `in × target ÷ source`, rounded.
/// - Level: 3.4 kHz is kept within 0.1 dB; where the lower rate is 8 kHz, 3.7 kHz is down by 7 dB.
///   From 0.5125 of the lower rate on (4.1 kHz for 8 kHz) a tone folds or mirrors at less than -60 dB.
///
/// A copy of the reference is the same stream. It is not `Sendable`: the call that made it keeps it.
public final class SpeexResampler: Resampler {
    /// Quality 3 loses 1 dB at 3.4 kHz; quality 5 holds back more than 5 ms from 44.1 to 8 kHz.
    private static let quality: Int32 = 4
    /// Most samples in one call of the C function, whose counts have 32 bits. One second at 8 kHz.
    private static let piece = 8_000
    /// What `finish` feeds to push the rest out.
    private static let silence = [Int16](repeating: 0, count: 256)

    public let source: SampleRate
    public let target: SampleRate
    public let delay: Int64
    private let state: OpaquePointer
    /// Samples of this stream so far, at ``source``.
    private var taken = 0
    /// Samples of this stream so far, at ``target``.
    private var given = 0

    /// Calls `speex_resampler_init`, `speex_resampler_skip_zeros` and `speex_resampler_get_input_latency`.
    ///
    /// - Returns: `nil` for equal rates, for a rate that is not in ``SpeexResamplerFactory/rates``, or without memory.
    public init?(from source: SampleRate, to target: SampleRate) {
        let rates = SpeexResamplerFactory.rates
        guard source != target, rates.contains(source), rates.contains(target),
            let state = speex_resampler_init(1, UInt32(source.hertz), UInt32(target.hertz), Self.quality, nil)
        else { return nil }
        speex_resampler_skip_zeros(state)
        self.state = state
        self.source = source
        self.target = target
        delay = source.nanoseconds(ofSamples: Int(speex_resampler_get_input_latency(state)))
    }

    /// Calls `speex_resampler_destroy`.
    deinit { speex_resampler_destroy(state) }

    public func process(_ samples: Span<Int16>, into output: inout [Int16]) {
        var rest = samples
        while !rest.isEmpty {
            let piece = rest.extracting(first: Self.piece)
            // One more than the piece's share: the share before it may have been rounded down.
            let room = piece.count * target.hertz / source.hertz + 2
            let taken = convert(piece, room: room, into: &output)
            self.taken += taken
            if taken == 0 { return }
            rest = rest.extracting(droppingFirst: taken)
        }
    }

    public func finish(into output: inout [Int16]) {
        var missing = (taken * target.hertz + source.hertz / 2) / source.hertz - given
        while missing > 0 {
            let before = given
            if convert(Self.silence.span, room: missing, into: &output) == 0, given == before { break }
            missing -= given - before
        }
        reset()
    }

    /// Calls `speex_resampler_reset_mem` and `speex_resampler_skip_zeros`.
    public func reset() {
        speex_resampler_reset_mem(state)
        speex_resampler_skip_zeros(state)
        taken = 0
        given = 0
    }

    /// Calls `speex_resampler_process_int`.
    ///
    /// - Parameter room: most samples to append.
    /// - Returns: how many of the samples the filter took.
    private func convert(_ samples: Span<Int16>, room: Int, into output: inout [Int16]) -> Int {
        var taken = UInt32(samples.count)
        var given = UInt32(room)
        samples.withUnsafeBufferPointer { samples in
            output.append(addingCapacity: room) { output in
                output.withUnsafeMutableBufferPointer { buffer, count in
                    let end = buffer.baseAddress.map { $0 + count }
                    let result = speex_resampler_process_int(state, 0, samples.baseAddress, &taken, end, &given)
                    precondition(result == Int32(RESAMPLER_ERR_SUCCESS), "speexdsp refuses a call that it must take")
                    count += Int(given)
                }
            }
        }
        self.given += Int(given)
        return Int(taken)
    }
}
