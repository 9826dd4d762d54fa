import Audio

/// The tones of one voice, segment by segment.
struct SegmentTone {
    /// Voices that can be told apart.
    static let voices = 4
    /// Pitches of one voice, after which they begin again.
    static let pitches = 24

    private let voice: Int
    private let milliseconds: Int
    private var tone: Tone

    /// - Parameter voice: 0..<``voices``.
    init(voice: Int, milliseconds: Int, rate: SampleRate) {
        self.voice = voice
        self.milliseconds = milliseconds
        tone = Tone(hertz: Self.hertz(segment: 0, voice: voice), rate: rate)
    }

    /// The lowest is 300 Hz and the highest 2,675 Hz: inside the telephone band. Neighbours in time are 100 Hz apart, voices 25.
    static func hertz(segment: Int, voice: Int) -> Double { Double(300 + 25 * (voices * (segment % pitches) + voice)) }

    /// Playing time of a segment. Units: nanoseconds.
    var nanoseconds: Int64 { tone.rate.nanoseconds(ofSamples: tone.rate.samples(inMilliseconds: milliseconds)) }

    /// The audio of a segment, in phase with the one made before it.
    mutating func audio(ofSegment number: Int) -> PCM16 {
        tone = tone.continued(atHertz: Self.hertz(segment: number, voice: voice))
        return tone.next(milliseconds: milliseconds)
    }
}
