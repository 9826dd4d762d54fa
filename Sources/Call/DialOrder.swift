/// One outbound call as it is to be placed.
public struct DialOrder: Equatable, Sendable {
    /// What the provider does when the call is answered.
    public enum Opening: Equatable, Sendable {
        /// It opens this media stream, `wss://{host}/ws/{token}`, given when the call is placed.
        case stream(String)
        /// It fetches the answer document from this address, `https://…`, when the call is answered.
        case document(String)
    }

    /// Our id of the call. The provider repeats it: in ``statusURL``, and where it has a field for it.
    public var callID: String
    /// The provider's id of the call, when the order is looked for and the id is known.
    public var providerCallID: String?
    /// E.164, with its `+`.
    public var to: PhoneNumber
    /// `nil` for the provider's `…_PHONE_NUMBER`.
    public var from: PhoneNumber?
    public var opening: Opening
    /// Where the provider posts the call's states and what machine detection heard; our call id is a segment of its path.
    public var statusURL: String
    /// How long it may ring. Units: seconds.
    public var ringTimeout: Int
    /// How long the call may last from its answer. Units: seconds.
    public var maximumDuration: Int
    public var machineDetection: MachineDetection

    public init(
        callID: String, to: PhoneNumber, from: PhoneNumber? = nil, opening: Opening, statusURL: String, ringTimeout: Int = 45,
        maximumDuration: Int = 3_600, machineDetection: MachineDetection = .off
    ) {
        self.callID = callID
        self.to = to
        self.from = from
        self.opening = opening
        self.statusURL = statusURL
        self.ringTimeout = ringTimeout
        self.maximumDuration = maximumDuration
        self.machineDetection = machineDetection
    }
}

/// What is done about answering machines.
public enum MachineDetection: String, Sendable, CaseIterable {
    case off
    /// The bot is told who answered.
    case detect
    /// A machine's call is ended.
    case hangup
    /// The machine's beep is waited for and told, so that a message can be left.
    case message
}

/// Why a call cannot be placed as ordered, found before anything was sent.
public struct DialRefusal: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        /// The provider has no such thing.
        case unsupported
        /// These settings, named as in the environment, are not set or cannot be used.
        case settings([String])
        /// A number that is not E.164.
        case number
        /// Longer than the provider takes. Units: bytes.
        case tooLong(bytes: Int, limit: Int)
        /// A time that the provider does not take.
        case outOfRange
    }

    public let reason: Reason
    /// What, why and the mend; without numbers, tokens or secrets.
    public let sentence: String

    public init(_ reason: Reason, _ sentence: String) {
        self.reason = reason
        self.sentence = sentence
    }
}

/// What a provider said to a request that places a call.
public enum DialOutcome: Equatable, Sendable {
    case accepted(providerCallID: String)
    case refused(ProviderRefusal)
    /// Certainly not placed: too many requests, or out of service by its own word.
    ///
    /// - Parameter seconds: what `Retry-After` asks for; `nil` when it does not say.
    case retry(afterSeconds: Int?)
    /// Perhaps placed, perhaps not: look it up before anything else is sent. The sentence says why.
    case unknown(String)
}

/// A provider's refusal, with its own code.
public struct ProviderRefusal: Equatable, Sendable {
    public enum Kind: Sendable { case badNumber, unauthorised, limit, other }

    /// As the provider spells it.
    public let code: String?
    /// The provider's words with numbers and addresses masked.
    public let sentence: String
    public let kind: Kind

    public init(code: String?, sentence: String, kind: Kind) {
        self.code = code
        self.sentence = sentence
        self.kind = kind
    }
}
