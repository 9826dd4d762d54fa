import Audio
import Call
import Pipeline

/// A watched pipeline under virtual time, and what came out of it.
final class WorkerRun {
    var worker: PipelineWorker
    var now = Moment.zero
    var sink: [String] = []
    var source: [String] = []
    var isDone = true

    init(_ worker: PipelineWorker) { self.worker = worker }

    convenience init(_ processors: any Processor..., observers: [any PipelineObserver] = [], params: PipelineWorker.Params? = nil) {
        self.init(PipelineWorker(Pipeline(processors, observers: observers), params))
    }

    static var start: Frame.Content {
        .start(CallInfo(id: "1", stream: StreamStart(provider: ProviderName("fake"))))
    }

    func start() { push(Self.start) }

    func push(_ contents: Frame.Content..., up: Bool = false) {
        for content in contents { worker.push(Frame(content), up ? .upstream : .downstream, at: now) }
        run()
    }

    func advance(_ duration: Duration) {
        let end = now + duration
        while let wake = worker.wake, wake <= end {
            now = max(now, wake)
            worker.wakeProcessors(at: now)
            run()
        }
        now = end
    }

    private func run() {
        var (sink, source): ([Frame], [Frame]) = ([], [])
        isDone = worker.run(at: now, sink: &sink, source: &source) && isDone
        self.sink += sink.map(\.word)
        self.source += source.map(\.word)
    }
}

/// Keeps frames of some kinds for a time.
struct Keeper: Processor {
    let kinds: FrameKinds
    let time: Duration
    private var kept: [(Frame, FrameDirection)] = []

    init(_ kinds: FrameKinds, for time: Duration) {
        self.kinds = kinds
        self.time = time
    }

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard kinds.contains(frame.kind) else { return context.push(frame, direction) }
        kept.append((frame, direction))
        context.wake(at: context.now + time)
    }

    mutating func wake(_ context: inout ProcessorContext) {
        for (frame, direction) in kept { context.push(frame, direction) }
        kept = []
    }
}
