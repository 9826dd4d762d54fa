import Call

/// What the dialer is held to.
public struct DialRules: Equatable, Sendable {
    /// What is known of one provider, and what it allows.
    public struct Provider: Equatable, Sendable {
        /// Create requests a second.
        public var callsPerSecond: Double
        /// Calls that are placed and have not ended.
        public var concurrency: Int
        /// Whether the provider itself ends a machine's call for `hangup`.
        public var endsMachines: Bool
        /// Whether a call can be ended over REST.
        public var canHangUp: Bool
        /// How long after a create request was lost its call may still be missing from the provider's lists.
        public var settling: Duration

        public init(
            callsPerSecond: Double, concurrency: Int, endsMachines: Bool = false, canHangUp: Bool = true,
            settling: Duration = .seconds(15)
        ) {
            self.callsPerSecond = callsPerSecond
            self.concurrency = concurrency
            self.endsMachines = endsMachines
            self.canHangUp = canHangUp
            self.settling = settling
        }
    }

    public var providers: [ProviderName: Provider]
    /// Of all providers together.
    public var callsPerSecond = Double.infinity
    public var concurrency = 1_000
    /// Calls that wait to be placed.
    public var queue = 100_000
    public var caps = DialCaps()
    /// Create requests for one call, each after the provider surely had not placed the earlier one.
    public var attempts = 8
    /// Answered with no stream for so long: hung up. `nil`: streams may open on another replica, which does not tell us.
    public var streamTimeout: Duration? = .seconds(15)

    public init(providers: [ProviderName: Provider]) { self.providers = providers }
}

/// Most that is dialled in an hour and in a day, whoever asks: what a stolen key can cost.
public struct DialCaps: Equatable, Sendable {
    /// Calls accepted.
    public var callsPerHour: Int
    public var callsPerDay: Int
    /// Minutes from answer to end.
    public var minutesPerHour: Int
    public var minutesPerDay: Int

    public init(
        callsPerHour: Int = 20_000, callsPerDay: Int = 100_000, minutesPerHour: Int = 60_000, minutesPerDay: Int = 300_000
    ) {
        self.callsPerHour = callsPerHour
        self.callsPerDay = callsPerDay
        self.minutesPerHour = minutesPerHour
        self.minutesPerDay = minutesPerDay
    }
}
