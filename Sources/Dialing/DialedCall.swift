import Call

/// One outbound call and where it stands.
public struct DialedCall: Equatable, Sendable {
    public let id: String
    /// Once the call has ended and the journal was compacted, numbers are masked and ``DialRequest/body`` is gone.
    public var request: DialRequest
    public var status: DialStatus
    public var providerCallID: String?
    /// What machine detection heard last.
    public var machine: MachineVerdict?
    /// Why it stands so, in a sentence without numbers: a refusal's words, what could not be known, who hung up.
    public var detail: String?
    /// The provider's own word or code for the last thing that happened.
    public var code: String?
    /// Create requests sent so far. More than one only after the provider surely did not place the earlier ones.
    public var attempts: Int
    /// Units: seconds since 1970.
    public var createdAt: Double
    /// When the last create request was sent.
    public var dialedAt: Double?
    public var answeredAt: Double?
    public var streamingAt: Double?
    public var endedAt: Double?

    public init(id: String, request: DialRequest, createdAt: Double) {
        self.id = id
        self.request = request
        self.createdAt = createdAt
        status = .queued
        attempts = 0
    }
}

/// The life of an outbound call. A call moves forward only: what comes late or twice changes nothing.
public enum DialStatus: Hashable, Sendable {
    case queued
    /// The create request has been sent, or is about to be.
    case dialing
    case ringing
    case answered
    /// The answered call's stream has opened.
    case streaming
    case ended(DialEnd)

    /// `queued`, `dialing`, `ringing`, `answered`, `streaming`, `ended`.
    public var word: String {
        switch self {
        case .queued: "queued"
        case .dialing: "dialing"
        case .ringing: "ringing"
        case .answered: "answered"
        case .streaming: "streaming"
        case .ended: "ended"
        }
    }

    public var end: DialEnd? { if case .ended(let end) = self { end } else { nil } }
}

/// A point on both clocks: deadlines are kept on the monotonic one, records carry the wall's.
public struct DialTime: Equatable, Sendable {
    public var moment: Moment
    /// Seconds since 1970.
    public var unixTime: Double

    public init(_ moment: Moment, unixTime: Double) {
        self.moment = moment
        self.unixTime = unixTime
    }
}
