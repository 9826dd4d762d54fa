import Call

/// Frames by what they carry, as filters name them: `[.text, .transcription]`. All ``CustomFrame``s are one kind.
public struct FrameKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(_ bit: Int) { rawValue = 1 << UInt64(bit) }

    public static let start = FrameKinds(0), cancel = FrameKinds(1), interruption = FrameKinds(2)
    public static let inputAudioRaw = FrameKinds(3), inputDTMF = FrameKinds(4)
    public static let vadUserStartedSpeaking = FrameKinds(5), vadUserStoppedSpeaking = FrameKinds(6)
    public static let userStartedSpeaking = FrameKinds(7), userStoppedSpeaking = FrameKinds(8)
    public static let botStartedSpeaking = FrameKinds(9), botStoppedSpeaking = FrameKinds(10)
    public static let utterance = FrameKinds(11), userIdle = FrameKinds(12)
    public static let pauseOutput = FrameKinds(13), resumeOutput = FrameKinds(14), markReturned = FrameKinds(15)
    public static let machineDetected = FrameKinds(16), transferAnswered = FrameKinds(17), recordingChanged = FrameKinds(18)
    public static let error = FrameKinds(19), note = FrameKinds(20)
    public static let outputAudioRaw = FrameKinds(21), outputDTMF = FrameKinds(22), mark = FrameKinds(23), text = FrameKinds(24)
    public static let transcription = FrameKinds(25), words = FrameKinds(26)
    public static let ttsStarted = FrameKinds(27), ttsStopped = FrameKinds(28), end = FrameKinds(29)
    public static let transfer = FrameKinds(30), handOver = FrameKinds(31), recording = FrameKinds(32), background = FrameKinds(33)
    public static let heartbeat = FrameKinds(34), custom = FrameKinds(35)

    /// Those that say who speaks.
    public static let speaking: FrameKinds = [
        .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking,
    ]
    public static let all = FrameKinds(rawValue: .max)
}

extension Frame {
    public var kind: FrameKinds {
        switch content {
        case .start: .start
        case .cancel: .cancel
        case .interruption: .interruption
        case .inputAudioRaw: .inputAudioRaw
        case .inputDTMF: .inputDTMF
        case .vadUserStartedSpeaking: .vadUserStartedSpeaking
        case .vadUserStoppedSpeaking: .vadUserStoppedSpeaking
        case .userStartedSpeaking: .userStartedSpeaking
        case .userStoppedSpeaking: .userStoppedSpeaking
        case .botStartedSpeaking: .botStartedSpeaking
        case .botStoppedSpeaking: .botStoppedSpeaking
        case .utterance: .utterance
        case .userIdle: .userIdle
        case .pauseOutput: .pauseOutput
        case .resumeOutput: .resumeOutput
        case .markReturned: .markReturned
        case .machineDetected: .machineDetected
        case .transferAnswered: .transferAnswered
        case .recordingChanged: .recordingChanged
        case .error: .error
        case .note: .note
        case .outputAudioRaw: .outputAudioRaw
        case .outputDTMF: .outputDTMF
        case .mark: .mark
        case .text: .text
        case .transcription: .transcription
        case .words: .words
        case .ttsStarted: .ttsStarted
        case .ttsStopped: .ttsStopped
        case .end: .end
        case .transfer: .transfer
        case .handOver: .handOver
        case .recording: .recording
        case .background: .background
        case .heartbeat: .heartbeat
        case .custom: .custom
        }
    }
}
