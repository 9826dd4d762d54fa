import Call

/// Notices that frames of some kinds have not come for a time, and again each time that it passes.
struct IdleDetector {
    private enum State {
        case off
        /// Since when nothing came.
        case waiting(since: Moment)
    }

    private let timeout: Interval
    private let kinds: FrameKinds
    private var state = State.off
    /// Whether the user, the bot speak, when that counts.
    private let spansSpeech: Bool
    private var isUserSpeaking = false
    private var isBotSpeaking = false

    /// - Parameters:
    ///   - timeout: at least a millisecond: a detector that is always idle would never let go.
    ///   - spansSpeech: whether nobody is idle from a `…StartedSpeaking` to its `…StoppedSpeaking`.
    init(timeout: Duration, kinds: FrameKinds, spansSpeech: Bool = false) {
        self.timeout = max(Interval(timeout), Interval(.milliseconds(1)))
        self.kinds = kinds
        self.spansSpeech = spansSpeech
    }

    /// When it may have been idle for the time; `nil` while it is off or somebody speaks.
    var deadline: Moment? {
        guard case .waiting(let since) = state, !isUserSpeaking, !isBotSpeaking else { return nil }
        return since.after(timeout)
    }

    mutating func begin(at now: Moment) { state = .waiting(since: now) }
    mutating func end() { state = .off }

    mutating func note(_ frame: Frame, at now: Moment) {
        let kind = frame.kind
        guard case .waiting = state, kinds.contains(kind) else { return }
        state = .waiting(since: now)
        guard spansSpeech else { return }
        if kind == .userStartedSpeaking { isUserSpeaking = true }
        if kind == .userStoppedSpeaking { isUserSpeaking = false }
        if kind == .botStartedSpeaking { isBotSpeaking = true }
        if kind == .botStoppedSpeaking { isBotSpeaking = false }
    }

    /// - Returns: whether the time has passed; it begins anew.
    mutating func poll(at now: Moment) -> Bool {
        guard let deadline, deadline <= now else { return false }
        state = .waiting(since: now)
        return true
    }
}

/// Passes everything on, and calls back each time that no frame, or none of the listed kinds, has passed for the timeout.
///
/// It waits from `start` to `end`. Frames both ways count.
public struct IdleFrameProcessor: Processor {
    private let callback: (inout ProcessorContext) -> Void
    private var detector: IdleDetector
    private var isWakeSet = false

    /// - Parameters:
    ///   - types: what counts; `nil` for every frame.
    ///   - callback: may push frames.
    public init(timeout: Duration, types: FrameKinds? = nil, callback: @escaping (inout ProcessorContext) -> Void) {
        self.callback = callback
        detector = IdleDetector(timeout: timeout, kinds: types ?? .all)
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if frame.kind == .start { detector.begin(at: context.now) }
        detector.note(frame, at: context.now)
        if direction == .downstream, frame.kind == .end || frame.kind == .cancel { detector.end() }
        context.push(frame, direction)
        if !isWakeSet { setWake(&context) }
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        if detector.poll(at: context.now) { callback(&context) }
        setWake(&context)
    }

    /// A frame does not move the wake: what was too early is set again.
    private mutating func setWake(_ context: inout ProcessorContext) {
        context.wake(at: detector.deadline)
        isWakeSet = detector.deadline != nil
    }
}
