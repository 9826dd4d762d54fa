import Audio
import Call

/// Says when a voice comes and goes, and when the caller's turn begins and ends.
///
/// - `vadUserStartedSpeaking` at the first reading of speech and `userStartedSpeaking` once it has lasted, before the audio that
///   decided it; `vadUserStoppedSpeaking` when the detector hears no speech any more and `userStoppedSpeaking` after the stop time,
///   after that audio. The detector's own hold (100 ms of ``BandEnergyDetector``) bridges the closed mouth inside a word.
/// - The audio passes unchanged and undelayed; the detector hears a copy.
/// - A gap in the stream is silence of its length, so that a caller who is cut off in the middle of a word does not speak for ever.
public struct VoiceActivity: Processor {
    /// How late a packet may be before its lateness is a gap: networks deliver audio in clumps.
    public static let jitter = Duration.milliseconds(200)

    private var detector: any VoiceActivityDetector
    private var turn: UserTurn
    private var isVoiceHeard = false
    private var isBotSpeaking = false
    /// When audio came last, and how long it plays.
    private var heard: Moment?
    private var length = Duration.zero
    private var wakeAt: Moment?

    public init(detector: any VoiceActivityDetector = BandEnergyDetector(), times: UserTurn.Times = UserTurn.Times()) {
        self.detector = detector
        turn = UserTurn(times)
    }

    /// Whether the caller's turn lasts.
    public var isSpeaking: Bool { turn.isSpeaking }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard direction == .downstream else { return context.push(frame, direction) }
        if case .inputAudioRaw(let audio) = frame.content { return hear(audio, frame, &context) }
        if case .botStartedSpeaking = frame.content { isBotSpeaking = true }
        if case .botStoppedSpeaking = frame.content { isBotSpeaking = false }
        context.push(frame)
    }

    /// No audio came for so long that the voice is gone, or the turn over.
    public mutating func wake(_ context: inout ProcessorContext) {
        wakeAt = nil
        if isVoiceHeard, context.now >= voiceEnd(after: context.now) {
            detector.resetSpeech()
            stopVoice(&context)
            // A sound too short for a turn is over with the voice.
            if turn.addSilence(.zero) == .stopped { context.push(.userStoppedSpeaking) }
        }
        if turn.isSpeaking, context.now >= turnEnd(after: context.now) {
            _ = turn.addSilence(.nanoseconds(Int64.max))
            detector.resetSpeech()
            context.push(.userStoppedSpeaking)
        }
        keepAwake(&context)
    }

    private mutating func hear(_ audio: PCM16, _ frame: Frame, _ context: inout ProcessorContext) {
        skipGap(before: audio, &context)
        heard = context.now
        length = .nanoseconds(audio.nanoseconds)
        var (turn, isVoiceHeard) = (turn, isVoiceHeard)
        // What follows a stop in the same packet stays behind it.
        var behind: [Frame.Content] = []
        detector.process(audio) { reading in
            if reading.isSpeech != isVoiceHeard {
                isVoiceHeard = reading.isSpeech
                if reading.isSpeech, behind.isEmpty {
                    context.push(.vadUserStartedSpeaking)
                } else {
                    behind.append(reading.isSpeech ? .vadUserStartedSpeaking : .vadUserStoppedSpeaking)
                }
            }
            switch turn.add(reading, overBot: isBotSpeaking) {
            case .started? where behind.isEmpty: context.push(.userStartedSpeaking)
            case .started?: behind.append(.userStartedSpeaking)
            case .stopped?: behind.append(.userStoppedSpeaking)
            case nil: break
            }
        }
        (self.turn, self.isVoiceHeard) = (turn, isVoiceHeard)
        context.push(frame)
        for content in behind { context.push(content) }
        keepAwake(&context)
    }

    private mutating func skipGap(before audio: PCM16, _ context: inout ProcessorContext) {
        guard let heard else { return }
        let gap = context.now - heard - .nanoseconds(audio.nanoseconds)
        guard gap > Self.jitter else { return }
        detector.resetSpeech()
        if isVoiceHeard { stopVoice(&context) }
        if turn.addSilence(gap) == .stopped { context.push(.userStoppedSpeaking) }
    }

    private mutating func stopVoice(_ context: inout ProcessorContext) {
        isVoiceHeard = false
        context.push(.vadUserStoppedSpeaking)
    }

    /// Asks for a wake where one is needed and none comes as early. A wake that audio has made too early costs less than moving it.
    private mutating func keepAwake(_ context: inout ProcessorContext) {
        guard isVoiceHeard || turn.isSpeaking else { return }
        let end = isVoiceHeard ? voiceEnd(after: context.now) : turnEnd(after: context.now)
        if let wakeAt, wakeAt <= end { return }
        wakeAt = end
        context.wake(at: end)
    }

    /// When the voice is gone if no more audio comes. Never after the turn's end.
    private func voiceEnd(after now: Moment) -> Moment { (heard ?? now).after(Interval(length + Self.jitter)) }

    /// When the turn is over if no more audio comes.
    private func turnEnd(after now: Moment) -> Moment {
        (heard ?? now).after(Interval(max(turn.silenceToStop ?? .zero, length + Self.jitter)))
    }
}
