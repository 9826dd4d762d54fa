import Call
import Pipeline

/// Keys: what each does in each state.
extension Menu {
    mutating func press(_ key: KeypadEntry, _ context: inout ProcessorContext) {
        switch state {
        case .saying(let speech, let step):
            guard speech.isInterruptible else { return }
            press(key, into: step, &context)
        case .waiting(let wait):
            guard !isFumble(&context) else { return }
            add(key, to: wait, &context)
        case .recording(let message): if message.order.ends.contains(key) { finish(message, &context) }
        case .echoing(let echo, _):
            guard echo.ends.contains(key) else { return }
            context.broadcastInterruption()
            perform(echo.then, &context)
        case .asleep, .asking, .holding, .handingOver, .over: break
        }
    }

    /// A key while a prompt is said: silences it and counts for what the prompt was about.
    private mutating func press(_ key: KeypadEntry, into step: Step, _ context: inout ProcessorContext) {
        switch step {
        case .listen(let place, let tries):
            guard !isFumble(&context) else { return }
            context.broadcastInterruption()
            add(key, to: wait(place, tries: tries, context), &context)
        case .act(.menu(let place)):
            context.broadcastInterruption()
            note(place, &context)
            add(key, to: wait(place, tries: 0, context), &context)
        case .act, .beep, .echo:
            context.broadcastInterruption()
            skip(step, &context)
        // The beep itself is short, and a last word is heard.
        case .record, .transfer, .handOver, .end: break
        }
    }

    /// What comes after a prompt that was silenced: a menu waits without saying its own prompt.
    mutating func skip(_ step: Step, _ context: inout ProcessorContext) {
        switch step {
        case .listen(let place, let tries): state = .waiting(wait(place, tries: tries, context))
        case .act(.menu(let place)):
            note(place, &context)
            state = .waiting(wait(place, tries: 0, context))
        case .act, .beep, .record, .echo, .transfer, .handOver, .end: take(step, &context)
        }
    }

    private func wait(_ place: Int, tries: Int, _ context: borrowing ProcessorContext) -> Wait {
        Wait(place: place, tries: tries, until: context.now + plan.places[place].timeout)
    }

    private mutating func isFumble(_ context: inout ProcessorContext) -> Bool {
        guard let until = fumbledUntil, context.now < until else {
            fumbledUntil = nil
            return false
        }
        fumbledUntil = context.now + Self.fumble
        return true
    }

    private mutating func add(_ key: KeypadEntry, to wait: Wait, _ context: inout ProcessorContext) {
        var wait = wait
        let place = plan.places[wait.place]
        switch wait.entry.press(key, in: place) {
        case .incomplete:
            wait.until = context.now + place.betweenKeys
            state = .waiting(wait)
        case .chosen(let action, let key): choose(action, key, in: wait.place, &context)
        case .invalid:
            fumbledUntil = context.now + Self.fumble
            again(wait, saying: place.invalid, &context)
        }
    }

    /// No key has come for the time.
    mutating func timedOut(_ wait: Wait, _ context: inout ProcessorContext) {
        let place = plan.places[wait.place]
        guard !wait.entry.typed.isEmpty else { return again(wait, saying: place.noInput, &context) }
        switch wait.entry.settled(in: place) {
        case .chosen(let action, let key): choose(action, key, in: wait.place, &context)
        case .invalid, .incomplete: again(wait, saying: place.invalid, &context)
        }
    }

    private mutating func choose(_ action: MenuAction, _ key: String, in place: Int, _ context: inout ProcessorContext) {
        context.push(.note(.bot("menu", ["menu": plan.places[place].name, "key": key])))
        perform(action, &context)
    }

    /// One try less.
    private mutating func again(_ wait: Wait, saying words: MenuPrompt, _ context: inout ProcessorContext) {
        let place = plan.places[wait.place]
        if wait.tries < place.retries {
            say(
                words + place.prompt, isInterruptible: place.isInterruptible, then: .listen(wait.place, tries: wait.tries + 1),
                &context)
        } else {
            say(words, then: .act(place.afterRetries), &context)
        }
    }
}
