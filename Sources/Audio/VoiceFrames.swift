/// Regroups packets of any length and rate into 20 ms frames at 8 kHz.
///
/// Other rates than 8 kHz pass a low-pass at 3.6 kHz and are read between their samples: good enough to measure, not to listen to.
struct VoiceFrames: Sendable {
    /// Units: samples at 8 kHz.
    static let length = 160

    /// The frame being filled. Units: linear amplitude.
    private(set) var samples = [Float](repeating: 0, count: length)
    private var filled = 0
    private var rate = SampleRate.hz8000
    private var lowPass = LowPass(rate: .hz8000)
    /// Where the next sample lies after the last one that came in. Units: samples of the source, times 8,000.
    private var position = 0
    private var last: Float = 0

    /// Holds no frame and takes no memory.
    static let none = VoiceFrames(samples: [])

    init() {}
    private init(samples: [Float]) { self.samples = samples }

    mutating func reset() {
        filled = 0
        position = 0
        last = 0
        lowPass = LowPass(rate: rate)
    }

    /// - Parameter body: gets each frame that is complete.
    mutating func add(_ input: Span<Int16>, at rate: SampleRate, each body: (Span<Float>) -> Void) {
        if rate != self.rate {
            self.rate = rate
            reset()
        }
        if rate == .hz8000 {
            var next = 0
            while next < input.count {
                let count = min(Self.length - filled, input.count - next)
                let start = filled
                var frame = samples.mutableSpan
                for index in 0..<count { frame[start + index] = Float(input[next + index]) }
                next += count
                advance(by: count, body)
            }
        } else {
            let step = rate.hertz
            for index in input.indices {
                let value = rate > .hz8000 ? lowPass.next(Float(input[index])) : Float(input[index])
                position += 8_000
                while position >= step {
                    position -= step
                    let back = Float(position) / 8_000
                    samples[filled] = value + (last - value) * min(back, 1)
                    advance(by: 1, body)
                }
                last = value
            }
        }
    }

    private mutating func advance(by count: Int, _ body: (Span<Float>) -> Void) {
        filled += count
        guard filled == Self.length else { return }
        filled = 0
        body(samples.span)
    }
}

/// A Butterworth low-pass of the fourth order at 3.6 kHz.
private struct LowPass: Sendable {
    private var first: Section
    private var second: Section

    init(rate: SampleRate) {
        let turns = min(3_600 / Double(rate.hertz), 0.45)
        first = Section(turns: turns, quality: 0.5412)
        second = Section(turns: turns, quality: 1.3066)
    }

    mutating func next(_ x: Float) -> Float { second.next(first.next(x)) }

    /// Source: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", low-pass.
    struct Section: Sendable {
        let b0, a1, a2: Float
        var s1: Float = 0
        var s2: Float = 0

        init(turns: Double, quality: Double) {
            let phase = Phase(turns: turns)
            let alpha = phase.sine / (2 * quality)
            b0 = Float((1 - phase.cosine) / 2 / (1 + alpha))
            a1 = Float(-2 * phase.cosine / (1 + alpha))
            a2 = Float((1 - alpha) / (1 + alpha))
        }

        mutating func next(_ x: Float) -> Float {
            let scaled = b0 * x
            let y = scaled + s1
            s1 = 2 * scaled - a1 * y + s2
            s2 = scaled - a2 * y
            return y
        }
    }
}
