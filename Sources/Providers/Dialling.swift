import Call
import Wire

/// The part of a provider's dialect that places calls.
public protocol DiallingDialect: ProviderDialect {
    /// What the provider can do for an outbound call.
    var dialling: DiallingGuide { get }

    /// The request that places the call. It is sent once: what came of it is found with ``reconcile(_:since:_:_:unixTime:)``.
    func dial(_ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64)
        throws(DialRefusal) -> HTTPRequest

    /// What the answer to ``dial(_:_:_:unixTime:)`` means. That none came in time is the caller's to decide, and means `unknown`.
    func outcome(ofDial response: HTTPResponse) -> DialOutcome

    /// The requests that find a call whose answer was lost, to be sent in order.
    ///
    /// - Parameter since: when the lost request was sent. Units: seconds since 1970.
    /// - Returns: `nil` when credentials are missing or the provider has no such lists.
    func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]?

    /// Reads the answers to ``reconcile(_:since:_:_:unixTime:)``, in its order, and behind them those of ``DialFinding/ask(_:)``.
    ///
    /// - Parameter others: provider ids that belong to other calls of ours, which this one cannot be.
    func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding

    /// The requests that end a call that was placed, to be sent in order; the last one's answer counts
    /// (``ProviderDialect/outcome(ofHangUp:)``). Empty when the provider has none or credentials are missing.
    func hangUp(
        dialled providerCallID: String, isAnswered: Bool, _ settings: ProviderSettings, _ cryptography: any Cryptography,
        unixTime: Int64
    ) -> [HTTPRequest]

    /// What a callback says; `nil` when it is about something else.
    ///
    /// - Parameters:
    ///   - fields: of a form body, or the top-level texts of a JSON body.
    ///   - json: the body where it is JSON.
    func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent?
}

extension DiallingDialect {
    /// What a callback says, as it may be kept and told: an id that no provider gives makes it nothing, and a code that may be a number or
    /// a sentence is left out.
    public func heard(inCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        guard var event = event(ofCallback: fields, json: json) else { return nil }
        if let id = event.providerCallID, !ProviderWords.isCallID(id) { return nil }
        event.code = event.code.flatMap { ProviderWords.code(.string($0)) }
        return event
    }

    /// Ends the call as a live one, whether it was answered or not.
    public func hangUp(
        dialled providerCallID: String, isAnswered: Bool, _ settings: ProviderSettings, _ cryptography: any Cryptography,
        unixTime: Int64
    ) -> [HTTPRequest] {
        let stream = StreamStart(provider: name, callID: providerCallID)
        return hangUp(stream, settings, cryptography, unixTime: unixTime).map { [$0] } ?? []
    }
}

/// What a provider can do for an outbound call.
public struct DiallingGuide: Equatable, Sendable {
    /// The way of opening the stream that the provider takes, the better one first.
    public enum Opening: Sendable { case stream, document }

    /// How long after a lost request its call may still be missing from the provider's lists; asked earlier, they cannot tell.
    /// Units: seconds. Providers name no time; their lists are copies that follow the calls.
    public static let settling: Int64 = 15

    public var openings: [Opening]
    public var machineDetection: Set<MachineDetection>
    /// Whether the provider itself ends a machine's call for `hangup`; else the verdict comes and we end the call.
    public var endsMachines: Bool
    /// Whether a call can be ended over REST.
    public var canHangUp: Bool
    /// Seconds that a phone may ring; `nil` when the provider decides it alone.
    public var ringTimeout: ClosedRange<Int>?
    /// Seconds that a call may last.
    public var maximumDuration: ClosedRange<Int>
    /// Calls that an account may place in a second until the provider grants it more.
    public var callsPerSecond: Double
    /// Calls that an account may have at once until the provider grants it more; ``noConcurrencyLimit`` where the provider names none.
    public var concurrency: Int

    /// More than any server carries.
    public static let noConcurrencyLimit = 1_000_000

    public init(
        openings: [Opening], machineDetection: Set<MachineDetection>, endsMachines: Bool = false, canHangUp: Bool = true,
        ringTimeout: ClosedRange<Int>?, maximumDuration: ClosedRange<Int>, callsPerSecond: Double, concurrency: Int
    ) {
        self.openings = openings
        self.machineDetection = machineDetection
        self.endsMachines = endsMachines
        self.canHangUp = canHangUp
        self.ringTimeout = ringTimeout
        self.maximumDuration = maximumDuration
        self.callsPerSecond = callsPerSecond
        self.concurrency = concurrency
    }
}

extension Provider {
    /// The providers that place calls.
    public static let dialling: [any DiallingDialect] = all.compactMap { $0 as? any DiallingDialect }
}
