import Audio

/// A piece of sound in what was heard.
public struct HeardPiece: Equatable, Sendable {
    /// The numbered tone; `nil` for a sound that is none. Modulo ``NumberedTone/count``.
    public let tone: NumberedTone?
    /// From the start of the stream. Units: milliseconds.
    public let start: Double
    /// How much of it was heard, gaps left out. Units: milliseconds.
    public let length: Double
}

/// A tone that the drill bot says: which segment, of which voice.
///
/// Segment n of voice v is 300 + 25·(4·(n mod 24) + v) Hz.
public struct NumberedTone: Equatable, Sendable {
    /// Different numbers.
    public static let count = 24
    public static let voices = 4

    /// 0..<24.
    public let number: Int
    /// 0..<4.
    public let voice: Int

    var hertz: Double { Double(300 + 25 * (Self.voices * number + voice)) }
    var next: NumberedTone { NumberedTone(number: (number + 1) % Self.count, voice: voice) }

    static let all = (0..<count).flatMap { number in (0..<voices).map { NumberedTone(number: number, voice: $0) } }
}

/// Finds out which numbered tones a run of samples holds, and where each begins and ends.
///
/// All tones are multiples of 25 Hz, so over 40 ms each is blind to all the others, and a window that moves by 10 ms tells which
/// one sounds. Between two tones the seam is put where the two halves hold the most of them.
struct ToneReader {
    private static let windowMilliseconds = 40
    private static let hopMilliseconds = 10
    /// The share of a window's energy that makes a tone its tone. A window that a seam cuts in the middle has 0.25 of each.
    private static let share = 0.5
    /// Windows without a tone that make a sound of no number: 80 ms.
    private static let strangeWindows = 5

    let rate: SampleRate
    private let window: Int
    private let hop: Int

    init(_ rate: SampleRate) {
        self.rate = rate
        window = rate.samples(inMilliseconds: Self.windowMilliseconds)
        hop = rate.samples(inMilliseconds: Self.hopMilliseconds)
    }

    /// The pieces of one stretch without silence. Units: samples.
    func pieces(of samples: Span<Int16>) -> [(tone: NumberedTone?, range: Range<Int>)] {
        guard samples.count > window else { return [(short(samples), 0..<samples.count)] }
        let labels = labels(samples)
        var pieces: [(tone: NumberedTone?, range: Range<Int>)] = []
        var index = 0
        // Where the last window of the piece before this one began; `nil` at the start.
        var lastStart: Int?
        while index < labels.count {
            var end = index + 1
            while end < labels.count, labels[end] == labels[index] { end += 1 }
            let isPiece = labels[index] != nil || end - index >= Self.strangeWindows
            if isPiece, let last = pieces.indices.last, pieces[last].tone == labels[index] {
                lastStart = (end - 1) * hop
            } else if isPiece {
                let seam =
                    switch (lastStart, pieces.last?.tone, labels[index]) {
                    case (let from?, let a?, let b?):
                        seam(samples, from..<min(index * hop + window, samples.count), a, b)
                    case (let from?, _, _): (from + window + index * hop) / 2
                    case (nil, _, _): 0
                    }
                if let last = pieces.indices.last {
                    pieces[last].range = pieces[last].range.lowerBound..<max(seam, pieces[last].range.lowerBound)
                }
                pieces.append((labels[index], seam..<samples.count))
                lastStart = (end - 1) * hop
            }
            index = end
        }
        return pieces.isEmpty ? [(nil, 0..<samples.count)] : pieces
    }

    private func labels(_ samples: Span<Int16>) -> [NumberedTone?] {
        var labels: [NumberedTone?] = []
        var last: NumberedTone?
        var strange = 0
        for start in stride(from: 0, through: samples.count - window, by: hop) {
            let piece = samples.extracting(start..<start + window)
            let energy = Self.energy(piece)
            var found: NumberedTone?
            if let last {
                found = [last, last.next].first { share(of: $0, in: piece, energy) > Self.share }
            }
            // A seam hides the tone in up to two windows; only then is it worth while to try all.
            if found == nil, last == nil || strange >= 2 { found = best(piece, energy) }
            strange = found == nil ? strange + 1 : 0
            last = found ?? last
            labels.append(found)
        }
        return labels
    }

    private func short(_ samples: Span<Int16>) -> NumberedTone? { best(samples, Self.energy(samples)) }

    private func best(_ samples: Span<Int16>, _ energy: Double) -> NumberedTone? {
        var best: (tone: NumberedTone, share: Double)?
        for tone in NumberedTone.all {
            let share = share(of: tone, in: samples, energy)
            if share > best?.share ?? Self.share { best = (tone, share) }
        }
        return best?.tone
    }

    private static func energy(_ samples: Span<Int16>) -> Double {
        var sum = 0
        for index in samples.indices { sum &+= Int(samples[index]) &* Int(samples[index]) }
        return Double(sum)
    }

    private func share(of tone: NumberedTone, in samples: Span<Int16>, _ energy: Double) -> Double {
        guard energy > 0 else { return 0 }
        return 2 * Goertzel(hertz: tone.hertz, rate: rate).power(of: samples) / (Double(samples.count) * energy)
    }

    /// Where one tone ends and the next begins. Units: samples.
    private func seam(_ samples: Span<Int16>, _ range: Range<Int>, _ a: NumberedTone, _ b: NumberedTone) -> Int {
        let before = sums(samples, range, a)
        let after = sums(samples, range, b)
        guard let (real, imaginary) = after.last else { return range.upperBound }
        var best = (at: 0, power: -1.0)
        for cut in 0...range.count {
            let left = cut == 0 ? 0 : (before[cut].0 * before[cut].0 + before[cut].1 * before[cut].1) / Double(cut)
            let (x, y) = (real - after[cut].0, imaginary - after[cut].1)
            let right = cut == range.count ? 0 : (x * x + y * y) / Double(range.count - cut)
            if left + right > best.power { best = (cut, left + right) }
        }
        return range.lowerBound + best.at
    }

    /// What a tone's bin holds of each beginning of the range.
    private func sums(_ samples: Span<Int16>, _ range: Range<Int>, _ tone: NumberedTone) -> [(Double, Double)] {
        let phase = Phase(turns: tone.hertz / Double(rate.hertz))
        let step = (cosine: phase.cosine, sine: phase.sine)
        var (cosine, sine) = (1.0, 0.0)
        var sum = (0.0, 0.0)
        var sums = [sum]
        for index in range {
            let value = Double(samples[index])
            sum = (sum.0 + value * cosine, sum.1 + value * sine)
            sums.append(sum)
            (cosine, sine) = (cosine * step.cosine - sine * step.sine, sine * step.cosine + cosine * step.sine)
        }
        return sums
    }
}

/// One bin of a Fourier transform. Source: Goertzel, American Mathematical Monthly 65 (1958).
struct Goertzel {
    private let turn: Double

    init(hertz: Double, rate: SampleRate) { turn = 2 * Phase(turns: hertz / Double(rate.hertz)).cosine }

    /// The squared magnitude. A sine of amplitude A over N samples has (A·N/2)².
    func power(of samples: Span<Int16>) -> Double {
        var (last, beforeLast) = (0.0, 0.0)
        for index in samples.indices { (last, beforeLast) = (Double(samples[index]) + turn * last - beforeLast, last) }
        return last * last + beforeLast * beforeLast - turn * last * beforeLast
    }
}
