import Audio

/// The level of audio that comes in pieces, without keeping it.
struct RunningLevel: Sendable {
    private(set) var samples = 0
    private var squares = 0.0

    mutating func add(_ audio: Span<Int16>) {
        var sum = 0
        for index in audio.indices {
            let value = Int(audio[index])
            sum &+= value &* value
        }
        squares += Double(sum)
        samples += audio.count
    }

    /// Root mean square as ``Loudness`` reads it: 0 for a full-scale sine, −∞ for silence. Units: dBFS.
    var decibels: Double {
        guard squares > 0 else { return -.infinity }
        return Decibels.level(ofAmplitude: (2 * squares / Double(samples)).squareRoot() / 32_767)
    }
}
