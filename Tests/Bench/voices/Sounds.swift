extension SplitMix64 {
    /// Near enough to a normal distribution of mean 0 and variance 1.
    mutating func normal() -> Double { (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: -1...1, using: &self) } / 1.4142 }
}

/// Samples of 8 kHz at any scale, before they are given a level.
enum Sounds {
    static let rate = 8_000

    enum Noise: String, CaseIterable { case white, pink, brown, hum50, hum60, buzz100 }

    static func noise(_ kind: Noise, _ count: Int, _ chance: inout SplitMix64) -> [Double] {
        switch kind {
        case .white: return (0..<count).map { _ in chance.normal() }
        case .pink:
            // Paul Kellet's filter: within 0.05 dB of 3 dB an octave above 9 Hz at 44.1 kHz, near enough at 8.
            var (a, b, c) = (0.0, 0.0, 0.0)
            return (0..<count).map { _ in
                let white = chance.normal()
                a = 0.99765 * a + white * 0.0990460
                b = 0.96300 * b + white * 0.2965164
                c = 0.57000 * c + white * 1.0526913
                return a + b + c + white * 0.1848
            }
        case .brown:
            var last = 0.0
            return (0..<count).map { _ in
                last = 0.99 * last + chance.normal()
                return last
            }
        case .hum50: return harmonics(of: 50, 14, evens: 1, count, &chance)
        case .hum60: return harmonics(of: 60, 14, evens: 0.2, count, &chance)
        case .buzz100: return harmonics(of: 100, 16, evens: 1, count, &chance)
        }
    }

    /// Harmonics that fall as their number; the even ones weigh `evens` of that.
    private static func harmonics(
        of hertz: Double, _ number: Int, evens: Double, _ count: Int, _ chance: inout SplitMix64
    ) -> [Double] {
        var set: [(hertz: Double, weight: Double)] = []
        for index in 1...number {
            let weight: Double = index % 2 == 0 ? evens : 1
            set.append((hertz * Double(index), weight / Double(index)))
        }
        return lines(set, count, &chance)
    }

    /// Sines with a trace of noise 50 dB below.
    static func lines(_ lines: [(hertz: Double, weight: Double)], _ count: Int, _ chance: inout SplitMix64) -> [Double] {
        let phases = lines.map { _ in Double.random(in: 0..<1, using: &chance) }
        return (0..<count).map { n in
            zip(lines, phases).reduce(0.003 * chance.normal()) { sum, line in
                let turns = line.0.hertz * Double(n) / Double(rate) + line.1
                return sum + line.0.weight * Phase(turns: turns - turns.rounded(.down)).sine
            }
        }
    }

    /// A burst of filtered noise with a steep beginning and a falling end; a tail with a voice in it when `pitch` is given.
    static func cough(pitch: Double?, _ chance: inout SplitMix64) -> [Double] {
        let length = Int.random(in: 1_200...2_800, using: &chance)
        let resonance = Double.random(in: 500...1_400, using: &chance)
        var filter = Resonator(hertz: resonance, width: 700)
        return (0..<length).map { n in
            let time = Double(n) / Double(rate)
            let attack = min(time / 0.008, 1)
            let shape = attack * (time < 0.05 ? 1 : 0.5) * Decibels.amplitude(ofLevel: -time * 110)
            var drive = chance.normal()
            if let pitch, time > 0.06 {
                let turns = pitch * (1 - time) * time
                drive = 0.5 * drive + (turns - turns.rounded(.down) < 0.1 ? 6 : 0)
            }
            return shape * (filter.next(drive) + 0.15 * drive)
        }
    }

    /// Air: noise that swells and falls over half a second.
    static func breath(_ chance: inout SplitMix64) -> [Double] {
        let length = Int.random(in: 2_400...6_400, using: &chance)
        var filter = Resonator(hertz: Double.random(in: 600...1_800, using: &chance), width: 1_200)
        return (0..<length).map { n in
            let shape = Phase(turns: Double(n) / Double(length) / 2).sine
            let drive = chance.normal()
            return shape * shape * (filter.next(drive) + 0.1 * drive)
        }
    }

    enum Music: String, CaseIterable { case piano, strings, arpeggio }

    static func music(_ kind: Music, _ count: Int, _ chance: inout SplitMix64) -> [Double] {
        var out = [Double](repeating: 0, count: count)
        let chords: [[Double]] = [[0, 4, 7, 12], [-3, 0, 4, 9], [-7, -3, 0, 5], [-5, -1, 2, 7]]
        let beat = kind == .arpeggio ? 2_000 : 8_000
        var at = 0
        var step = 0
        while at < count {
            let chord = chords[(step / (kind == .arpeggio ? 8 : 1)) % 4]
            let notes = kind == .arpeggio ? [chord[step % 4] + 12] : chord
            for note in notes {
                let hertz = 261.63 * Decibels.amplitude(ofLevel: note / 12 * 6.0206)
                let length = min(beat * 3 / 2, count - at)
                let vibrato = kind == .strings ? 0.004 : 0
                var phase = Double.random(in: 0..<1, using: &chance)
                for n in 0..<length {
                    let time = Double(n) / Double(rate)
                    phase +=
                        hertz * (1 + vibrato * Phase(turns: (5.5 * time).truncatingRemainder(dividingBy: 1)).sine) / Double(rate)
                    let fade = min(time / (kind == .strings ? 0.15 : 0.005), 1) * min(Double(length - n) / 400, 1)
                    let shape = fade * (kind == .strings ? 1 : Decibels.amplitude(ofLevel: -time * 14))
                    for harmonic in 1...6 where hertz * Double(harmonic) < 3_600 {
                        let turns = phase * Double(harmonic)
                        out[at + n] += shape / Double(harmonic * harmonic) * Phase(turns: turns - turns.rounded(.down)).sine
                    }
                }
            }
            at += beat
            step += 1
        }
        return out
    }
}

/// A two-pole resonance of gain about 1.
struct Resonator {
    private let gain, first, second: Double
    private var y1 = 0.0
    private var y2 = 0.0

    init(hertz: Double, width: Double) {
        let radius = 1 - .pi * width / Double(Sounds.rate)
        first = 2 * radius * Phase(turns: hertz / Double(Sounds.rate)).cosine
        second = -radius * radius
        gain = 1 - radius
    }

    mutating func next(_ x: Double) -> Double {
        let y = gain * x + first * y1 + second * y2
        (y1, y2) = (y, y1)
        return y
    }
}
