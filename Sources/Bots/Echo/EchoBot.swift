import Audio
import Call
import Pipeline

/// Says back what the caller says, at once or after a delay. It is also the wire test: every sample that comes in goes out.
///
/// The delay is the call's parameter `delay_ms` (stream parameter, query or a number in the body): 0 to 10,000.
public struct EchoBot: Bot {
    /// Longest delay. Ten seconds of audio at 48 kHz are under 1 MB of memory for a call.
    public static let longestDelay = Duration.seconds(10)

    public let name = "echo"
    private let delay: Duration

    public init(delay: Duration = .zero) { self.delay = delay }

    public func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        guard
            let text = call.parameters["delay_ms"] ?? call.query["delay_ms"]
                ?? call.body?["delay_ms"]?.number.map({ "\(Int(clamping: $0))" })
        else { return BotPipeline([Echo(delay: delay)]) }
        guard let milliseconds = Int(text), (0...Int(Self.longestDelay.milliseconds)).contains(milliseconds) else {
            throw BotError("delay_ms must be a whole number from 0 to \(Self.longestDelay.milliseconds)")
        }
        return BotPipeline([Echo(delay: .milliseconds(milliseconds))])
    }
}

/// Turns the caller's audio round.
public struct Echo: Processor {
    private let delay: Duration
    private var waiting: [(due: Moment, audio: PCM16)] = []

    public init(delay: Duration = .zero) { self.delay = delay }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard case .inputAudioRaw(let audio) = frame.content else { return context.push(frame, direction) }
        guard delay > .zero else { return context.push(.outputAudioRaw(audio)) }
        waiting.append((context.now + delay, audio))
        context.wake(at: waiting.first?.due)
    }

    public mutating func wake(_ context: inout ProcessorContext) {
        let now = context.now
        let due = waiting.prefix { $0.due <= now }
        for (_, audio) in due { context.push(.outputAudioRaw(audio)) }
        waiting.removeFirst(due.count)
        context.wake(at: waiting.first?.due)
    }
}

extension Int {
    fileprivate init(clamping value: Double) {
        self = value.isFinite && abs(value) < 1e9 ? Int(value) : -1
    }
}
