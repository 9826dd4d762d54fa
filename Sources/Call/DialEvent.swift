/// Where an outbound call stands with its provider.
public enum DialState: Hashable, Sendable {
    case queued, dialing, ringing, answered
    case ended(DialEnd)
}

/// How an outbound call ended.
public enum DialEnd: String, Sendable, CaseIterable {
    case completed, busy
    case noAnswer = "no-answer"
    case rejected, failed, canceled, machine, unknown
}

/// What machine detection heard.
public enum MachineVerdict: String, Sendable, CaseIterable {
    case human, machine
    /// The machine has finished its greeting: a message can be left.
    case beep
    case unknown
}

/// What one callback of a provider says about an outbound call. Callbacks come in any order, and may come twice.
public struct DialEvent: Equatable, Sendable {
    public var providerCallID: String?
    /// Our id, where the provider repeats it in the callback itself.
    public var callID: String?
    /// `nil` when the callback is about machine detection only.
    public var state: DialState?
    public var machine: MachineVerdict?
    /// The provider's own word or code for what happened.
    public var code: String?
    /// Tells a callback that came twice, or orders them, where the provider numbers them.
    public var sequence: String?

    public init(
        providerCallID: String?, callID: String? = nil, state: DialState? = nil, machine: MachineVerdict? = nil,
        code: String? = nil, sequence: String? = nil
    ) {
        self.providerCallID = providerCallID
        self.callID = callID
        self.state = state
        self.machine = machine
        self.code = code
        self.sequence = sequence
    }
}

/// What a provider's lists of calls say about a call whose answer was lost.
public enum DialFinding: Equatable, Sendable {
    case found(providerCallID: String, state: DialState)
    /// Surely not placed.
    case notFound
    /// The lists leave it open; such a call is not dialled again. The sentence says why.
    case cannotTell(String)
    /// These have to be asked as well; their answers go behind the earlier ones.
    case ask([HTTPRequest])
}
