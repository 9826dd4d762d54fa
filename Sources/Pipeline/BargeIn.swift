import Call

/// Decides when what the caller does is a turn, and then interrupts the bot. It stands behind ``VoiceActivity``, before the bot.
///
/// A turn begins when any of the ``Rules`` confirms it: `userStartedSpeaking`, then an interruption both ways, always: a bot that
/// thinks, or whose words are sent and not heard yet, has to be stopped too. A key interrupts and begins no turn. The turn frames of
/// the detector pass only as far as a rule confirms them; each `userStartedSpeaking` has its `userStoppedSpeaking`.
///
/// Where it is reversible, the first sound of a voice while the bot is heard only pauses playout (`pauseOutput`). What confirms the
/// turn interrupts; a voice that is gone before that (a cough) lets playout go on (`resumeOutput`), as does ``longestPause``. Where only
/// words confirm, a voice long enough for a turn holds the bot until its words are there, or the turn is over without them. An
/// `interruption` from anywhere ends the pause in playout by itself.
///
/// Words may come from either side: from before it, or upstream from a recogniser behind it that sends its transcriptions both ways.
public struct BargeIn: Processor {
    /// From the pause to going on without a decision. A recogniser has found the first words by then; a bot that is silent for longer
    /// seems gone. LiveKit waits as long for what it calls a false interruption.
    public static let longestPause = Duration.seconds(2)
    /// For so long after a turn a transcription is of that turn's words, which recognisers send when the voice is gone.
    public static let lateWords = Duration.seconds(1)

    private enum Turn {
        case none
        /// The detector's turn: it says when it is over.
        case spoken
        /// Begun by words of a voice that makes no turn: over when no more words come.
        case worded(until: Moment)
        case over(since: Moment)
    }

    private enum Voice {
        case silent
        case heard
        /// Heard for so long without a decision that the bot goes on.
        case ignored
    }

    private enum Output {
        case playing
        case paused(until: Moment)
    }

    private let rules: Rules
    /// From the last words to the end of a turn that words began.
    private let stop: Interval
    private var turn = Turn.none
    private var voice = Voice.silent
    private var output = Output.playing
    private var isBotSpeaking = false
    private var isMuted = false
    /// The detector's turn lasts, whether a rule has confirmed it or not.
    private var isDetectorTurn = false

    /// - Parameter stop: from the last words to the end of a turn that the detector does not hear; negative ones count as 0.
    public init(_ rules: Rules = Rules(), stop: Duration = UserTurn.Times().stop) {
        self.rules = rules
        self.stop = Interval(max(stop, .zero))
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch direction {
        case .downstream: follow(frame, &context)
        case .upstream:
            if case .transcription(let transcription) = frame.content { return hear(transcription, frame, direction, &context) }
            if case .interruption = frame.content { stopPausing(&context) }
            context.push(frame, direction)
        }
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        if case .paused(let until) = output, until <= context.now {
            voice = .ignored
            resume(&context)
        }
        if case .worded(let until) = turn, until <= context.now { endTurn(&context) }
        setWake(&context)
    }
}

// MARK: What is heard

extension BargeIn {
    private mutating func follow(_ frame: Frame, _ context: inout ProcessorContext) {
        switch frame.content {
        case .vadUserStartedSpeaking:
            context.push(frame)
            startVoice(&context)
        case .vadUserStoppedSpeaking:
            context.push(frame)
            voice = .silent
            // The words of whoever spoke for so long may still come: the bot would go on for one word.
            if !isDetectorTurn { resume(&context) }
        case .userStartedSpeaking: startDetectorTurn(&context)
        case .userStoppedSpeaking:
            isDetectorTurn = false
            if case .spoken = turn { endTurn(&context) }
            if case .silent = voice { resume(&context) }
        case .botStartedSpeaking:
            context.push(frame)
            isBotSpeaking = true
            pauseIfUndecided(&context)
        case .botStoppedSpeaking:
            context.push(frame)
            isBotSpeaking = false
        case .inputDTMF:
            if rules.keys { interrupt(&context) }
            // Behind the interruption: what the bot does about the key is kept.
            context.push(frame)
        case .transcription(let transcription): hear(transcription, frame, .downstream, &context)
        case .interruption:
            stopPausing(&context)
            context.push(frame)
        case .custom(let custom):
            context.push(frame)
            if let change = custom as? UserMuteChanged { mute(change.isMuted, &context) }
        case .start, .cancel, .inputAudioRaw, .utterance, .userIdle, .pauseOutput, .resumeOutput, .markReturned, .machineDetected,
            .transferAnswered, .recordingChanged, .error, .note, .outputAudioRaw, .outputDTMF, .mark, .text, .words, .ttsStarted,
            .ttsStopped, .end, .transfer, .handOver, .recording, .background, .heartbeat:
            context.push(frame)
        }
    }

