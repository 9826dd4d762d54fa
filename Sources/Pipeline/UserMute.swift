import Call

/// Keeps the caller from being heard for a while. It stands before whatever listens to the caller.
///
/// While muted it holds back what Pipecat's user aggregator does: the caller's audio, the beginnings of voice and turn, and
/// transcriptions, on their way downstream; keys too, if so asked. What ends a voice or a turn passes, so that nothing stays open, and
/// an interruption does: somebody else has decided on it. The stream looks silent from behind: a turn that lasts when the mute begins
/// ends by the rule for gaps, and a caller who speaks when it ends is heard from there on.
///
/// As in Pipecat, each frame is judged by the state before it: the frame that begins a mute passes, and so does the one that ends it.
public struct UserMute: Processor {
    public enum Rule: Sendable {
        /// From the start of the call until the bot's first speech is over. With a bot that never speaks, for the whole call.
        case untilFirstSpeech
        /// While the bot speaks for the first time. Before that the caller is heard.
        case duringFirstSpeech
        /// Whenever the bot speaks.
        case whileBotSpeaks
        /// From a frame to a frame, whichever way they travel; again and again.
        case span(from: @Sendable (Frame) -> Bool, to: @Sendable (Frame) -> Bool)
    }

    private let rules: [Rule]
    private let holdsKeys: Bool
    private var isBotSpeaking = false
    private var hasSpoken = false
    /// Of each rule that is a span, whether it lasts.
    private var spans: [Bool]
    private var isMuted: Bool

    /// - Parameters:
    ///   - rules: any of them mutes.
    ///   - holdsKeys: keys are held back like the voice.
    public init(_ rules: [Rule], holdsKeys: Bool = false) {
        self.rules = rules
        self.holdsKeys = holdsKeys
        spans = Array(repeating: false, count: rules.count)
        isMuted = false
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .end, .cancel: return context.push(frame, direction)
        case .inputAudioRaw, .vadUserStartedSpeaking, .userStartedSpeaking, .transcription:
            if !isMuted || direction == .upstream { context.push(frame, direction) }
        case .inputDTMF:
            if !isMuted || !holdsKeys || direction == .upstream { context.push(frame, direction) }
        case .botStartedSpeaking:
            isBotSpeaking = true
            context.push(frame, direction)
        case .botStoppedSpeaking:
            isBotSpeaking = false
            hasSpoken = true
            context.push(frame, direction)
        case .start, .interruption, .vadUserStoppedSpeaking, .userStoppedSpeaking, .utterance, .userIdle, .pauseOutput,
            .resumeOutput,
            .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .error, .note, .outputAudioRaw, .outputDTMF,
            .mark,
            .text, .words, .ttsStarted, .ttsStopped, .transfer, .handOver, .recording, .background, .heartbeat, .custom:
            context.push(frame, direction)
        }
        judge(frame, &context)
    }

    /// Decides on the frames after this one.
    private mutating func judge(_ frame: Frame, _ context: inout ProcessorContext) {
        var mutes = false
        for (index, rule) in rules.enumerated() {
            switch rule {
            case .untilFirstSpeech: mutes = mutes || !hasSpoken
            case .duringFirstSpeech: mutes = mutes || isBotSpeaking && !hasSpoken
            case .whileBotSpeaks: mutes = mutes || isBotSpeaking
            case .span(let from, let to):
                spans[index] = spans[index] ? !to(frame) : from(frame)
                mutes = mutes || spans[index]
            }
        }
        guard mutes != isMuted else { return }
        isMuted = mutes
        context.push(.custom(UserMuteChanged(isMuted: mutes)))
    }
}

/// The caller is not heard any more, or again. Goes downstream. Pipecat's `UserMuteStartedFrame` and `UserMuteStoppedFrame`.
public struct UserMuteChanged: CustomFrame, Equatable {
    public var isMuted: Bool
    public var `class`: Frame.Class { .system }

    public init(isMuted: Bool) { self.isMuted = isMuted }
}
