/// How different two runs of sound are to the ear's coarse measure: how loud, in which bands. Phase, a shift by a few samples, the
/// noise of a codec and the last bits of a filter do not count.
///
/// Both runs are cut into windows of 20 ms (Hann) and taken to the levels of twelve bands, evenly spaced in pitch from 100 Hz to half
/// the rate. A band's level counts from a floor: 30 dB below the loudest band of either run, and never below −60 dBFS, so that what
/// nobody hears beside the rest is equal. The distance of two windows is the root mean square over the bands of their differences.
public struct SpectralDistance: Sendable {
    public static let bands = 12
    /// Up to this distance two windows sound alike. Units: dB.
    ///
    /// G.711 against its source gives under 1 dB, speech through a resampler to 24 kHz and back under 2; a tone an octave off 8 or
    /// more, a level off by 6 dB six.
    public static let threshold = 4.0

    private static let floorBelowLoudest = 30.0
    private static let lowestFloor = -60.0
    private static let lowestHertz = 100.0

    /// Samples of one window.
    public let windowSamples: Int
    private let size: Int
    private let weights: [Double]
    private let sines: [Double]
    private let cosines: [Double]
    /// The band of each line of the transform; `nil` below the lowest.
    private let bandOfLine: [Int?]

    public init(rate: SampleRate) {
        let samples = rate.samples(inMilliseconds: 20)
        var size = 1
        while size < samples { size *= 2 }
        windowSamples = samples
        self.size = size
        weights = (0..<samples).map { 0.5 - 0.5 * Phase(turns: (Double($0) + 0.5) / Double(samples)).cosine }
        sines = (0..<(size / 2)).map { -Phase(turns: Double($0) / Double(size)).sine }
        cosines = (0..<(size / 2)).map { Phase(turns: Double($0) / Double(size)).cosine }
        let nyquist = Double(rate.hertz) / 2
        let octaves = Decibels.level(ofAmplitude: nyquist / Self.lowestHertz)
        bandOfLine = (0..<(size / 2)).map { line in
            let hertz = Double(line) * Double(rate.hertz) / Double(size)
            guard hertz >= Self.lowestHertz else { return nil }
            let position = Decibels.level(ofAmplitude: hertz / Self.lowestHertz) / octaves
            return min(Self.bands - 1, Int(position * Double(Self.bands)))
        }
    }

    /// - Returns: the distance of each window, in order; the shorter run counts as silence where it has ended. Units: dB.
    public func distances(_ a: [Int16], _ b: [Int16]) -> [Double] {
        stride(from: 0, to: max(a.count, b.count), by: windowSamples).map { start in
            distance(levels(a, from: start), levels(b, from: start))
        }
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        let loudest = max(a.max() ?? -.infinity, b.max() ?? -.infinity)
        let floor = max(Self.lowestFloor, loudest - Self.floorBelowLoudest)
        var squares = 0.0
        for (mine, theirs) in zip(a, b) {
            let difference = max(mine, floor) - max(theirs, floor)
            squares += difference * difference
        }
        return (squares / Double(Self.bands)).squareRoot()
    }

    /// - Returns: the level of each band in dBFS; −∞ for silence.
    private func levels(_ samples: [Int16], from start: Int) -> [Double] {
        var real = Array(repeating: 0.0, count: size)
        var imaginary = Array(repeating: 0.0, count: size)
        for index in 0..<max(0, min(windowSamples, samples.count - start)) {
            real[index] = Double(samples[start + index]) * weights[index]
        }
        transform(&real, &imaginary)
        var powers = Array(repeating: 0.0, count: Self.bands)
        for (line, band) in bandOfLine.enumerated() {
            if let band { powers[band] += real[line] * real[line] + imaginary[line] * imaginary[line] }
        }
        // A full-scale sine under a Hann window: half the mean weight times the amplitude, spread over three lines with 1.5 times its power.
        let fullScale = 32_767.0 * Double(windowSamples) / 4 * 1.5.squareRoot()
        return powers.map { Decibels.level(ofAmplitude: $0.squareRoot() / fullScale) }
    }

    /// The discrete Fourier transform, in place: Cooley and Tukey, radix 2.
    private func transform(_ real: inout [Double], _ imaginary: inout [Double]) {
        var swapped = 0
        for index in 1..<size {
            var bit = size >> 1
            while swapped & bit != 0 {
                swapped ^= bit
                bit >>= 1
            }
            swapped |= bit
            if index < swapped {
                real.swapAt(index, swapped)
                imaginary.swapAt(index, swapped)
            }
        }
        var length = 2
        while length <= size {
            let step = size / length
            for start in stride(from: 0, to: size, by: length) {
                for offset in 0..<(length / 2) {
                    let (cosine, sine) = (cosines[offset * step], sines[offset * step])
                    let (even, odd) = (start + offset, start + offset + length / 2)
                    let (r, i) = (real[odd] * cosine - imaginary[odd] * sine, real[odd] * sine + imaginary[odd] * cosine)
                    (real[odd], imaginary[odd]) = (real[even] - r, imaginary[even] - i)
                    (real[even], imaginary[even]) = (real[even] + r, imaginary[even] + i)
                }
            }
            length *= 2
        }
    }
}