    private mutating func startVoice(_ context: inout ProcessorContext) {
        if case .silent = voice { voice = .heard }
        if case .over = turn { turn = .none }
        pauseIfUndecided(&context)
    }

    private mutating func startDetectorTurn(_ context: inout ProcessorContext) {
        isDetectorTurn = true
        switch turn {
        case .spoken: break
        case .worded: set(.spoken, &context)
        case .none, .over:
            if rules.voice || rules.words == nil { beginTurn(.spoken, interrupts: rules.voice, &context) }
        }
    }

    private mutating func hear(
        _ transcription: Transcription, _ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext
    ) {
        guard let words = rules.words, !isMuted else { return context.push(frame, direction) }
        switch turn {
        case .spoken: break
        case .worded: set(.worded(until: context.now.after(stop)), &context)
        case .over(let since) where context.now - since <= Self.lateWords: break
        case .none, .over:
            guard transcription.text.hasWords(isBotSpeaking ? words : 1) else {
                // As in Pipecat the words of whoever only says "yes" to a bot that speaks are not answered.
                if direction == .upstream { context.push(frame, direction) }
                if transcription.isFinal, case .silent = voice { resume(&context) }
                return
            }
            beginTurn(isDetectorTurn ? .spoken : .worded(until: context.now.after(stop)), &context)
        }
        // Behind the interruption, which would drop it.
        context.push(frame, direction)
    }

    private mutating func mute(_ isMuted: Bool, _ context: inout ProcessorContext) {
        self.isMuted = isMuted
        // Nothing can confirm it any more.
        if isMuted { resume(&context) }
    }
}

// MARK: What is done

extension BargeIn {
    private mutating func beginTurn(_ begun: Turn, interrupts: Bool = true, _ context: inout ProcessorContext) {
        set(begun, &context)
        context.push(.userStartedSpeaking)
        if interrupts { interrupt(&context) }
    }

    private mutating func endTurn(_ context: inout ProcessorContext) {
        set(.over(since: context.now), &context)
        context.push(.userStoppedSpeaking)
    }

    private mutating func interrupt(_ context: inout ProcessorContext) {
        stopPausing(&context)
        context.broadcastInterruption()
    }

    private mutating func pauseIfUndecided(_ context: inout ProcessorContext) {
        guard rules.isReversible, rules.voice || rules.words != nil, isBotSpeaking, !isMuted else { return }
        guard case .heard = voice, case .playing = output else { return }
        switch turn {
        case .spoken, .worded: return
        case .none, .over: break
        }
        output = .paused(until: context.now + Self.longestPause)
        setWake(&context)
        context.push(.pauseOutput)
    }

    private mutating func resume(_ context: inout ProcessorContext) {
        guard case .paused = output else { return }
        stopPausing(&context)
        context.push(.resumeOutput)
    }

    /// The pause is over, in playout too.
    private mutating func stopPausing(_ context: inout ProcessorContext) {
        guard case .paused = output else { return }
        output = .playing
        setWake(&context)
    }

    private mutating func set(_ turn: Turn, _ context: inout ProcessorContext) {
        self.turn = turn
        setWake(&context)
    }

    private func setWake(_ context: inout ProcessorContext) {
        var wake: Moment?
        if case .paused(let until) = output { wake = until }
        if case .worded(let until) = turn { wake = earliest(wake, until) }
        context.wake(at: wake)
    }
}
