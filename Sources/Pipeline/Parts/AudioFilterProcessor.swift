import Audio
import Call

/// Filters the caller's audio. Stands before everything that hears the caller.
///
/// Audio comes out in whole frames of the filter, later by ``AudioFilter/delay`` at most; what the filter holds when the stream has a gap
/// comes out then. With everything off audio passes as it comes, until ``FilterUpdateSettings`` switches something on; from there on
/// the filter stays in the way, so that switching makes no gap.
public struct AudioFilterProcessor: Processor {
    private let factory: any AudioFilterFactory
    private var settings: AudioFilterSettings
    private var filter: (any AudioFilter)?
    /// The rate that has no filter and was complained about.
    private var refused: SampleRate?
    /// When audio came last.
    private var heard = Moment.zero
    private var holdsSamples = false
    private var isWakeSet = false

    public init(_ factory: any AudioFilterFactory, _ settings: AudioFilterSettings) {
        self.factory = factory
        self.settings = settings
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .inputAudioRaw(let audio) where direction == .downstream: process(audio, frame, &context)
        case .custom(let update as FilterUpdateSettings):
            settings = update.settings
            filter?.settings = settings
        case .end where direction == .downstream:
            finish(&context)
            context.push(frame)
        case .start, .cancel, .interruption, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking,
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .utterance, .userIdle,
            .pauseOutput,
            .resumeOutput, .markReturned, .machineDetected, .transferAnswered, .recordingChanged, .error, .note, .outputAudioRaw,
            .outputDTMF, .mark, .text, .transcription, .words, .ttsStarted, .ttsStopped, .end, .transfer, .handOver, .recording,
            .background, .heartbeat, .custom:
            context.push(frame, direction)
        }
    }

    /// The stream may have a gap.
    public mutating func wake(_ context: inout ProcessorContext) {
        isWakeSet = false
        if heard.after(Interval(VoiceActivity.jitter)) <= context.now { return finish(&context) }
        setWake(&context)
    }

    private mutating func process(_ audio: PCM16, _ frame: Frame, _ context: inout ProcessorContext) {
        if filter?.rate != audio.rate {
            finish(&context)
            filter = settings.isOff || audio.rate == refused ? nil : makeFilter(at: audio.rate, &context)
        }
        guard filter != nil else { return context.push(frame) }
        var output: [Int16] = []
        filter?.process(audio.samples.span, into: &output)
        if !output.isEmpty { context.push(.inputAudioRaw(PCM16(samples: output, rate: audio.rate))) }
        heard = context.now
        holdsSamples = true
        if !isWakeSet { setWake(&context) }
    }

    private mutating func makeFilter(at rate: SampleRate, _ context: inout ProcessorContext) -> (any AudioFilter)? {
        if let filter = factory.makeFilter(at: rate, settings) { return filter }
        refused = rate
        context.push(.error("the caller's audio at \(rate) cannot be filtered: it passes as it is"), .upstream)
        return nil
    }

    private mutating func finish(_ context: inout ProcessorContext) {
        guard holdsSamples, let rate = filter?.rate else { return }
        var rest: [Int16] = []
        filter?.finish(into: &rest)
        holdsSamples = false
        if !rest.isEmpty { context.push(.inputAudioRaw(PCM16(samples: rest, rate: rate))) }
    }

    private mutating func setWake(_ context: inout ProcessorContext) {
        context.wake(at: heard.after(Interval(VoiceActivity.jitter)))
        isWakeSet = true
    }
}

/// Switches what an ``AudioFilterProcessor`` does, which keeps the frame. It comes after the audio that was pushed before it.
public struct FilterUpdateSettings: CustomFrame {
    public var settings: AudioFilterSettings
    /// System: the caller's audio is too, and its order with it counts.
    public var `class`: Frame.Class { .system }

    public init(_ settings: AudioFilterSettings) { self.settings = settings }
}
