import Audio
import Call
import Pipeline

/// Says numbered segments and reacts as its options tell; ``DrillBot`` describes both.
struct Drill: Processor {
    /// Most audio handed over ahead of what was heard, or of the clock where nothing is confirmed. Playout holds thirty seconds.
    static let ahead = Duration.seconds(5)
    /// From a key that interrupted to the moment at which the bot goes on.
    static let afterKey = Duration.milliseconds(500)
    /// A segment whose mark is so late after it should have played is not waited for. Covers the provider's jitter buffer and
    /// a round trip.
    static let confirmation = Duration.seconds(1)

    private enum State {
        case saying
        /// Interrupted, to go on when the caller has stopped speaking, or at the moment after a key.
        case interrupted(goesOnAt: Moment?)
        /// The `end` was pushed.
        case ended
    }

    private let options: DrillOptions
    private let segmentTime: Duration
    private var tone: SegmentTone
    private var gate: SpeechGate
    private var script = Script()
    private var state = State.saying
    /// Nothing new will be said; the call ends when what waits was said.
    private var isEnding = false
    /// The number of the first segment of the next reply.
    private var nextSegment = 0
    /// When all that was handed over should have been heard.
    private var playhead = Moment.zero

    init(_ options: DrillOptions, rate: SampleRate) {
        self.options = options
        tone = SegmentTone(voice: options.voice, milliseconds: options.segment, rate: rate)
        segmentTime = .nanoseconds(tone.nanoseconds)
        gate = SpeechGate(least: .milliseconds(options.speech))
    }

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .inputAudioRaw(let audio): hear(audio, &context)
        case .inputDTMF(let key): press(key, &context)
        case .markReturned(let name, let wasPlayed):
            guard let segment = Self.segment(ofMark: name) else { return context.push(frame, direction) }
            if wasPlayed { confirm(segment, at: context.now) }
        case .start:
            context.push(frame, direction)
            addUtterance(options.greet)
            isEnding = options.hangUp == .afterGreeting
        case .interruption:
            context.push(frame, direction)
            interrupted(goesOnAt: context.now + Self.afterKey, at: context.now)
        case .cancel:
            script.removeAll()
            state = .ended
            return context.push(frame, direction)
        case .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking,
            .botStoppedSpeaking, .utterance, .userIdle, .pauseOutput, .resumeOutput, .machineDetected, .transferAnswered,
            .recordingChanged, .note, .error, .outputAudioRaw, .outputDTMF, .mark, .text, .transcription, .words, .ttsStarted,
            .ttsStopped, .end, .transfer, .handOver, .recording, .background, .heartbeat, .custom:
            return context.push(frame, direction)
        }
        advance(&context)
    }

    mutating func wake(_ context: inout ProcessorContext) { advance(&context) }

    // MARK: What happens

    private mutating func hear(_ audio: PCM16, _ context: inout ProcessorContext) {
        let hasStopped = gate.hear(audio)
        if gate.isSpeaking, options.speechInterrupts, isBusy(at: context.now) { interrupt(goesOnAt: nil, &context) }
        guard hasStopped else { return }
        if case .interrupted = state, goOn() { return }
        if options.reply > 0, addUtterance(options.reply), options.hangUp == .afterReply { isEnding = true }
    }

    private mutating func press(_ key: KeypadEntry, _ context: inout ProcessorContext) {
        let hangsUp = options.hangUp == .onPound && key == .pound
        if options.keysInterrupt, !hangsUp {
            if isBusy(at: context.now) {
                interrupt(goesOnAt: context.now + Self.afterKey, &context)
            } else if case .interrupted(.some) = state {
                state = .interrupted(goesOnAt: context.now + Self.afterKey)
            }
        }
        if options.keys == .repeat, !isEnding, let place = KeypadEntry.allCases.firstIndex(of: key) {
            _ = script.append(place..<place + 1)
        }
        if hangsUp { isEnding = true }
    }

    private mutating func confirm(_ segment: Int, at now: Moment) {
        script.heard(segment)
        if case .interrupted = state { return }
        playhead = max(playhead, now + segmentTime * script.unheard)
    }

    private mutating func interrupt(goesOnAt moment: Moment?, _ context: inout ProcessorContext) {
        context.broadcastInterruption()
        interrupted(goesOnAt: moment, at: context.now)
    }

    private mutating func interrupted(goesOnAt moment: Moment?, at now: Moment) {
        playhead = now
        switch state {
        case .saying:
            if options.then == .stop || script.isEmpty {
                script.removeAll()
            } else {
                state = .interrupted(goesOnAt: moment)
            }
        case .interrupted: break
        case .ended: script.removeAll()
        }
    }

    /// - Returns: `false` when everything turns out to have been heard: there is nothing to go on with.
    private mutating func goOn() -> Bool {
        state = .saying
        if options.then == .restart { script.restart() } else { script.resume() }
        return !script.isEmpty
    }

    /// Something is unsaid, or was said and not heard.
    private func isBusy(at now: Moment) -> Bool {
        if case .interrupted = state { return false }
        return script.hasUnsaid || (script.unheard > 0 && now < playhead + Self.confirmation)
    }

    @discardableResult
    private mutating func addUtterance(_ count: Int) -> Bool {
        guard !isEnding, script.append(nextSegment..<nextSegment + count) else { return false }
        nextSegment += count
        return true
    }

    // MARK: What is said

    /// Does what is due and asks to be woken for what is due next.
    private mutating func advance(_ context: inout ProcessorContext) {
        if case .interrupted(let moment?) = state {
            guard moment <= context.now else { return context.wake(at: moment) }
            guard gate.isQuiet else { return }
            _ = goOn()
        }
        guard case .saying = state else { return context.wake(at: nil) }
        say(&context)
        guard !script.hasUnsaid else { return context.wake(at: playhead + segmentTime - Self.ahead) }
        let isOver = playhead + Self.confirmation
        if context.now >= isOver { script.removeAll() }
        guard isEnding, script.isEmpty || !options.mayGoBack else { return context.wake(at: script.isEmpty ? nil : isOver) }
        state = .ended
        context.push(.end(.completed))
        context.wake(at: nil)
    }

    private mutating func say(_ context: inout ProcessorContext) {
        guard script.hasUnsaid else { return }
        playhead = max(playhead, context.now)
        while playhead + segmentTime <= context.now + Self.ahead, let segment = script.sayNext() {
            context.push(.outputAudioRaw(tone.audio(ofSegment: segment)))
            context.push(.mark("s\(segment)"))
            playhead = playhead + segmentTime
        }
    }

    private static func segment(ofMark name: String) -> Int? { name.first == "s" ? Int(name.dropFirst()) : nil }
}
