/// Goertzel's algorithm at the eight key frequencies at once, in halves of a window that can be joined.
///
/// Source: Goertzel, "An algorithm for the evaluation of finite trigonometric series", Amer. Math. Monthly 65 (1958).
struct GoertzelBank: Sendable {
    /// Half a window: 80 samples at 8 kHz.
    struct Half: Sendable {
        var real = SIMD8<Float>(repeating: 0)
        var imaginary = SIMD8<Float>(repeating: 0)
        /// Sum of the squares.
        var energy: Float = 0
    }

    /// Two halves. Shape: rows at 0...3, columns at 4...7.
    struct Window: Sendable {
        var real: SIMD8<Float>
        var imaginary: SIMD8<Float>
        /// Mean squares of the tones, if they are at the very frequencies. Units: linear amplitude squared.
        var power: SIMD8<Float>
        /// Mean square of everything.
        var energy: Float
    }

    /// Units: samples.
    private static let step = 80
    /// How far from its frequency a tone may be: between the 1.5 % that must be taken and the 3.5 % that must not.
    private static let tolerance = 0.025

    private let cosine, sine: SIMD8<Float>
    /// The turn of each frequency in one step.
    private let turnReal, turnImaginary: SIMD8<Float>
    /// The cosine of the largest allowed deviation of that turn.
    private let leastCosine: SIMD8<Float>

    init() {
        var (cosine, sine) = (SIMD8<Float>(), SIMD8<Float>())
        var (turnReal, turnImaginary, least) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
        for (index, hertz) in (DTMF.rows + DTMF.columns).enumerated() {
            let phase = Phase(turns: hertz / 8_000)
            let turn = Phase(turns: hertz * Double(Self.step) / 8_000)
            cosine[index] = Float(phase.cosine)
            sine[index] = Float(phase.sine)
            turnReal[index] = Float(turn.cosine)
            turnImaginary[index] = Float(turn.sine)
            least[index] = Float(Phase(turns: Self.tolerance * hertz * Double(Self.step) / 8_000).cosine)
        }
        (self.cosine, self.sine, self.turnReal, self.turnImaginary, leastCosine) = (cosine, sine, turnReal, turnImaginary, least)
    }

    func process(_ samples: Span<Float>) -> Half {
        let factor = 2 * cosine
        var (s1, s2) = (SIMD8<Float>(repeating: 0), SIMD8<Float>(repeating: 0))
        var energy: Float = 0
        for index in samples.indices {
            let x = samples[index]
            let s0 = x + factor * s1 - s2
            s2 = s1
            s1 = s0
            energy += x * x
        }
        return Half(real: s1 - cosine * s2, imaginary: sine * s2, energy: energy)
    }

    func window(_ first: Half, _ second: Half) -> Window {
        let real = first.real * turnReal - first.imaginary * turnImaginary + second.real
        let imaginary = first.real * turnImaginary + first.imaginary * turnReal + second.imaginary
        let length = Float(2 * Self.step)
        return Window(
            real: real, imaginary: imaginary, power: (real * real + imaginary * imaginary) * (2 / (length * length)),
            energy: (first.energy + second.energy) / length)
    }

    /// A tone's mean square, with what a window loses that listens beside the tone's true frequency.
    ///
    /// - Returns: `nil` when the phase moved on from the window before as that of another frequency does.
    func level(of index: Int, in window: Window, after before: Window) -> Float? {
        let (a, b) = (window.real[index], window.imaginary[index])
        let (c, d) = (before.real[index], before.imaginary[index])
        // The new phase less the old one and the turn of a step.
        let (real, imaginary) = (a * c + b * d, b * c - a * d)
        let size = (real * real + imaginary * imaginary).squareRoot()
        guard size > 0 else { return nil }
        let cosine = (real * turnReal[index] + imaginary * turnImaginary[index]) / size
        guard cosine >= leastCosine[index] else { return nil }
        // The angle's square by its cosine; a window of two steps hears sin(angle) / angle of the tone.
        let versine = 1 - cosine
        let square = versine * (2 + versine * (1.0 / 3 + versine * 4 / 45))
        let heard = 1 - square * (1.0 / 3 - square * (2.0 / 45 - square / 315))
        return window.power[index] / max(heard, 0.05)
    }
}
