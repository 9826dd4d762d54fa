import Call

/// Processors in a row and the frames on their way between them.
///
/// System frames overtake data and control frames; these keep their order. An interruption drops what waits for each processor
/// that it reaches, except frames that are marked uninterruptible. A `cancel` drops everything and is shown to every processor.
public struct Pipeline {
    /// Most frame hops in one turn of the loop. A processor that answers each frame with another would otherwise stop every call of
    /// its loop. A minute of speech handed over at once in 20 ms frames may pass thirty processors.
    public static let hopsPerTurn = 100_000
    /// How much later a processor is woken that was already woken at this moment: the clock has to move between its wakes.
    static let wakeGrain = Interval(.milliseconds(1))

    private struct Item {
        let frame: Frame
        let direction: FrameDirection
        let destination: Int
        /// Counts up over all frames: an interruption drops only what was pushed before it.
        let sequence: Int
    }

    private struct Wake {
        var at: Moment?
        var last: Moment?
    }

    private enum Life {
        case running
        /// A `cancel` was pushed; the processors have not been told.
        case canceling(Frame)
        case over
    }

    private var processors: [any Processor]
    /// Those that get frames from elsewhere than their neighbours.
    private let inlets: [Int]
    private var observers: [(id: ObserverID, observer: any PipelineObserver)] = []
    private var observersAdded = 0
    private var wakes: [Wake]
    private var system = Queue<Item>()
    private var ordered = Queue<Item>()
    private var pushes = 0
    private var life = Life.running
    private var context = ProcessorContext()

    public init(_ processors: [any Processor], observers: [any PipelineObserver] = []) {
        self.processors = processors
        inlets = processors.indices.filter { processors[$0].hasWaitingFrames != nil }
        wakes = Array(repeating: Wake(), count: processors.count)
        for observer in observers { addObserver(observer) }
    }

    /// When a processor wants to be woken.
    public private(set) var wake: Moment?

    /// Puts a frame in: at the head to travel downstream, at the end to travel upstream.
    public mutating func push(_ frame: Frame, _ direction: FrameDirection = .downstream, at now: Moment) {
        switch direction {
        case .downstream: enqueue(frame, .downstream, from: -1, to: 0, now)
        case .upstream: enqueue(frame, .upstream, from: processors.count, to: processors.count - 1, now)
        }
    }

    /// The observer sees what is pushed from now on.
    @discardableResult
    public mutating func addObserver(_ observer: any PipelineObserver) -> ObserverID {
        observersAdded += 1
        let id = ObserverID(number: observersAdded)
        observers.append((id, observer))
        return id
    }

    /// - Returns: the observer as it was last; `nil` when it is not here.
    @discardableResult
    public mutating func removeObserver(_ id: ObserverID) -> (any PipelineObserver)? {
        guard let index = observers.firstIndex(where: { $0.id == id }) else { return nil }
        return observers.remove(at: index).observer
    }

    /// Moves frames until none is on its way.
    ///
    /// - Parameters:
    ///   - sink: gets what left at the end, in order; a `cancel` is the last.
    ///   - source: gets what left at the head, upstream.
    /// - Returns: `false` when ``hopsPerTurn`` was reached: the pipeline talks to itself, and the call must end.
    public mutating func run(at now: Moment, sink: inout [Frame], source: inout [Frame]) -> Bool {
        context.now = now
        var hops = 0
        while true {
            if !inlets.isEmpty { openInlets(&hops, now) }
            guard let item = system.popFirst() ?? ordered.popFirst() else { break }
            hops += 1
            guard hops <= Self.hopsPerTurn else { return false }
            if case .interruption = item.frame.content { interrupt(item.destination, before: item.sequence) }
            if item.destination < 0 {
                source.append(item.frame)
            } else if item.destination >= processors.count {
                sink.append(item.frame)
            } else {
                step(item.destination, now) { $0.process(item.frame, item.direction, &$1) }
            }
        }
        if case .canceling(let frame) = life {
            cancel(with: frame, at: now)
            sink.append(frame)
        }
        return true
    }

