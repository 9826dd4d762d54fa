import Call

/// Branches that each get every frame, and one way out for all of them.
///
/// A frame that several branches pass on goes out once, when the first one passes it on; a frame that a branch makes goes out as it is.
/// `start` and `end` go out when every branch has passed them on: `start` before, `end` after what the branches said meanwhile. Until then
/// frames wait at the entry, but for system frames during an `end`, which overtake it as everywhere. An interruption drops what waits.
///
/// Frames leave in the order of the branches. To observers of the whole pipeline this is one processor; a branch that is made as a
/// ``Pipeline`` has observers of its own.
public struct ParallelPipeline: Processor {
    /// Most frames that wait for a branch to pass on a `start` or `end`: a minute of speech. A branch that holds it back for longer has
    /// lost it, and the call ends.
    public static let mostWaiting = 3_000

    private struct Passage {
        let frame: Frame
        let direction: FrameDirection
    }

    /// A `start` or `end` on its way through the branches.
    private struct Gathering {
        let frame: Frame
        /// Branches that have not passed it on.
        var missing: Set<Int>
        /// What left the branches meanwhile.
        var leaving: [Passage] = []
        /// What came meanwhile.
        var waiting = Queue<Passage>()

        var isStart: Bool { frame.kind == .start }
        var isFull: Bool { leaving.count + waiting.count >= ParallelPipeline.mostWaiting }

        mutating func interrupt() {
            leaving.removeAll { $0.frame.isInterruptible }
            waiting.removeAll { $0.frame.isInterruptible }
        }
    }

    private var branches: [Pipeline]
    private let hasInlets: Bool
    /// Numbers of the frames that came in, and of those that went out.
    private var entered = NumberWindow()
    private var released = NumberWindow()
    /// `nil` while frames flow.
    private var gathering: Gathering?
    /// The call ends at the next wake: a `cancel` at once would drop the error that says why.
    private var hasFailed = false
    private var sink: [Frame] = []
    private var source: [Frame] = []

    public init(_ first: [any Processor], _ rest: [any Processor]...) {
        self.init(Pipeline(first), rest.map { Pipeline($0) })
    }

    public init(_ first: Pipeline, _ rest: [Pipeline]) {
        branches = [first] + rest
        hasInlets = branches.contains(where: \.hasInlets)
    }

    public var hasWaitingFrames: Bool? { hasInlets ? branches.contains(where: \.hasWaitingFrames) : nil }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if case .cancel = frame.content { return cancel(frame, &context) }
        guard !hasFailed else { return }
        if case .interruption = frame.content { gathering?.interrupt() }
        if let isStart = gathering?.isStart, isStart || frame.class != .system {
            gathering?.waiting.append(Passage(frame: frame, direction: direction))
            if gathering?.isFull == true { fail("frames wait for a branch to pass on start or end", &context) }
            return
        }
        admit(frame, direction, &context)
        settle(&context)
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        if hasFailed { return context.push(.cancel(.botFailed)) }
        for index in branches.indices {
            branches[index].wakeProcessors(at: context.now)
            run(index, &context)
        }
        settle(&context)
    }

    // MARK: In

    private mutating func admit(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        var frame = frame
        // A frame that comes again, or comes back, is a new one.
        if frame.number == 0 || !entered.insert(frame.number) {
            context.lastNumber &+= 1
            frame.number = context.lastNumber
            _ = entered.insert(frame.number)
        }
        if direction == .downstream, frame.isOfLife {
            gathering = Gathering(frame: frame, missing: Set(branches.indices))
        }
        for index in branches.indices {
            branches[index].push(frame, direction, at: context.now)
            run(index, &context)
        }
    }

    /// Every branch sees it as its last frame; what they push is dropped.
    private mutating func cancel(_ frame: Frame, _ context: inout ProcessorContext) {
        gathering = nil
        for index in branches.indices {
            branches[index].push(frame, at: context.now)
            _ = branches[index].run(at: context.now, sink: &sink, source: &source)
        }
        sink.removeAll()
        source.removeAll()
        context.push(frame)
    }

    // MARK: Out

    private mutating func run(_ index: Int, _ context: inout ProcessorContext) {
        branches[index].lastNumber = context.lastNumber
        let isDone = branches[index].run(at: context.now, sink: &sink, source: &source)
        context.lastNumber = branches[index].lastNumber
        for frame in sink { leave(frame, .downstream, from: index, &context) }
        sink.removeAll(keepingCapacity: true)
        for frame in source { leave(frame, .upstream, from: index, &context) }
        source.removeAll(keepingCapacity: true)
        if !isDone { fail("a branch moved more than \(Pipeline.hopsPerTurn) frames in one turn and still was not done", &context) }
    }

    private mutating func leave(_ frame: Frame, _ direction: FrameDirection, from branch: Int, _ context: inout ProcessorContext) {
        if direction == .downstream, let number = gathering?.frame.number, number == frame.number {
            gathering?.missing.remove(branch)
            return
        }
        guard frame.number == 0 || released.insert(frame.number) else { return }
        if case .interruption = frame.content {
            gathering?.interrupt()
            // Born in a branch: it reaches this processor's own entry too.
            if frame.number == 0, direction == .upstream { context.isInterrupting = true }
        }
        guard let isStart = gathering?.isStart, frame.kind != .cancel, isStart || frame.class != .system else {
            return context.push(frame, direction)
        }
        gathering?.leaving.append(Passage(frame: frame, direction: direction))
        if gathering?.isFull == true { fail("frames wait for a branch to pass on start or end", &context) }
    }

    /// Lets out what every branch has passed on, and in what waited for it.
    private mutating func settle(_ context: inout ProcessorContext) {
        guard !hasFailed else { return }
        while let done = gathering, done.missing.isEmpty {
            gathering = nil
            _ = released.insert(done.frame.number)
            if done.isStart { context.push(done.frame) }
            for passage in done.leaving { context.push(passage.frame, passage.direction) }
            if !done.isStart { context.push(done.frame) }
            var waiting = done.waiting
            while gathering == nil, let next = waiting.popFirst() { admit(next.frame, next.direction, &context) }
            gathering?.waiting = waiting
        }
        var wake: Moment?
        for index in branches.indices { wake = earliest(wake, branches[index].wake) }
        context.wake(at: wake)
    }

    private mutating func fail(_ reason: String, _ context: inout ProcessorContext) {
        guard !hasFailed else { return }
        hasFailed = true
        context.push(.error("parallel pipeline: \(reason)"), .upstream)
        context.wake(at: context.now)
    }
}
