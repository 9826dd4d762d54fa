import Call

/// Hands frames to ``ConsumerProcessor``s elsewhere in the same call's pipeline, in another branch too.
public struct ProducerProcessor: Processor {
    let consumers = Consumers()
    private let filter: (Frame) -> Bool
    private let transformer: (Frame) -> Frame
    private let passthrough: Bool

    /// - Parameters:
    ///   - filter: whether a frame is produced. The other frames pass on.
    ///   - transformer: what each consumer gets for it.
    ///   - passthrough: whether produced frames pass on too. `start`, `end` and `cancel` always do.
    public init(
        filter: @escaping (Frame) -> Bool, transformer: @escaping (Frame) -> Frame = { $0 }, passthrough: Bool = true
    ) {
        self.filter = filter
        self.transformer = transformer
        self.passthrough = passthrough
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        let isProduced = filter(frame)
        if isProduced {
            for queue in consumers.queues { queue.append(transformer(frame), &context) }
        }
        if !isProduced || passthrough || frame.isOfLife { context.push(frame, direction) }
    }
}

/// Passes everything on, and in addition what a ``ProducerProcessor`` produces between `start` and `end`.
///
/// A produced frame leaves here before the frame that it was made of has passed here.
public struct ConsumerProcessor: Processor {
    private let consumers: Consumers
    private let queue = ConsumerQueue()
    private let direction: FrameDirection
    private let transformer: (Frame) -> Frame

    public init(
        producer: ProducerProcessor, direction: FrameDirection = .downstream, transformer: @escaping (Frame) -> Frame = { $0 }
    ) {
        consumers = producer.consumers
        self.direction = direction
        self.transformer = transformer
    }

    public var hasWaitingFrames: Bool? { !queue.frames.isEmpty }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.kind {
        case .start: consumers.add(queue)
        case .end, .cancel: consumers.remove(queue)
        case .interruption: queue.frames.removeAll { $0.isInterruptible }
        // FrameKinds is a set of bits: what is not named here passes.
        default: break
        }
        context.push(frame, direction)
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        while let frame = queue.frames.popFirst() { context.push(transformer(frame), direction) }
    }
}

/// The consumers of one producer. Shared by processors of one call, which run one after the other on its loop.
final class Consumers {
    private(set) var queues: [ConsumerQueue] = []

    func add(_ queue: ConsumerQueue) { if !queues.contains(where: { $0 === queue }) { queues.append(queue) } }

    func remove(_ queue: ConsumerQueue) {
        queue.frames.removeAll { _ in true }
        queues.removeAll { $0 === queue }
    }
}

/// What waits for one consumer until its pipeline runs on, in the same turn of the loop.
final class ConsumerQueue {
    /// A minute of speech in 20 ms frames, handed over in one turn; a producer that hands over more than that fails.
    static let mostFrames = 3_000

    var frames = Queue<Frame>()

    func append(_ frame: Frame, _ context: inout ProcessorContext) {
        guard frames.count < Self.mostFrames else {
            return context.push(.error("a consumer has \(Self.mostFrames) frames waiting; the newest is dropped"), .upstream)
        }
        var frame = frame
        frame.number = 0
        frames.append(frame)
    }
}
