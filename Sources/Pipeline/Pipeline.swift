import Call

/// Processors in a row and the frames on their way between them.
///
/// System frames overtake data and control frames; these keep their order. An interruption drops what waits, except frames that
/// are marked uninterruptible.
public struct Pipeline {
    /// Most frame hops in one turn of the loop. A processor that answers each frame with another would otherwise stop every call of
    /// its loop; no honest pipeline comes near.
    public static let hopsPerTurn = 10_000

    private struct Item {
        let frame: Frame
        let direction: FrameDirection
        let destination: Int
    }

    private var processors: [any Processor]
    private var observers: [any PipelineObserver]
    private var wakes: [Moment?]
    private var system = Queue<Item>()
    private var ordered = Queue<Item>()
    private var context = ProcessorContext()

    public init(_ processors: [any Processor], observers: [any PipelineObserver] = []) {
        self.processors = processors
        self.observers = observers
        wakes = Array(repeating: nil, count: processors.count)
    }

    /// When a processor wants to be woken.
    public private(set) var wake: Moment?

    /// Puts a frame in at the head, to travel downstream.
    public mutating func push(_ frame: Frame, at now: Moment) {
        enqueue(frame, .downstream, from: -1, to: 0, now)
    }

    /// Moves frames until none is on its way.
    ///
    /// - Parameters:
    ///   - sink: gets what left at the end, in order.
    ///   - source: gets what left at the head, upstream.
    /// - Returns: `false` when ``hopsPerTurn`` was reached: the pipeline talks to itself, and the call must end.
    public mutating func run(at now: Moment, sink: inout [Frame], source: inout [Frame]) -> Bool {
        context.now = now
        var hops = 0
        while let item = system.popFirst() ?? ordered.popFirst() {
            hops += 1
            guard hops <= Self.hopsPerTurn else { return false }
            if case .interruption = item.frame.content { ordered.removeAll { $0.frame.isInterruptible } }
            if item.destination < 0 {
                source.append(item.frame)
            } else if item.destination >= processors.count {
                sink.append(item.frame)
            } else {
                step(item.destination, now) { $0.process(item.frame, item.direction, &$1) }
            }
        }
        return true
    }

    /// Wakes the processors whose moment has come; ``run(at:sink:source:)`` moves what they push.
    public mutating func wakeProcessors(at now: Moment) {
        guard let wake, wake <= now else { return }
        context.now = now
        for index in wakes.indices {
            guard let due = wakes[index], due <= now else { continue }
            wakes[index] = nil
            step(index, now) { $0.wake(&$1) }
        }
        self.wake = wakes.compactMap(\.self).min()
    }

    private mutating func step(_ index: Int, _ now: Moment, _ body: (inout any Processor, inout ProcessorContext) -> Void) {
        context.wakeAt = wakes[index]
        body(&processors[index], &context)
        if context.wakeAt != wakes[index] {
            wakes[index] = context.wakeAt
            wake = wakes.compactMap(\.self).min()
        }
        for (frame, direction) in context.pushed {
            enqueue(frame, direction, from: index, to: direction == .downstream ? index + 1 : index - 1, now)
        }
        context.pushed.removeAll(keepingCapacity: true)
    }

    private mutating func enqueue(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, _ now: Moment)
    {
        for index in observers.indices {
            observers[index].pushed(frame, direction, from: source, to: destination, at: now)
        }
        let item = Item(frame: frame, direction: direction, destination: destination)
        if frame.class == .system { system.append(item) } else { ordered.append(item) }
    }
}
