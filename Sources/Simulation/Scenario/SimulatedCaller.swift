import Call

/// A caller who follows a script: told what is heard and what time it is, says what to do.
struct SimulatedCaller: Sendable {
    enum Act: Sendable {
        /// The sound of the step with this number.
        case say(Int)
        case press(KeypadEntry)
        case pauseMedia, resumeMedia, hangUp, drop
    }

    /// What a caller can perceive.
    struct Perception {
        var now: Duration
        var heard: Duration
        /// The end of the last sound.
        var lastSoundEnd: Duration?
        var isSpeaking: Bool
    }

    /// What the caller did against what the bot said.
    enum Interrupted: Equatable, Sendable {
        /// Number of what was said, in the order in which it was said.
        case speech(Int)
        case key(at: Duration)
    }

    /// How exactly the caller listens.
    private static let attention = Duration.milliseconds(10)

    private let script: [CallerStep]
    private let limit: Duration
    private var index = 0
    private var began: Duration?
    private var keys: ArraySlice<KeypadEntry> = []
    private var keyDue = Duration.zero
    private var keyPause = Duration.zero
    /// What interrupts is being said.
    private var isInterrupting = false
    private var says = 0
    private var isDone = false
    /// The last interruption.
    private(set) var interrupted: Interrupted?
    /// What the caller waited for in vain, and when it was given up.
    private(set) var vain: (words: String, at: Duration)?

    init(_ script: [CallerStep], limit: Duration) {
        self.script = script
        self.limit = limit
    }

    /// What the caller does now; `nil` when there is nothing to do before ``wake(at:)``.
    mutating func next(_ perceived: Perception) -> Act? {
        guard !isDone else { return nil }
        if perceived.now >= limit { return giveUp("the call was not over after \(Self.text(limit))", perceived) }
        while index < script.count {
            if !keys.isEmpty { return pressNext(perceived) }
            let start = began ?? perceived.now
            let isFirst = began == nil
            began = start
            switch turn(script[index], start, isFirst, perceived) {
            case .stay: return nil
            case .act(let act): return act
            case .goOn(let act):
                index += 1
                began = nil
                if let act { return act }
            case .giveUp(let words): return giveUp(words, perceived)
            }
        }
        if !keys.isEmpty { return pressNext(perceived) }
        isDone = true
        return .hangUp
    }

    /// The call is over by somebody else's hand. A caller who waits for that is content; one who waits for something else is not.
    mutating func callEnded(at now: Duration) {
        guard !isDone else { return }
        isDone = true
        switch index < script.count ? script[index] : nil {
        case .awaitSound, .awaitHeard, .awaitSilence, .interrupt:
            vain = ("the call ended in step \(index + 1) of the script, in which the caller still waited", now)
        case nil, .wait, .say, .press, .awaitEnd, .pauseMedia, .resumeMedia, .hangUp, .drop: break
        }
    }

    /// When the caller wants to be asked again if nothing happens before. From the start of the stream.
    func wake(at now: Duration) -> Duration? {
        guard !isDone else { return nil }
        if !keys.isEmpty { return keyDue }
        guard index < script.count, let began else { return now + Self.attention }
        let soon =
            switch script[index] {
            case .wait(let time): began + time
            case .say(_, let goOnAfter?): began + goOnAfter
            default: now + Self.attention
            }
        return min(soon, limit)
    }

    private enum Turn {
        case stay
        case act(Act)
        case goOn(Act?)
        case giveUp(String)
    }

    private mutating func turn(_ step: CallerStep, _ start: Duration, _ isFirst: Bool, _ perceived: Perception) -> Turn {
        let waited = perceived.now - start
        switch step {
        case .wait(let time): return waited >= time ? .goOn(nil) : .stay
        case .say(_, let goOnAfter):
            if isFirst { return say() }
            return !perceived.isSpeaking || waited >= goOnAfter ?? Scenario.longestCall ? .goOn(nil) : .stay
        case .press(let keys, let pause): return .goOn(press(keys, pause, perceived.now))
        case .awaitSound(let patience):
            if let last = perceived.lastSoundEnd, last > start { return .goOn(nil) }
            return waited < patience ? .stay : .giveUp("no sound was heard within \(Self.text(patience))")
        case .awaitHeard(let length, let patience):
            if perceived.heard >= length { return .goOn(nil) }
            return waited < patience ? .stay : .giveUp(Self.tooLittle(length, perceived, patience))
        case .awaitSilence(let length, let patience):
            if perceived.now - (perceived.lastSoundEnd ?? .zero) >= length { return .goOn(nil) }
            return waited < patience
                ? .stay : .giveUp("it was not quiet for \(Self.text(length)) within \(Self.text(patience))")
        case .awaitEnd(let patience):
            return waited < patience ? .stay : .giveUp("the far end did not end the call within \(Self.text(patience))")
        case .interrupt(let position, let way, let patience):
            if isInterrupting { return perceived.isSpeaking ? .stay : finishInterruption() }
            guard perceived.heard >= position else {
                return waited < patience ? .stay : .giveUp(Self.tooLittle(position, perceived, patience))
            }
            switch way {
            case .say:
                interrupted = .speech(says)
                isInterrupting = true
                return say()
            case .press(let keys, let pause):
                interrupted = .key(at: perceived.now)
                return .goOn(press(keys, pause, perceived.now))
            }
        case .pauseMedia: return .goOn(.pauseMedia)
        case .resumeMedia: return .goOn(.resumeMedia)
        case .hangUp: return end(.hangUp)
        case .drop: return end(.drop)
        }
    }

    private mutating func finishInterruption() -> Turn {
        isInterrupting = false
        return .goOn(nil)
    }

    private mutating func say() -> Turn {
        says += 1
        return .act(.say(index))
    }

    private mutating func press(_ keys: [KeypadEntry], _ pause: Duration, _ now: Duration) -> Act? {
        self.keys = keys.dropFirst()[...]
        keyDue = now + pause
        keyPause = pause
        return keys.first.map { .press($0) }
    }

    private mutating func pressNext(_ perceived: Perception) -> Act? {
        guard perceived.now >= keyDue, let key = keys.popFirst() else { return nil }
        keyDue += keyPause
        return .press(key)
    }

    private mutating func end(_ act: Act) -> Turn {
        isDone = true
        return .act(act)
    }

    private mutating func giveUp(_ words: String, _ perceived: Perception) -> Act? {
        isDone = true
        vain = (words, perceived.now)
        return .hangUp
    }

    private static func text(_ duration: Duration) -> String { "\(ReportTable.fixed(Double(duration.milliseconds) / 1_000, 2)) s" }

    private static func tooLittle(_ length: Duration, _ perceived: Perception, _ patience: Duration) -> String {
        "\(text(perceived.heard)) of sound were heard within \(text(patience)), \(text(length)) were waited for"
    }
}
