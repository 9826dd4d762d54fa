import Audio
import Call
import Pipeline

/// Walks one caller through a ``MenuPlan``.
///
/// Keys silence a prompt at once; whatever was keyed counts for what the prompt was about. Time-outs run from the moment at which the
/// caller has *heard* a prompt (`botStoppedSpeaking`), or should have by the clock if nobody says so.
struct Menu: Processor {
    /// After a wrong key, keys that follow each other faster than this belong to the same fumble and are dropped: a caller who leans on
    /// the keypad spends one try.
    static let fumble = Duration.milliseconds(500)
    /// The provider's answer to a transfer has come by then, or the request has failed: longer than a REST request may take.
    static let longestAnswer = Duration.seconds(30)
    /// Another bot has taken the call by then, or there is none.
    static let longestHandOver = Duration.seconds(5)

    enum State {
        /// The call has not begun.
        case asleep
        case saying(MenuSpeech, then: Step)
        /// Silent, for a key.
        case waiting(Wait)
        case recording(MenuMessage)
        case echoing(MenuEcho, until: Moment)
        /// The provider was asked to connect the caller.
        case asking(MenuTransfer, until: Moment)
        /// The provider has accepted.
        case holding(MenuTransfer, MenuSpeech)
        case handingOver(failed: MenuPrompt, back: Int, until: Moment)
        /// Somebody else has the call, or nobody.
        case over
    }

    /// What comes when a prompt is over.
    enum Step {
        /// A key of a menu.
        ///
        /// - Parameter tries: prompts of this menu that were answered by nothing or a wrong key.
        case listen(Int, tries: Int)
        case act(MenuAction)
        case beep(MenuRecord)
        case record(MenuRecord)
        case echo(MenuEcho)
        case transfer(MenuTransfer)
        case handOver(bot: String, failed: MenuPrompt, back: Int)
        case end
    }

    struct Wait {
        var place: Int
        var tries: Int
        var entry = MenuEntry()
        var until: Moment
    }

    let plan: MenuPlan
    var state = State.asleep
    /// The message that was recorded last, where some action plays it back.
    var message: PCM16?
    /// Keys before this moment belong to a fumble.
    var fumbledUntil: Moment?
    private var echo = Echo()

