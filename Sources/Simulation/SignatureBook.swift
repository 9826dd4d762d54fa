import Audio
import Call

/// Sounds by which the packets of an echo call are recognised: which call said it, and where in the call.
///
/// - Shape: ``count`` sounds of 10 ms. Each is a sum of tones from 400 to 2,000 Hz, 100 Hz apart, whose phases are its own: unlike
///   one another (their correlation stays below 0.8), and themselves still after G.711, resampling and a changed level.
/// - Units: about -15 dBFS.
///
/// Made once and shared by all calls of a run. A call says one sound after the other in an order of its own (``sound(call:place:)``).
public struct SignatureBook: Sendable {
    /// How many sounds there are. Two of them, the 20 ms of most packets, tell 65,536 places apart.
    static let count = 256
    static let milliseconds = 10
    private static let tones = stride(from: 400, through: 2_000, by: 100)
    /// The sound swells and fades this long, so that its neighbours do not make it click. Units: seconds.
    private static let ramp = 0.001
    /// Root of the mean square. Units: linear amplitude.
    static let loudness = 4_000.0

    let inbound: MediaFormat
    let outbound: MediaFormat
    /// Samples of one sound as it comes back.
    let size: Int
    /// The bytes of each sound in the inbound format.
    private let said: [[UInt8]]
    /// The samples of all sounds as they come back when nothing changes them, one sound after the other.
    private let heard: [Int16]
    /// Length of each sound's samples as a vector.
    private let norms: [Double]

    public init(inbound: MediaFormat, outbound: MediaFormat) {
        self.inbound = inbound
        self.outbound = outbound
        size = outbound.rate.samples(inMilliseconds: Self.milliseconds)
        var said: [[UInt8]] = []
        var heard: [Int16] = []
        var norms: [Double] = []
        for number in 0..<Self.count {
            var bytes: [UInt8] = []
            inbound.encoding.encode(Self.sound(number, at: inbound.rate).span, into: &bytes)
            said.append(bytes)
            var back: [UInt8] = []
            var samples: [Int16] = []
            outbound.encoding.encode(Self.sound(number, at: outbound.rate).span, into: &back)
            _ = outbound.encoding.decode(back.span, into: &samples)
            norms.append(samples.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
            heard += samples
        }
        self.said = said
        self.heard = heard
        self.norms = norms
    }

    /// Which sound a call says at a place.
    ///
    /// - Parameter place: counts the sounds of the call from 0.
    static func sound(call: Int, place: Int) -> Int {
        let number = UInt64(truncatingIfNeeded: call) &* SplitMix64.step &+ UInt64(truncatingIfNeeded: place) &+ 1
        return Int(SplitMix64.mixed(number) & UInt64(count - 1))
    }

    /// The bytes of a packet of caller audio.
    func packet(call: Int, number: Int, sounds: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for place in number * sounds..<(number + 1) * sounds { bytes += said[Self.sound(call: call, place: place)] }
        return bytes
    }

    /// Whether the samples are the sound, bit by bit.
    func isExactly(_ sound: Int, _ samples: Span<Int16>, from start: Int) -> Bool {
        guard start >= 0, start + size <= samples.count else { return false }
        let first = sound * size
        for index in 0..<size where samples[start + index] != heard[first + index] { return false }
        return true
    }

    /// How alike the samples are to a sound, whatever their level: 1 for the same, about 0 for another one; 0 for silence.
    func likeness(_ sound: Int, _ samples: Span<Int16>, from start: Int) -> Double {
        guard start >= 0, start + size <= samples.count else { return 0 }
        var product = 0
        var squares = 0
        let first = sound * size
        for index in 0..<size {
            let sample = Int(samples[start + index])
            product &+= sample &* Int(heard[first + index])
            squares &+= sample &* sample
        }
        guard squares > 0 else { return 0 }
        return Double(product) / (Double(squares).squareRoot() * norms[sound])
    }

    /// The sound that the samples are most alike to.
    func best(_ samples: Span<Int16>, from start: Int) -> (sound: Int, likeness: Double) {
        var best = (sound: 0, likeness: -1.0)
        for sound in 0..<Self.count {
            let likeness = likeness(sound, samples, from: start)
            if likeness > best.likeness { best = (sound, likeness) }
        }
        return best
    }

    private static func sound(_ number: Int, at rate: SampleRate) -> [Int16] {
        let count = rate.samples(inMilliseconds: milliseconds)
        let length = Double(milliseconds) / 1_000
        var values = [Double](repeating: 0, count: count)
        for (index, hertz) in tones.enumerated() {
            // The phases come from the same sequence as the places, far from any call's number.
            let phase = Double(sound(call: -1 - number, place: index)) / Double(Self.count)
            for sample in 0..<count {
                let time = Double(sample) / Double(rate.hertz)
                values[sample] += Phase(turns: Double(hertz) * time + phase).sine
            }
        }
        let scale = loudness / (Double(tones.underestimatedCount) / 2).squareRoot()
        return values.indices.map { sample in
            let time = (Double(sample) + 0.5) / Double(rate.hertz)
            let swell = min(1, min(time, length - time) / ramp)
            return Int16(max(-32_767, min(32_767, (values[sample] * swell * scale).rounded())))
        }
    }
}

/// What one call says, by the book.
public struct CallSignature: Sendable {
    let book: SignatureBook
    let call: Int
    /// Sounds in one packet.
    let sounds: Int

    public init(_ book: SignatureBook, call: Int, for provider: PlayedProvider) {
        self.book = book
        self.call = call
        sounds = provider.packetMilliseconds / SignatureBook.milliseconds
    }

    /// - Parameter number: counts the packets from 0.
    func packet(_ number: Int) -> [UInt8] { book.packet(call: call, number: number, sounds: sounds) }

    func sound(at place: Int) -> Int { SignatureBook.sound(call: call, place: place) }

    /// Samples of a packet that comes back.
    var packetSamples: Int { sounds * book.size }
}
