import Audio

/// One thing that happens in a call, on its way through the pipeline. Names and classes follow Pipecat's frames.
public struct Frame: Sendable {
    public var content: Content
    /// Whether an interruption drops the frame while it waits. System frames never wait.
    public var isInterruptible: Bool

    /// - Parameter isInterruptible: `nil` for the content's own rule (everything but `end` and system frames).
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
        /// The caller's turn begins: they have spoken for the start time.
        case userStartedSpeaking
        /// The caller's turn is over: they have been silent for the stop time.
        case userStoppedSpeaking
        /// A ``mark(_:)`` came back. `wasPlayed`: everything before it has played; `false`: a clear threw it back.
        case markReturned(String, wasPlayed: Bool)
        /// Machine detection says who answered the outbound call, or that the machine's greeting is over (`beep`).
        ///
        /// Only calls that were ordered with machine detection have it. It comes at any moment, the bot may be speaking, and can come
        /// more than once (`machine`, then `beep`). A bot that reacts to it handles it as any frame: `context.push(.end(.completed))`
        /// on `machine` ends the call. One that does not passes it on.
        case machineDetected(MachineVerdict)
        /// Something failed; travels upstream.
        case error(String)

        // Data: keep order, are dropped by an interruption.
        /// Audio for the caller, any rate, any length.
        case outputAudioRaw(PCM16)
        /// Keys for the far end, where the provider has a message for them (Plivo). Elsewhere they are left out and logged.
        case outputDTMF([KeypadEntry])
        /// Asks the provider to report when everything before it has played.
        case mark(String)
        case text(String)

        // Control: keep order, are dropped by an interruption.
        /// The bot starts one utterance.
        case ttsStarted
        /// The utterance is complete: its last partial packet is padded and sent.
        case ttsStopped
        /// The bot is done: what waits is played, then the call ends. Pushed upstream it turns round at the head.
        case end(Termination)

        /// A frame of your own. Boxed, so that the other frames stay small: audio is moved far more often.
        indirect case custom(any CustomFrame)
    }

    public enum Class: Sendable { case system, data, control }

    public var `class`: Class { content.class }
}

extension Frame.Content {
    public var `class`: Frame.Class {
        switch self {
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .userStartedSpeaking, .userStoppedSpeaking, .markReturned,
            .machineDetected,
            .error:
            .system
        case .outputAudioRaw, .outputDTMF, .mark, .text: .data
        case .ttsStarted, .ttsStopped, .end: .control
        case .custom(let frame): frame.class
        }
    }

    var isInterruptible: Bool {
        switch self {
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .userStartedSpeaking, .userStoppedSpeaking, .markReturned,
            .machineDetected,
            .error, .end:
            false
        case .outputAudioRaw, .outputDTMF, .mark, .text, .ttsStarted, .ttsStopped: true
        case .custom(let frame): frame.class != .system
        }
    }
}

/// A frame that processors outside this package invent for each other.
public protocol CustomFrame: Sendable {
    var `class`: Frame.Class { get }
}

/// Which way a frame travels: downstream from the caller to the caller's ear, upstream against it.
public enum FrameDirection: Sendable { case downstream, upstream }
