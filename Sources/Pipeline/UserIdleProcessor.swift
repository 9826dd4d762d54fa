import Call

/// Tells the bot that the caller does nothing (`userIdle`, counted from 1 until the caller does something), and at last ends the call
/// as `idleTimeout`. The rules are ``UserIdle``'s.
///
/// The `end` goes upstream and turns round at the head, so that every processor sees it wherever this one stands. Words count as
/// something done, for calls in which nothing listens for a voice. A bot that has pushed its `end` is left to say its goodbye.
public struct UserIdleProcessor: Processor {
    /// Other times from now on, in either direction; as Pipecat's `UserIdleTimeoutUpdateFrame` it acts at once. `nil` or 0: never.
    public struct Times: CustomFrame, Equatable {
        public var askAfter: Duration?
        public var endAfter: Duration?
        public var `class`: Frame.Class { .system }

        public init(askAfter: Duration? = nil, endAfter: Duration? = nil) {
            self.askAfter = askAfter
            self.endAfter = endAfter
        }
    }

    private var idle: UserIdle
    private var count = 0
    private var isOver = false

    public init(_ times: Times) { idle = UserIdle(askAfter: times.askAfter, endAfter: times.endAfter) }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        context.push(frame, direction)
        switch frame.content {
        case .inputAudioRaw, .start, .cancel, .interruption, .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .utterance,
            .userIdle,
            .pauseOutput, .resumeOutput, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .error, .note,
            .outputAudioRaw, .outputDTMF, .mark, .text, .words, .ttsStarted, .ttsStopped, .transfer, .handOver, .recording,
            .background, .heartbeat:
            return
        case .botStartedSpeaking: if direction == .downstream { idle.botStarted() }
        case .botStoppedSpeaking: if direction == .downstream { idle.botStopped(at: context.now) }
        case .userStartedSpeaking:
            guard direction == .downstream else { return }
            count = 0
            idle.userStarted()
        case .userStoppedSpeaking: if direction == .downstream { idle.userStopped() }
        case .inputDTMF, .transcription:
            count = 0
            idle.keyPressed()
        case .end:
            isOver = true
        case .custom(let custom):
            guard let times = custom as? Times else { return }
            idle.change(askAfter: times.askAfter, endAfter: times.endAfter, at: context.now)
        }
        context.wake(at: isOver ? nil : idle.wake)
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        guard !isOver else { return }
        switch idle.poll(at: context.now) {
        case .askAgain?:
            count += 1
            context.push(.userIdle(count))
        case .hangUp?:
            isOver = true
            return context.push(.end(.idleTimeout), .upstream)
        case nil: break
        }
        context.wake(at: idle.wake)
    }
}
