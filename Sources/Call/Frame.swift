import Audio

/// One thing that happens in a call, on its way through the pipeline. Names and classes follow Pipecat's frames.
public struct Frame: Sendable {
    public var content: Content
    /// Whether an interruption drops the frame while it waits. System frames never wait.
    public var isInterruptible: Bool
    /// Tells a frame that several branches of a pipeline carry from one that looks the same; 0 outside such branches.
    /// It lies where the frame had padding.
    package var number: UInt32 = 0

    /// - Parameter isInterruptible: `nil` for the content's own rule.
    public init(_ content: Content, isInterruptible: Bool? = nil) {
        self.content = content
        self.isInterruptible = isInterruptible ?? content.isInterruptible
    }

    public enum Content: Sendable {
        // System: overtake, are never dropped.
        /// The first frame of every pipeline.
        indirect case start(CallInfo)
        /// The call is over now; what waits is dropped.
        case cancel(Termination)
        /// The caller interrupts: what the bot was going to say is dropped.
        case interruption
        /// The caller's audio, 20 ms in most dialects, at the pipeline's input rate.
        case inputAudioRaw(PCM16)
        /// The caller pressed a key.
        case inputDTMF(KeypadEntry)
        /// A detector hears a voice; it may be a cough.
        case vadUserStartedSpeaking
        /// The voice is gone.
        case vadUserStoppedSpeaking
        /// The caller's turn begins: they have spoken for the start time.
        case userStartedSpeaking
        /// The caller's turn is over: they have been silent for the stop time.
        case userStoppedSpeaking
        /// The caller begins to *hear* the bot.
        case botStartedSpeaking
        /// The caller has *heard* the bot's last word, or an interruption silenced it.
        case botStoppedSpeaking
        /// The account of one utterance, once it is closed: heard to its end, or interrupted and the provider has said how far it got.
        indirect case utterance(UtteranceReport)
        /// Nobody has spoken for the idle time; how often in a row.
        case userIdle(Int)
        /// Playout holds back what it has not sent: neither audio nor a clear leaves.
        case pauseOutput
        /// Playout goes on with the first sample that it has not sent.
        case resumeOutput
        /// A ``mark(_:)`` came back. `wasPlayed`: everything before it has played; `false`: a clear threw it back.
        case markReturned(String, wasPlayed: Bool)
        /// Machine detection says who answered the outbound call, or that the machine's greeting is over (`beep`).
        ///
        /// Only calls that were ordered with machine detection have it. It comes at any moment, the bot may be speaking, and can come
        /// more than once (`machine`, then `beep`). A bot that reacts to it handles it as any frame: `context.push(.end(.completed))`
        /// on `machine` ends the call. One that does not passes it on.
        case machineDetected(MachineVerdict)
        /// The provider's word on a ``transfer(_:)``.
        case transferAnswered(TransferAnswer)
        /// The call's recording has changed its state.
        case recordingChanged(RecordingStatus)
        /// Something failed; travels upstream.
        case error(String)
        /// A line for the call's event log.
        indirect case note(ConversationEvent)

        // Data: keep order, are dropped by an interruption.
        /// Audio for the caller, any rate, any length.
        case outputAudioRaw(PCM16)
        /// Keys for the far end: by the provider's own message or API where it has one, else as tones in the audio.
        case outputDTMF([KeypadEntry])
        /// Asks the provider to report when everything before it has played.
        case mark(String)
        case text(String)
        /// What somebody was heard to say.
        indirect case transcription(Transcription)
        /// Words of the utterance that is being said, for the account of what was heard.
        case words([SpokenWord])

        // Control: keep order, are dropped by an interruption.
        /// The bot starts one utterance.
        case ttsStarted
        /// The utterance is complete: its last partial packet is padded and sent.
        case ttsStopped

        // Control: keep order, are not dropped.
        /// The bot is done: what waits is played, then the call ends. Pushed upstream it turns round at the head.
        case end(Termination)
        /// Asks the provider to connect the caller to a telephone. `transferAnswered` is the answer.
        indirect case transfer(TransferOrder)
        /// Another bot takes the call from here.
        case handOver(bot: String)
        case recording(RecordingOrder)
        /// Boxed, as the others that would make every frame larger.
        indirect case background(BackgroundSetting)
        /// Passes through the pipeline to show that it lives.
        case heartbeat(Moment)

        /// A frame of your own. Boxed, so that the other frames stay small: audio is moved far more often.
        indirect case custom(any CustomFrame)
    }

    public enum Class: Sendable { case system, data, control }

    public var `class`: Class { content.class }
}

extension Frame.Content {
    public var `class`: Frame.Class {
        switch self {
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking,
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .utterance, .userIdle,
            .pauseOutput,
            .resumeOutput, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .error, .note:
            .system
        case .outputAudioRaw, .outputDTMF, .mark, .text, .transcription, .words: .data
        case .ttsStarted, .ttsStopped, .end, .transfer, .handOver, .recording, .background, .heartbeat: .control
        case .custom(let frame): frame.class
        }
    }

    var isInterruptible: Bool {
        switch self {
        case .outputAudioRaw, .outputDTMF, .mark, .text, .transcription, .words, .ttsStarted, .ttsStopped, .heartbeat: true
        case .end, .transfer, .handOver, .recording, .background: false
        case .custom(let frame): frame.class != .system
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking,
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .utterance, .userIdle,
            .pauseOutput,
            .resumeOutput, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .error, .note:
            false
        }
    }
}

/// A frame that processors outside this package invent for each other.
public protocol CustomFrame: Sendable {
    var `class`: Frame.Class { get }
}

/// Which way a frame travels: downstream from the caller to the caller's ear, upstream against it.
public enum FrameDirection: Sendable { case downstream, upstream }
