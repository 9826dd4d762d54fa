/// Tells a voice from everything else on the line, 20 ms at a time.
public protocol VoiceActivityDetector: Sendable {
    /// Feeds one packet of any length.
    ///
    /// - Parameter body: gets one reading for each 20 ms that the packet completes, in order; none for a packet too short for that.
    mutating func process(_ samples: Span<Int16>, at rate: SampleRate, each body: (VoiceReading) -> Void)

    /// Forgets the packet begun and whether somebody speaks, and keeps what is known about the line's noise: the stream had a gap.
    mutating func resetSpeech()
}

/// What a ``VoiceActivityDetector`` makes of 20 ms.
public struct VoiceReading: Equatable, Sendable {
    /// How much sound one reading stands for. Units: milliseconds.
    public static let milliseconds = 20

    public var isSpeech: Bool
    /// 0 for none of a voice's marks, 1 for all of them. With `isSpeech`, 0 says that the sound is over and its end is only held.
    public var confidence: Float
    /// Units: dBFS by the sine convention, at least -100.
    public var level: Float

    public init(isSpeech: Bool, confidence: Float, level: Float) {
        self.isSpeech = isSpeech
        self.confidence = confidence
        self.level = level
    }
}

extension VoiceActivityDetector {
    public mutating func process(_ audio: PCM16, each body: (VoiceReading) -> Void) {
        process(audio.samples.span, at: audio.rate, each: body)
    }
}
