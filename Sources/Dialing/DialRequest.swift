import Call
import Wire

/// One outbound call as it was asked for and accepted, with every default filled in.
public struct DialRequest: Equatable, Sendable {
    public var provider: ProviderName
    /// E.164, with its `+`.
    public var to: PhoneNumber
    /// The number that calls, as the provider takes it.
    public var from: PhoneNumber
    /// `nil` for the server's own.
    public var bot: String?
    /// Any JSON object; the bot's `CallInfo.body`.
    public var body: JSONValue?
    /// Any JSON object; given back with the call and with its events, and otherwise not looked at.
    public var metadata: JSONValue?
    /// How long it may ring. Units: seconds.
    public var ringTimeout: Int
    /// How long the call may last from its answer. Units: seconds.
    public var maximumDuration: Int
    public var machineDetection: MachineDetection
    /// 0 to 9; a higher one is placed earlier.
    public var priority: Int
    /// How long the call may wait to be placed; past it it is not placed any more. Units: seconds.
    public var queueTime: Int

    public static let defaultRingTimeout = 45
    public static let defaultMaximumDuration = 3_600
    public static let defaultPriority = 5
    /// A day: a call that waited longer was asked for by a script that has long forgotten it.
    public static let longestQueueTime = 86_400

    public init(
        provider: ProviderName, to: PhoneNumber, from: PhoneNumber, bot: String? = nil, body: JSONValue? = nil,
        metadata: JSONValue? = nil, ringTimeout: Int = defaultRingTimeout, maximumDuration: Int = defaultMaximumDuration,
        machineDetection: MachineDetection = .off, priority: Int = defaultPriority, queueTime: Int = longestQueueTime
    ) {
        self.provider = provider
        self.to = to
        self.from = from
        self.bot = bot
        self.body = body
        self.metadata = metadata
        self.ringTimeout = ringTimeout
        self.maximumDuration = maximumDuration
        self.machineDetection = machineDetection
        self.priority = priority
        self.queueTime = queueTime
    }
}
