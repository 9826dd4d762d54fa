import Audio
import Call
import Pipeline

/// Turns the caller's audio round.
public struct Echo: Processor {
    /// Audio that may wait beyond the delay: a caller's audio can come in clumps, but not for ever faster than it plays.
    /// Past it the oldest is dropped.
    public static let slack = Duration.seconds(1)

    private let delay: Duration
    private let longest: Int64
    private var waiting: [(due: Moment, audio: PCM16)] = []
    private var front = 0
    /// Playing time of what waits. Units: nanoseconds.
    private var waitingTime: Int64 = 0

    public init(delay: Duration = .zero) {
        self.delay = delay
        longest = (delay + Self.slack).nanoseconds
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard case .inputAudioRaw(let audio) = frame.content else { return context.push(frame, direction) }
        guard delay > .zero else { return context.push(.outputAudioRaw(audio)) }
        waiting.append((context.now + delay, audio))
        waitingTime += audio.nanoseconds
        while waitingTime > longest { _ = popFirst() }
        context.wake(at: due)
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        while let due, due <= context.now { context.push(.outputAudioRaw(popFirst())) }
        context.wake(at: due)
    }

    private var due: Moment? { front < waiting.count ? waiting[front].due : nil }

    private mutating func popFirst() -> PCM16 {
        let audio = waiting[front].audio
        waitingTime -= audio.nanoseconds
        front += 1
        if front * 2 > waiting.count {
            waiting.removeFirst(front)
            front = 0
        }
        return audio
    }
}
