import Audio
import Call
import Pipeline

/// What a key does, step by step.
extension Menu {
    /// Says a prompt and goes on with the step; an empty prompt takes no time.
    mutating func say(
        _ prompt: MenuPrompt, isInterruptible: Bool = true, then step: Step, _ context: inout ProcessorContext
    ) {
        guard !prompt.isEmpty else { return take(step, &context) }
        let speech = MenuSpeech(prompt, isInterruptible: isInterruptible, &context)
        state = .saying(speech, then: step)
        if speech.isHandedOver, case .end = step { take(step, &context) }
    }

    func note(_ place: Int, _ context: inout ProcessorContext) {
        context.push(.note(.bot("menu", ["menu": plan.places[place].name])))
    }

    /// Comes to a menu.
    mutating func enter(_ index: Int, _ context: inout ProcessorContext) {
        note(index, &context)
        let place = plan.places[index]
        say(place.prompt, isInterruptible: place.isInterruptible, then: .listen(index, tries: 0), &context)
    }

    /// Actions follow each other without waiting at most ``MenuPlan/deepestAction`` times; then a menu waits for a key.
    mutating func perform(_ action: MenuAction, _ context: inout ProcessorContext) {
        switch action {
        case .menu(let index): enter(index, &context)
        case .play(let prompt, let isInterruptible, let then):
            say(prompt, isInterruptible: isInterruptible, then: .act(then), &context)
        case .record(let record): say(record.prompt, then: .beep(record), &context)
        case .playBack(let nothing, let then):
            say(message.map { MenuPrompt(parts: [$0]) } ?? nothing, then: .act(then), &context)
        case .echo(let echo): say(echo.prompt, then: .echo(echo), &context)
        case .handOver(let bot, let prompt, let failed, let back):
            say(prompt, isInterruptible: false, then: .handOver(bot: bot, failed: failed, back: back), &context)
        case .transfer(let transfer): say(transfer.prompt, isInterruptible: false, then: .transfer(transfer), &context)
        case .hangUp(let prompt): say(prompt, isInterruptible: false, then: .end, &context)
        }
    }

    mutating func take(_ step: Step, _ context: inout ProcessorContext) {
        switch step {
        case .listen(let index, let tries):
            state = .waiting(Wait(place: index, tries: tries, until: context.now + plan.places[index].timeout))
        case .act(let action): perform(action, &context)
        case .beep(let record): say(record.beeps ? MenuTones.beep : MenuPrompt(), then: .record(record), &context)
        case .record(let record):
            message = nil
            if record.isKept { context.push(.recording(.start(.caller))) }
            state = .recording(MenuMessage(record, holds: plan.holdsMessages, at: context.now))
        case .echo(let echo):
            context.push(.ttsStarted)
            state = .echoing(echo, until: context.now + echo.longest)
        case .transfer(let transfer):
            context.push(.transfer(transfer.order))
            state = .asking(transfer, until: context.now + Self.longestAnswer)
        case .handOver(let bot, let failed, let back):
            context.push(.handOver(bot: bot))
            state = .handingOver(failed: failed, back: back, until: context.now + Self.longestHandOver)
        case .end:
            state = .over
            context.push(.end(.completed))
        }
    }

    mutating func finish(_ message: MenuMessage, _ context: inout ProcessorContext) {
        if message.order.isKept { context.push(.recording(.stop)) }
        self.message = message.spoken
        perform(message.order.then, &context)
    }
}
