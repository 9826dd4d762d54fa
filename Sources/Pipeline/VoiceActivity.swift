import Audio
import Call

/// Says when the caller starts and stops speaking: `userStartedSpeaking` before the audio that decided it, `userStoppedSpeaking` after.
///
/// The audio passes unchanged and undelayed; the detector hears a copy. A gap in the stream is silence of its length, so that a caller
/// who is cut off in the middle of a word does not speak for ever.
public struct VoiceActivity: Processor {
    /// How late a packet may be before its lateness is a gap: networks deliver audio in clumps.
    public static let jitter = Duration.milliseconds(200)

    private var detector: any VoiceActivityDetector
    private var turn: UserTurn
    /// When audio came last, and how long it plays.
    private var heard: Moment?
    private var length = Duration.zero
    private var isWakeSet = false

    public init(detector: any VoiceActivityDetector = BandEnergyDetector(), times: UserTurn.Times = UserTurn.Times()) {
        self.detector = detector
        turn = UserTurn(times)
    }

    /// Whether the caller's turn lasts.
    public var isSpeaking: Bool { turn.isSpeaking }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard direction == .downstream, case .inputAudioRaw(let audio) = frame.content else {
            return context.push(frame, direction)
        }
        skipGap(before: audio, &context)
        heard = context.now
        length = .nanoseconds(audio.nanoseconds)
        var turn = turn
        var stopped = 0
        detector.process(audio) { reading in
            switch turn.add(reading) {
            case .started?: context.push(.userStartedSpeaking)
            case .stopped?: stopped += 1
            case nil: break
            }
        }
        self.turn = turn
        context.push(frame)
        for _ in 0..<stopped { context.push(.userStoppedSpeaking) }
        if turn.isSpeaking, !isWakeSet { wakeAtStop(&context) }
    }

    /// No audio came for so long that the turn may be over.
    public mutating func wake(_ context: inout ProcessorContext) {
        isWakeSet = false
        guard turn.isSpeaking else { return }
        guard context.now >= stop(after: context.now) else { return wakeAtStop(&context) }
        _ = turn.addSilence(.nanoseconds(Int64.max))
        detector.resetSpeech()
        context.push(.userStoppedSpeaking)
    }

    private mutating func skipGap(before audio: PCM16, _ context: inout ProcessorContext) {
        guard let heard else { return }
        let gap = context.now - heard - .nanoseconds(audio.nanoseconds)
        guard gap > Self.jitter else { return }
        detector.resetSpeech()
        if turn.addSilence(gap) == .stopped { context.push(.userStoppedSpeaking) }
    }

    private mutating func wakeAtStop(_ context: inout ProcessorContext) {
        context.wake(at: stop(after: context.now))
        isWakeSet = true
    }

    /// When the turn is over if no more audio comes.
    private func stop(after now: Moment) -> Moment {
        (heard ?? now).after(Interval(max(turn.silenceToStop ?? .zero, length + Self.jitter)))
    }
}
