/// The sixteen keys of a telephone as pairs of tones. Source: ITU-T Q.23.
///
/// A key is its character: `0` to `9`, `*`, `#`, `A` to `D`.
public enum DTMF {
    /// One a row of the keypad, from the top. Units: hertz.
    public static let rows: [Double] = [697, 770, 852, 941]
    /// One a column, from the left. Units: hertz.
    public static let columns: [Double] = [1_209, 1_336, 1_477, 1_633]
    /// Row by row.
    public static let keys: [Character] = ["1", "2", "3", "A", "4", "5", "6", "B", "7", "8", "9", "C", "*", "0", "#", "D"]

    /// - Returns: the two frequencies of a key in hertz; `nil` for a character that is none.
    public static func frequencies(of key: Character) -> (row: Double, column: Double)? {
        guard let index = keys.firstIndex(of: key) else { return nil }
        return (rows[index / 4], columns[index % 4])
    }
}

/// Keys as sound: each a pair of tones with soft edges, then a pause.
///
/// It is taken piece by piece, so that it can be paced like speech and stopped between keys.
public struct DTMFTones: Sendable {
    /// How long the tones swell and fade: short enough for a receiver, long enough not to click. Units: milliseconds.
    public static let edge = 3

    public let rate: SampleRate
    private let level: Double
    /// Units: samples.
    private let on, off, ramp: Int
    private var waiting: ArraySlice<Character>
    private var pair: (row: Tone, column: Tone)?
    /// Where in the key at the front the next sample lies. Units: samples.
    private var position = 0

    /// - Parameters:
    ///   - keys: characters that are no key are left out.
    ///   - level: of the row's tone; the column's is 2 dB above it, as telephones send it. Units: dBFS.
    ///   - on, off: ITU-T Q.24 receivers take 40 ms of each; slow menus want more. Units: milliseconds.
    public init(_ keys: String, level: Double = -14, on: Int = 100, off: Int = 100, rate: SampleRate = .hz8000) {
        self.rate = rate
        self.level = level
        self.on = rate.samples(inMilliseconds: min(max(on, 2 * Self.edge), 10_000))
        self.off = rate.samples(inMilliseconds: min(max(off, 0), 10_000))
        ramp = rate.samples(inMilliseconds: Self.edge)
        waiting = keys.uppercased().filter { DTMF.keys.contains($0) }[...].reduce(into: []) { $0.append($1) }
        begin()
    }

    /// Whether everything was taken, the last pause included.
    public var isOver: Bool { waiting.isEmpty }

    /// The next piece; shorter than asked for at the end, empty after it.
    public mutating func next(milliseconds: Int) -> PCM16 {
        var samples: [Int16] = []
        var wanted = rate.samples(inMilliseconds: min(max(milliseconds, 0), 60_000))
        samples.reserveCapacity(wanted)
        while wanted > 0, !waiting.isEmpty {
            let count = min(wanted, (position < on ? on : on + off) - position)
            if position < on { sound(count, &samples) } else { samples.append(contentsOf: repeatElement(0, count: count)) }
            position += count
            wanted -= count
            if position >= on + off {
                waiting.removeFirst()
                begin()
            }
        }
        return PCM16(samples: samples, rate: rate)
    }

    private mutating func begin() {
        position = 0
        pair = waiting.first.flatMap(DTMF.frequencies).map { key in
            (Tone(hertz: key.row, level: level, rate: rate), Tone(hertz: key.column, level: level + 2, rate: rate))
        }
    }

    private mutating func sound(_ count: Int, _ samples: inout [Int16]) {
        var row: [Int16] = []
        var column: [Int16] = []
        pair?.row.append(samples: count, to: &row)
        pair?.column.append(samples: count, to: &column)
        for (index, (a, b)) in zip(row, column).enumerated() {
            let fromEdge = min(position + index + 1, on - position - index)
            let gain = fromEdge >= ramp ? 1 : 0.5 - 0.5 * Phase(turns: Double(fromEdge) / Double(2 * ramp)).cosine
            let sum = ((Double(a) + Double(b)) * gain).rounded()
            samples.append(Int16(min(max(sum, -32_768), 32_767)))
        }
    }
}
