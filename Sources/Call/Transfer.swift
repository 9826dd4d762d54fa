/// Hands the caller over to a telephone, through the provider.
public struct TransferOrder: Equatable, Sendable {
    /// E.164, with its `+`.
    public var to: PhoneNumber
    /// Shown to the callee; `nil`: the number that the caller dialled, where the provider allows it.
    public var callerID: PhoneNumber?
    /// How long it may ring. Units: seconds.
    public var timeout: Int
    /// Where the bot goes on when nobody answers: its own word for a place, given back as ``Resumption/place``.
    public var resumeAt: String

    public init(to: PhoneNumber, callerID: PhoneNumber? = nil, timeout: Int = 30, resumeAt: String = "") {
        self.to = to
        self.callerID = callerID
        self.timeout = timeout
        self.resumeAt = resumeAt
    }
}

/// What the provider said to a ``TransferOrder``.
public enum TransferAnswer: Equatable, Sendable {
    /// The provider takes the caller out of the stream; nothing more will be heard.
    case accepted
    /// The caller is still in the stream. The sentence says why, without numbers.
    case refused(String)
}

/// A call that comes back from a transfer which nobody answered: a new stream of the same call.
public struct Resumption: Equatable, Sendable {
    /// ``TransferOrder/resumeAt``.
    public var place: String
    /// How the transfer ended.
    public var outcome: DialEnd

    public init(place: String, outcome: DialEnd) {
        self.place = place
        self.outcome = outcome
    }
}
