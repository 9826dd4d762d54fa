import Audio
import Call

/// Leaves a message on an answering machine. It stands behind the bot (``BotPipeline/appending(_:)``) and waits for what machine
/// detection says.
///
/// - No word yet, `human` or `unknown`: the bot speaks, as without it. An `end` of the bot's settles the matter: no message any more.
/// - `machine`: the bot is interrupted and from then on mute, so that it does not talk over the greeting; its `end` is dropped too.
/// - `beep`, with or without a `machine` before it: after ``pause`` the message is said, once and whole whatever interrupts, and then
///   the call ends as `completed`.
/// - `machine` and then `unknown`: no beep will be reported; the message is said at once. So it is ``longestGreeting`` after a
///   `machine` that nothing follows: recording has begun by then.
///
/// A `cancel` ends the call at once, as ever. Every processor of the bot has to pass `machineDetected` on.
public struct VoicemailMessage: Processor {
    /// From the word `machine` to the message, if no beep is reported.
    ///
    /// Longer than any provider waits for the beep before it says that there was none (Vonage: 45 s as calls are ordered), by the time
    /// that a callback may take. Shorter, the message would be said into a long greeting whose beep is still to come.
    public static let longestGreeting = Duration.seconds(50)
    /// Silence before the message. Covers the rest of the beep, whose start Vonage reports, and the moment until the machine records.
    public static let pause = Duration.milliseconds(500)
    /// Most of the message that is handed over ahead of the clock. Playout holds thirty seconds; the message may be longer.
    static let ahead = Duration.seconds(5)
    /// How often more of it is handed over.
    static let step = Duration.seconds(1)

    private enum State {
        /// The bot speaks.
        case passing
        /// The bot is mute; the beep has not been reported.
        case waiting
        /// The message is said.
        ///
        /// - Parameter samples: how many were handed over.
        case leaving(since: Moment, samples: Int)
        /// An `end` was pushed: playout takes nothing more.
        case over
    }

    private let message: PCM16
    private var heard: MachineVerdict?
    private var state = State.passing

    /// - Parameters:
    ///   - message: any rate, any length.
    ///   - heard: what machine detection had said before the stream opened: nothing of the bot is heard then.
    public init(_ message: PCM16, heard: MachineVerdict? = nil) {
        self.message = message
        self.heard = heard
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .machineDetected(let verdict):
            context.push(frame, direction)
            hear(verdict, &context)
        case .end:
            guard !drops(direction) else { return }
            if direction == .downstream { state = .over }
            context.push(frame, direction)
        case .outputAudioRaw, .outputDTMF, .mark, .text, .words, .ttsStarted, .ttsStopped, .transfer, .handOver:
            if !drops(direction) { context.push(frame, direction) }
        case .start:
            context.push(frame, direction)
            if let verdict = heard { hear(verdict, &context) }
            heard = nil
        case .cancel, .interruption, .inputAudioRaw, .inputDTMF, .vadUserStartedSpeaking, .vadUserStoppedSpeaking,
            .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .utterance, .userIdle,
            .pauseOutput,
            .resumeOutput, .markReturned, .transferAnswered, .recordingChanged, .note, .error, .recording, .background, .heartbeat,
            .transcription, .custom:
            context.push(frame, direction)
        }
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        switch state {
        case .waiting: leave(&context)
        case .leaving(let since, let samples): say(since: since, from: samples, &context)
        case .passing, .over: break
        }
    }

    /// Whether the bot is mute.
    private func drops(_ direction: FrameDirection) -> Bool {
        switch state {
        case .passing, .over: false
        case .waiting, .leaving: direction == .downstream
        }
    }

    private mutating func hear(_ verdict: MachineVerdict, _ context: inout ProcessorContext) {
        switch (state, verdict) {
        case (.passing, .machine):
            context.broadcastInterruption()
            state = .waiting
            context.wake(at: context.now + Self.longestGreeting)
        case (.passing, .beep):
            context.broadcastInterruption()
            leave(&context)
        case (.waiting, .beep), (.waiting, .unknown): leave(&context)
        case (.passing, .human), (.passing, .unknown), (.waiting, .human), (.waiting, .machine), (.leaving, _), (.over, _): break
        }
    }

    private mutating func leave(_ context: inout ProcessorContext) {
        say(.silence(milliseconds: Int(Self.pause.milliseconds), rate: message.rate), &context)
        say(since: context.now, from: 0, &context)
    }

    /// Hands over what is due of the message, and the `end` behind its last sample.
    private mutating func say(since: Moment, from start: Int, _ context: inout ProcessorContext) {
        let due = message.rate.samples(inMilliseconds: Int((context.now - since + Self.ahead).milliseconds))
        let end = min(max(due, start), message.samples.count)
        if start < end { say(PCM16(samples: Array(message.samples[start..<end]), rate: message.rate), &context) }
        guard end == message.samples.count else {
            state = .leaving(since: since, samples: end)
            return context.wake(at: context.now + Self.step)
        }
        state = .over
        context.wake(at: nil)
        context.push(.end(.completed))
    }

    private func say(_ audio: PCM16, _ context: inout ProcessorContext) {
        context.push(Frame(.outputAudioRaw(audio), isInterruptible: false))
    }
}
