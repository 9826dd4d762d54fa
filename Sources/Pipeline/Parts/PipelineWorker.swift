import Call

/// A pipeline that is watched over: heartbeats, idle detection and events. Used as a ``Pipeline`` is.
public struct PipelineWorker {
    /// What is watched. The defaults are Pipecat's.
    public struct Params {
        public var enableHeartbeats = false
        public var heartbeatsPeriod = Duration.seconds(1)
        public var heartbeatsMonitor = Duration.seconds(10)
        /// For `start` to come out at the end.
        public var startTimeout = Duration.seconds(20)
        /// With none of ``idleTimeoutFrames`` pushed and nobody speaking; `nil` for never.
        public var idleTimeout: Duration? = .seconds(300)
        public var idleTimeoutFrames = FrameKinds.speaking
        /// Whether the call ends after `onIdleTimeout`; else that is told again each time that the timeout passes.
        public var cancelOnIdleTimeout = true
        public var events = PipelineEvents()

        public init() {}
    }

    private enum Life {
        case new
        /// `start` is on its way.
        case starting(deadline: Moment)
        case started
        case finished
    }

    /// What a watched pipeline has more than another.
    private struct Watch {
        let params: Params
        var heartbeats: HeartbeatMonitor
        let idle: IdleFrameObserver?
        var life = Life.new
        var context = ProcessorContext()
    }

    /// Handlers that push in answer to what they pushed would otherwise stop every call of the loop.
    private static let roundsPerTurn = 1_000

    private var pipeline: Pipeline
    private var watch: Watch?
    /// Whether there is a ``watch``: asked with each frame, and the compiler copies all of an optional's value to look at its tag.
    private let isWatched: Bool

    /// - Parameter params: `nil` to watch nothing, which costs nothing.
    public init(_ pipeline: Pipeline, _ params: Params? = nil) {
        self.pipeline = pipeline
        isWatched = params != nil
        guard let params else { return }
        let idle = params.idleTimeout.map { IdleFrameObserver(timeout: $0, params.idleTimeoutFrames) }
        watch = Watch(
            params: params, heartbeats: HeartbeatMonitor(period: params.heartbeatsPeriod, monitor: params.heartbeatsMonitor),
            idle: idle)
        if let idle { self.pipeline.addObserver(idle) }
    }

    public init(_ bot: BotPipeline) { self.init(Pipeline(bot.assembled(), observers: bot.observers), bot.worker) }

    public var wake: Moment? {
        guard isWatched, let watch else { return pipeline.wake }
        let own = earliest(watch.heartbeats.wake, watch.idle?.detector.deadline)
        guard case .starting(let deadline) = watch.life else { return earliest(pipeline.wake, own) }
        return earliest(pipeline.wake, earliest(own, deadline))
    }

    /// Puts a frame in: at the head to travel downstream, at the end to travel upstream.
    public mutating func push(_ frame: Frame, _ direction: FrameDirection = .downstream, at now: Moment) {
        if isWatched, let timeout = watch?.params.startTimeout, case .new? = watch?.life, frame.kind == .start {
            watch?.life = .starting(deadline: now.after(Interval(timeout)))
            watch?.idle?.detector.begin(at: now)
        }
        pipeline.push(frame, direction, at: now)
    }

    @discardableResult
    public mutating func addObserver(_ observer: any PipelineObserver) -> ObserverID { pipeline.addObserver(observer) }

    @discardableResult
    public mutating func removeObserver(_ id: ObserverID) -> (any PipelineObserver)? { pipeline.removeObserver(id) }

    /// See ``Pipeline/run(at:sink:source:)``. Handlers are called for what comes out, and what they push is moved too.
    public mutating func run(at now: Moment, sink: inout [Frame], source: inout [Frame]) -> Bool {
        guard isWatched else { return pipeline.run(at: now, sink: &sink, source: &source) }
        for _ in 0..<Self.roundsPerTurn {
            let sunk = sink.count, sourced = source.count
            guard pipeline.run(at: now, sink: &sink, source: &source) else { return false }
            watch?.context.now = now
            for index in sunk..<sink.count { reachedEnd(sink[index], at: now) }
            for index in sourced..<source.count { reachedHead(source[index]) }
            if !pushAnswers(at: now) { return true }
        }
        return false
    }

    /// See ``Pipeline/wakeProcessors(at:)``.
    public mutating func wakeProcessors(at now: Moment) {
        pipeline.wakeProcessors(at: now)
        guard isWatched, let params = watch?.params else { return }
        watch?.context.now = now
        if case .starting(let deadline)? = watch?.life, deadline <= now {
            watch?.life = .finished
            call(params.events.onPipelineTimeout)
            watch?.context.push(.cancel(.botFailed))
        }
        while let action = watch?.heartbeats.poll(at: now) {
            switch action {
            case .push(let frame): pipeline.push(frame, at: now)
            case .timeout: call(params.events.onHeartbeatTimeout)
            }
        }
        if watch?.idle?.detector.poll(at: now) == true {
            call(params.events.onIdleTimeout)
            if params.cancelOnIdleTimeout { watch?.context.push(.cancel(.idleTimeout)) }
        }
        _ = pushAnswers(at: now)
    }

    private mutating func reachedEnd(_ frame: Frame, at now: Moment) {
        guard let params = watch?.params else { return }
        let kind = frame.kind
        if case .finished? = watch?.life { return }
        if kind == .start {
            watch?.life = .started
            if params.enableHeartbeats { watch?.heartbeats.begin(at: now) }
            call(params.events.onPipelineStarted, frame)
        }
        if kind == .heartbeat { watch?.heartbeats.reached(at: now) }
        if kind == .error { call(params.events.onPipelineError, frame) }
        if params.events.reachedDownstreamFilter.contains(kind) { call(params.events.onFrameReachedDownstream, frame) }
        guard kind == .end || kind == .cancel else { return }
        watch?.life = .finished
        watch?.heartbeats.end()
        watch?.idle?.detector.end()
        call(params.events.onPipelineFinished, frame)
    }

    private mutating func reachedHead(_ frame: Frame) {
        guard let events = watch?.params.events else { return }
        if case .finished? = watch?.life { return }
        if frame.kind == .error { call(events.onPipelineError, frame) }
        if events.reachedUpstreamFilter.contains(frame.kind) { call(events.onFrameReachedUpstream, frame) }
    }

    private mutating func call(_ handler: PipelineEvents.Handler?) {
        guard let handler, var context = watch?.context else { return }
        handler(&context)
        watch?.context = context
    }

    private mutating func call(_ handler: PipelineEvents.FrameHandler?, _ frame: Frame) { call { handler?(frame, &$0) } }

    /// - Returns: whether there were any.
    private mutating func pushAnswers(at now: Moment) -> Bool {
        guard let answers = watch?.context.pushed, !answers.isEmpty else { return false }
        watch?.context.pushed.removeAll()
        watch?.context.isInterrupting = false
        for (frame, direction) in answers { pipeline.push(frame, direction, at: now) }
        return true
    }
}

/// Sees what is pushed anywhere, swallowed later or not. Belongs to one worker.
private final class IdleFrameObserver: PipelineObserver {
    var detector: IdleDetector

    init(timeout: Duration, _ kinds: FrameKinds) {
        detector = IdleDetector(timeout: timeout, kinds: kinds, spansSpeech: true)
    }

    func pushed(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, at now: Moment) {
        detector.note(frame, at: now)
    }
}
