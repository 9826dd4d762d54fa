import Audio
import Call
import Pipeline

/// Says back what the caller says, at once or after a delay. It is also the wire test: every sample that comes in goes out.
///
/// A call may ask, by stream parameter, query of the WebSocket URL, field of the answer webhook or number in the body, for
/// - `delay_ms`: 0 to 10,000;
/// - `pipeline_rate`: 8000, 16000, 22050, 24000, 44100 or 48000 Hz. The audio is converted on its way in and out, which tests that path.
public struct EchoBot: Bot {
    /// Longest delay. Ten seconds of audio at 48 kHz are under 1 MB of memory for a call.
    public static let longestDelay = Duration.seconds(10)

    private static let rates: [SampleRate] = [.hz8000, .hz16000, .hz22050, .hz24000, .hz44100, .hz48000]

    public let name = "echo"
    private let delay: Duration

    public init(delay: Duration = .zero) { self.delay = delay }

    public func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        BotPipeline([Echo(delay: try delay(for: call))], inputRate: try rate(for: call), isLive: true)
    }

    private func delay(for call: CallInfo) throws(BotError) -> Duration {
        guard let asked = call.asked("delay_ms") else { return delay }
        guard let milliseconds = Int(asked), (0...Int(Self.longestDelay.milliseconds)).contains(milliseconds) else {
            throw BotError("delay_ms must be a whole number from 0 to \(Self.longestDelay.milliseconds)")
        }
        return .milliseconds(milliseconds)
    }

    private func rate(for call: CallInfo) throws(BotError) -> SampleRate? {
        guard let asked = call.asked("pipeline_rate") else { return nil }
        guard let rate = Self.rates.first(where: { "\($0.hertz)" == asked }) else {
            throw BotError("pipeline_rate must be one of \(Self.rates.map { "\($0.hertz)" }.joined(separator: ", "))")
        }
        return rate
    }
}
