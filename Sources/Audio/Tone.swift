/// A sine generator that stays in phase from one run to the next.
///
/// - Units: hertz; dBFS, where a sine that touches full scale (±32,767) is 0. A level above 0 clips.
public struct Tone: Sendable {
    public let hertz: Double
    /// Level as ``Loudness`` and ``ToneMeter`` read it back. Units: dBFS.
    public let level: Double
    public let rate: SampleRate
    private let amplitude: Double
    private var phase = Phase(turns: 0)

    public init(hertz: Double, level: Double = -10, rate: SampleRate) {
        self.hertz = hertz
        self.level = level
        self.rate = rate
        amplitude = 32_767 * Decibels.amplitude(ofLevel: level)
    }

    /// A tone of another pitch that goes on from the phase at which this one has arrived: no click where they meet.
    public func continued(atHertz hertz: Double) -> Tone {
        var tone = Tone(hertz: hertz, level: level, rate: rate)
        tone.phase = phase
        return tone
    }

    /// Appends the next samples. A negative count appends none.
    public mutating func append(samples count: Int, to samples: inout [Int16]) {
        let count = max(count, 0)
        let step = hertz / Double(rate.hertz)
        for _ in 0..<count {
            let value = (amplitude * phase.sine).rounded()
            samples.append(Int16(min(max(value, -32_768), 32_767)))
            let next = phase.turns + step
            phase.turns = next - next.rounded(.down)
        }
    }

    /// The next run of the tone.
    public mutating func next(milliseconds: Int) -> PCM16 {
        var samples: [Int16] = []
        append(samples: rate.samples(inMilliseconds: milliseconds), to: &samples)
        return PCM16(samples: samples, rate: rate)
    }
}