    /// Whether a processor can get frames from elsewhere than its neighbours.
    var hasInlets: Bool { !inlets.isEmpty }
    /// Whether such frames wait.
    var hasWaitingFrames: Bool { inlets.contains { processors[$0].hasWaitingFrames == true } }
    /// Counts the numbers that frames were given; branches of one pipeline share it.
    var lastNumber: UInt32 {
        get { context.lastNumber }
        set { context.lastNumber = newValue }
    }

    /// Lets processors take what waits for them outside the pipeline.
    private mutating func openInlets(_ hops: inout Int, _ now: Moment) {
        while hops < Self.hopsPerTurn {
            var isIdle = true
            for index in inlets where processors[index].hasWaitingFrames == true {
                isIdle = false
                hops += 1
                step(index, now) { $0.wake(&$1) }
            }
            if isIdle { return }
        }
    }

    /// Wakes the processors whose moment has come; ``run(at:sink:source:)`` moves what they push.
    public mutating func wakeProcessors(at now: Moment) {
        guard let wake, wake <= now else { return }
        context.now = now
        for index in wakes.indices {
            guard let due = wakes[index].at, due <= now else { continue }
            wakes[index] = Wake(at: nil, last: now)
            step(index, now) { $0.wake(&$1) }
        }
        updateWake()
    }

    private mutating func step(_ index: Int, _ now: Moment, _ body: (inout any Processor, inout ProcessorContext) -> Void) {
        context.wakeAt = wakes[index].at
        body(&processors[index], &context)
        if context.wakeAt != wakes[index].at { setWake(index, context.wakeAt, now) }
        if context.isInterrupting {
            context.isInterrupting = false
            interrupt(index, before: .max)
        }
        for (frame, direction) in context.pushed {
            enqueue(frame, direction, from: index, to: direction == .downstream ? index + 1 : index - 1, now)
        }
        context.pushed.removeAll(keepingCapacity: true)
    }

    private mutating func setWake(_ index: Int, _ moment: Moment?, _ now: Moment) {
        wakes[index].at = moment
        if let moment, moment <= now, wakes[index].last == now { wakes[index].at = now.after(Self.wakeGrain) }
        updateWake()
    }

    private mutating func updateWake() {
        wake = nil
        for index in wakes.indices { wake = earliest(wake, wakes[index].at) }
    }

    /// Drops what waits for one processor and may be dropped.
    private mutating func interrupt(_ destination: Int, before sequence: Int) {
        guard !ordered.isEmpty else { return }
        ordered.removeAll { $0.destination == destination && $0.sequence < sequence && $0.frame.isInterruptible }
    }

    private mutating func enqueue(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, _ now: Moment)
    {
        guard case .running = life else { return }
        observe(frame, direction, from: source, to: destination, now)
        if case .cancel = frame.content {
            system.removeAll { _ in true }
            ordered.removeAll { _ in true }
            return life = .canceling(frame)
        }
        pushes += 1
        let item = Item(frame: frame, direction: direction, destination: destination, sequence: pushes)
        if frame.class == .system { system.append(item) } else { ordered.append(item) }
    }

    private mutating func observe(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, _ now: Moment)
    {
        for index in observers.indices {
            observers[index].observer.pushed(frame, direction, from: source, to: destination, at: now)
        }
    }

    /// Shows every processor its last frame; what they push is dropped.
    private mutating func cancel(with frame: Frame, at now: Moment) {
        life = .over
        for index in processors.indices {
            if index > 0 { observe(frame, .downstream, from: index - 1, to: index, now) }
            step(index, now) { $0.process(frame, .downstream, &$1) }
            wakes[index].at = nil
        }
        if !processors.isEmpty { observe(frame, .downstream, from: processors.count - 1, to: processors.count, now) }
        wake = nil
    }
}
