import Audio
import Call

/// One step of a pipeline. It is called on the call's own loop, one frame at a time, and answers at once: no locks, no waiting.
///
/// Conform a struct; what it keeps between frames is its stored properties. Frames that a processor does not know it passes on
/// (`context.push(frame, direction)`). A `cancel` reaches every processor whether others pass it on or not, and is the last frame.
public protocol Processor {
    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext)

    /// The moment asked for with ``ProcessorContext/wake(at:)`` has come, or ``hasWaitingFrames``.
    mutating func wake(_ context: inout ProcessorContext)

    /// Whether frames wait that come from elsewhere than the neighbours: the pipeline then calls ``wake(_:)`` in the same turn.
    ///
    /// `nil` for a processor that never gets any: it is asked once, when the pipeline is made, and not again.
    var hasWaitingFrames: Bool? { get }
}

extension Processor {
    public mutating func wake(_ context: inout ProcessorContext) {}
    public var hasWaitingFrames: Bool? { nil }
}

/// What a processor can do while it handles a frame.
public struct ProcessorContext {
    /// The call's clock.
    public internal(set) var now: Moment = .zero
    var pushed: [(frame: Frame, direction: FrameDirection)] = []
    var wakeAt: Moment?
    var isInterrupting = false
    /// See ``Pipeline/lastNumber``.
    var lastNumber: UInt32 = 0

    /// Hands a frame to the next processor in its direction.
    public mutating func push(_ frame: Frame, _ direction: FrameDirection = .downstream) {
        pushed.append((frame, direction))
    }

    public mutating func push(_ content: Frame.Content, _ direction: FrameDirection = .downstream) {
        push(Frame(content), direction)
    }

    /// Interrupts the bot: an `interruption` goes both ways, and what waits in the pipeline and in playout is dropped.
    /// What is pushed after it is the answer to the interruption and is kept.
    public mutating func broadcastInterruption() {
        isInterrupting = true
        push(.interruption, .upstream)
        push(.interruption, .downstream)
    }

    /// Asks for ``Processor/wake(_:)`` at a moment. One wake a processor: a later call replaces an earlier one, `nil` drops it.
    ///
    /// A processor is woken once at most at any one moment: a second wake asked for the same moment comes a millisecond later.
    public mutating func wake(at moment: Moment?) { wakeAt = moment }
}

/// Sees every frame as it goes from one processor to the next. It can change nothing.
public protocol PipelineObserver {
    /// - Parameters:
    ///   - source: index of the processor that pushed; -1 for the head of the pipeline, the processor count for its end.
    ///   - destination: index of the processor that gets the frame, in the same counting.
    mutating func pushed(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, at now: Moment)
}

/// What an observer is removed by.
public struct ObserverID: Hashable, Sendable { let number: Int }
