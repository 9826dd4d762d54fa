import Audio
import Call

/// What was heard in one call, taken apart: where sound is, and which.
struct Hearing {
    /// A numbered tone that goes on after a silence of up to this is one tone with a gap. Units: milliseconds.
    private static let mendable = 250.0
    /// The longest gap; a longer silence is a pause. Units: milliseconds.
    static let longestGap = Double(PlayoutModel.longestGap.milliseconds)

    private let rate: SampleRate
    private let samples: [Int16]
    /// Stretches of sound. Units: samples.
    let stretches: [Range<Int>]
    /// Sound in all. Units: milliseconds.
    let heard: Double

    init(_ audio: PCM16, _ ear: Ear) {
        rate = audio.rate
        samples = audio.samples
        var stretches: [Range<Int>] = []
        var index = 0
        // One quiet block parts two stretches: so does every silence of 10 ms, however it lies.
        while let first = ear.loud[index...].firstIndex(of: true) {
            index = ear.loud[first...].firstIndex(of: false) ?? ear.loud.count
            let blocks = first * ear.blockSamples..<min(index * ear.blockSamples, samples.count)
            stretches.append(Self.trimmed(blocks, samples))
        }
        self.stretches = stretches
        heard = stretches.reduce(0) { $0 + Double($1.count) } * 1_000 / Double(audio.rate.hertz)
    }

    private static func trimmed(_ range: Range<Int>, _ samples: [Int16]) -> Range<Int> {
        let isLoud = { (index: Int) in samples[index].magnitude > Ear.silencePeak }
        guard let first = range.first(where: isLoud), let last = range.last(where: isLoud) else { return range }
        return first..<last + 1
    }

    /// Units: milliseconds from the start of the stream.
    func time(_ sample: Int) -> Double { Double(sample) * 1_000 / Double(rate.hertz) }

    /// Where sound begins and ends, when silences shorter than this do not count. Units: milliseconds.
    func sounds(mending silence: Double) -> [ClosedRange<Double>] {
        var sounds: [ClosedRange<Double>] = []
        for stretch in stretches {
            let (start, end) = (time(stretch.lowerBound), time(stretch.upperBound))
            if let last = sounds.last, start - last.upperBound <= silence {
                sounds[sounds.count - 1] = last.lowerBound...end
            } else {
                sounds.append(start...end)
            }
        }
        return sounds
    }

    /// The longest silence inside an utterance. Units: milliseconds.
    var longestGap: (length: Double, at: Double)? {
        var longest: (length: Double, at: Double)?
        for (a, b) in zip(stretches, stretches.dropFirst()) {
            let gap = time(b.lowerBound) - time(a.upperBound)
            if gap <= Self.longestGap, gap > longest?.length ?? 0 { longest = (gap, time(a.upperBound)) }
        }
        return longest
    }

    /// How much sound lies between two times. Units: milliseconds.
    func sound(in range: ClosedRange<Double>) -> Double {
        stretches.reduce(0) { sum, stretch in
            sum + max(0, min(time(stretch.upperBound), range.upperBound) - max(time(stretch.lowerBound), range.lowerBound))
        }
    }

    /// Units: dBFS.
    var level: Double {
        var level = RunningLevel()
        for stretch in stretches { level.add(samples.span.extracting(stretch)) }
        return level.decibels
    }

    /// The level of one frequency over all sound. Units: dBFS.
    func level(ofHertz hertz: Double) -> Double {
        let window = rate.samples(inMilliseconds: 40)
        let bin = Goertzel(hertz: hertz, rate: rate)
        var (power, windows) = (0.0, 0)
        for stretch in stretches {
            for start in stride(from: stretch.lowerBound, through: stretch.upperBound - window, by: window) {
                power += bin.power(of: samples.span.extracting(start..<start + window))
                windows += 1
            }
        }
        guard windows > 0 else { return -.infinity }
        return Decibels.level(ofAmplitude: 2 * (power / Double(windows)).squareRoot() / Double(window) / 32_767)
    }

    /// The numbered tones.
    var pieces: [HeardPiece] {
        let reader = ToneReader(rate)
        var pieces: [HeardPiece] = []
        for stretch in stretches {
            for (tone, range) in reader.pieces(of: samples.span.extracting(stretch)) where !range.isEmpty {
                let start = time(stretch.lowerBound + range.lowerBound)
                let length = time(range.count)
                if let last = pieces.last, last.tone == tone, range.lowerBound == 0,
                    start - last.start - last.length <= Self.mendable
                {
                    pieces[pieces.count - 1] = HeardPiece(tone: tone, start: last.start, length: last.length + length)
                } else {
                    pieces.append(HeardPiece(tone: tone, start: start, length: length))
                }
            }
        }
        return pieces
    }
}
