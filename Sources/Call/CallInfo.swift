import Audio
import Wire

/// What a bot knows about its call.
public struct CallInfo: Sendable {
    /// Our id of the call: the one in `/calls/{id}` and on every log line.
    public let id: String
    public var stream: StreamStart
    /// The caller's number, from the stream, the answer webhook or the stream parameters, whichever has it.
    public var from: PhoneNumber?
    /// The number that was dialled.
    public var to: PhoneNumber?
    /// Query and form fields of the answer webhook, as the provider sent them.
    public var webhook: [String: String]
    /// Query of the WebSocket URL.
    public var query: [String: String]
    /// The `body` that whoever set up the call attached to it: any JSON value.
    public var body: JSONValue?
    /// The bot's name as configured.
    public var bot: String
    /// Set when the stream is a call's further one: it came back from a transfer.
    public var resumption: Resumption?

    public var provider: ProviderName { stream.provider }
    /// Stream parameters of the answer document.
    public var parameters: [String: String] { stream.parameters }

    public init(
        id: String, stream: StreamStart, from: PhoneNumber? = nil, to: PhoneNumber? = nil, webhook: [String: String] = [:],
        query: [String: String] = [:], body: JSONValue? = nil, bot: String = ""
    ) {
        self.id = id
        self.stream = stream
        self.from = from ?? stream.from
        self.to = to ?? stream.to
        self.webhook = webhook
        self.query = query
        self.body = body
        self.bot = bot
    }
}
