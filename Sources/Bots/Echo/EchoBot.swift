import Audio
import Call
import Pipeline
import Wire

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
        guard let asked = call.parameters["delay_ms"] ?? call.query["delay_ms"] ?? call.body?["delay_ms"]?.spelling else {
            return BotPipeline([Echo(delay: delay)])
        }
        guard let milliseconds = Int(asked), (0...Int(Self.longestDelay.milliseconds)).contains(milliseconds) else {
            throw BotError("delay_ms must be a whole number from 0 to \(Self.longestDelay.milliseconds)")
        }
        return BotPipeline([Echo(delay: .milliseconds(milliseconds))])
    }
}

extension JSONValue {
    /// The value as a person would have typed it; what is no number or text cannot be a delay. `nil` for null.
    fileprivate var spelling: String? {
        switch self {
        case .number(let value): Int(exactly: value).map(String.init) ?? "fraction"
        case .string(let text): text
        case .null: nil
        case .bool, .array, .object: "no number"
        }
    }
}