    init(_ plan: MenuPlan) { self.plan = plan }

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if case .over = state { return context.push(frame, direction) }
        switch frame.content {
        case .inputAudioRaw(let audio): hear(audio, frame, &context)
        case .inputDTMF(let key): press(key, &context)
        case .start(let call):
            context.push(frame, direction)
            begin(call, &context)
        case .botStoppedSpeaking:
            context.push(frame, direction)
            if case .saying(let speech, let step) = state, speech.mayBeHeard(at: context.now) { heard(step, &context) }
        case .interruption:
            // What comes from the caller's side has not reached playout: where voice does not interrupt, it ends here.
            if direction == .downstream, !plan.honoursVoice { return }
            context.push(frame, direction)
            interrupted(&context)
        case .transferAnswered(let answer):
            context.push(frame, direction)
            answered(answer, &context)
        case .recordingChanged(let status):
            context.push(frame, direction)
            if status == .errored, case .recording(let message) = state, message.order.isKept {
                say(message.order.failed, then: .act(message.order.then), &context)
            }
        case .error:
            context.push(frame, direction)
            if direction == .downstream { refusedHandOver(&context) }
        case .end:
            context.push(frame, direction)
            if direction == .downstream { state = .over }
        case .cancel:
            state = .over
            context.push(frame, direction)
        case .vadUserStartedSpeaking, .vadUserStoppedSpeaking, .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking,
            .utterance, .userIdle, .pauseOutput, .resumeOutput, .markReturned, .machineDetected, .note, .outputAudioRaw,
            .outputDTMF,
            .mark, .text, .transcription, .words, .ttsStarted, .ttsStopped, .transfer, .handOver, .recording, .background,
            .heartbeat,
            .custom:
            return context.push(frame, direction)
        }
        context.wake(at: due)
    }

    mutating func wake(_ context: inout ProcessorContext) {
        if let due, due <= context.now { goOn(&context) }
        context.wake(at: due)
    }

    // MARK: Time

    /// When something is to be done next.
    private var due: Moment? {
        switch state {
        case .asleep, .over: nil
        case .saying(let speech, let step): speech.wake ?? Self.moment(of: step, after: speech)
        case .waiting(let wait): wait.until
        case .recording(let message): message.deadline
        case .echoing(_, let until), .asking(_, let until), .handingOver(_, _, let until): until
        case .holding(_, let speech): speech.wake
        }
    }

    /// When a step is taken even if nobody says that the prompt was heard.
    private static func moment(of step: Step, after speech: MenuSpeech) -> Moment {
        switch step {
        // The one follows the other without a gap; the first word of a message is not lost.
        case .act, .beep, .record, .end: speech.end
        case .listen, .echo, .transfer, .handOver: speech.heardAt
        }
    }

    private mutating func goOn(_ context: inout ProcessorContext) {
        switch state {
        case .asleep, .over: break
        case .saying(var speech, let step):
            guard !speech.isHandedOver else { return take(step, &context) }
            speech.goOn(&context)
            state = .saying(speech, then: step)
            if speech.isHandedOver, case .end = step { take(step, &context) }
        case .waiting(let wait): timedOut(wait, &context)
        case .recording(let message): finish(message, &context)
        case .echoing(let echo, _):
            context.push(.ttsStopped)
            perform(echo.then, &context)
        case .asking(let transfer, _): say(transfer.failed, then: .act(transfer.then), &context)
        case .holding(let transfer, var speech):
            speech.goOn(&context)
            state = .holding(transfer, speech)
        case .handingOver(let failed, let back, _): say(failed, then: .act(.menu(back)), &context)
        }
    }

    /// The caller has heard the prompt.
    private mutating func heard(_ step: Step, _ context: inout ProcessorContext) {
        switch step {
        // These do not wait for being heard.
        case .act, .beep, .record, .end: break
        case .listen, .echo, .transfer, .handOver: take(step, &context)
        }
    }

    // MARK: What arrives

    private mutating func hear(_ audio: PCM16, _ frame: Frame, _ context: inout ProcessorContext) {
        switch state {
        case .recording(var message):
            // Held once, so that the message grows in place.
            state = .over
            let isOver = message.hear(audio, at: context.now)
            state = .recording(message)
            if isOver { finish(message, &context) }
        case .echoing: echo.process(frame, .downstream, &context)
        case .asleep, .saying, .waiting, .asking, .holding, .handingOver, .over: break
        }
    }

    private mutating func begin(_ call: CallInfo, _ context: inout ProcessorContext) {
        guard let resumption = call.resumption, let transfer = plan.transfers[resumption.place] else {
            return enter(plan.start, &context)
        }
        say(transfer.words(on: resumption.outcome), then: .act(transfer.then), &context)
    }

    /// Somebody else has silenced the bot.
    private mutating func interrupted(_ context: inout ProcessorContext) {
        guard case .saying(let speech, let step) = state, speech.isInterruptible else { return }
        skip(step, &context)
    }

    private mutating func answered(_ answer: TransferAnswer, _ context: inout ProcessorContext) {
        switch (state, answer) {
        case (.asking(let transfer, _), .accepted):
            let hold = transfer.hold.isEmpty ? MenuTones.hold : transfer.hold
            state = .holding(transfer, MenuSpeech(hold, repeats: true, &context))
        case (.asking(let transfer, _), .refused): say(transfer.failed, then: .act(transfer.then), &context)
        case (.holding(let transfer, _), .refused):
            context.broadcastInterruption()
            say(transfer.failed, then: .act(transfer.then), &context)
        case (.holding, .accepted), (.asleep, _), (.saying, _), (.waiting, _), (.recording, _), (.echoing, _), (.handingOver, _),
            (.over, _):
            break
        }
    }

    private mutating func refusedHandOver(_ context: inout ProcessorContext) {
        guard case .handingOver(let failed, let back, _) = state else { return }
        say(failed, then: .act(.menu(back)), &context)
    }
}
