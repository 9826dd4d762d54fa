import Audio
import Call
import Dialing
import Providers

/// What is configured of outbound calls.
public struct DialSettings: Sendable {
    /// Calls per second, of all providers together and of each. What is not given stays with the default.
    public var rate = RateList()
    /// Calls placed that have not ended, of all providers together and of each.
    public var concurrency = RateList()
    /// Calls that wait to be placed.
    public var queue = 100_000
    /// Where calls may go; `nil`: to the country of the number that calls.
    public var destinations: DestinationGuard?
    /// The list that ``destinations`` was read from.
    public var allowed: String?
    public var caps = DialCaps()
    /// An answered call whose stream has not come after this is ended; `nil`: never.
    public var streamTimeout: Duration? = .seconds(15)
    /// Where events are posted; `nil`: nowhere.
    public var eventsURL: String?
    /// What events are signed with.
    public var eventsSecret: Secret?
    /// What `machine_detection: message` leaves on a machine; `nil`: the bot is told of the beep and says it.
    public var message: PCM16?
    /// The file that it was read from.
    public var messageFile: String?

    public init() {}

    /// What the dialer is held to, with the defaults of each provider.
    func rules(_ dialects: [any DiallingDialect]) -> DialRules {
        var providers: [ProviderName: DialRules.Provider] = [:]
        for dialect in dialects {
            let guide = dialect.dialling
            providers[dialect.name] = DialRules.Provider(
                callsPerSecond: rate.limit(of: dialect.name, standard: guide.callsPerSecond),
                concurrency: Int(concurrency.limit(of: dialect.name, standard: Double(guide.concurrency))),
                endsMachines: guide.endsMachines, canHangUp: guide.canHangUp, settling: .seconds(DiallingGuide.settling))
        }
        var rules = DialRules(providers: providers)
        if let all = rate.all { rules.callsPerSecond = all }
        if let all = concurrency.all { rules.concurrency = Int(all) }
        rules.queue = queue
        rules.caps = caps
        rules.streamTimeout = streamTimeout
        return rules
    }
}
