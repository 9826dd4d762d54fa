import Call

/// What one line of the journal says. The page `Journal.md` describes the lines.
enum JournalRecord: Equatable, Sendable {
    /// The first line.
    case opened(version: Int)
    case accepted(CallFacts)
    /// Where a call stands now. With `event`, the change is told to the events webhook until it was delivered.
    case state(id: String, CallStanding, event: Bool)
    /// A whole call, in a compacted journal.
    case call(CallFacts, CallStanding)
    /// A change of a call that was not delivered when the journal was compacted.
    case event(id: String, CallStanding)
    case delivered(event: UInt64)
    case paused
    case resumed

    static let version = 1
    static let format = "trunkline"

    /// The word in `k`.
    var kind: String {
        switch self {
        case .opened: "journal"
        case .accepted: "accepted"
        case .state: "state"
        case .call: "call"
        case .event: "event"
        case .delivered: "delivered"
        case .paused: "paused"
        case .resumed: "resumed"
        }
    }
}

/// What of a call never changes.
struct CallFacts: Equatable, Sendable {
    var id: String
    var key: String?
    var request: DialRequest
    /// Units: seconds since 1970.
    var createdAt: Double
}

/// What of a call changes.
struct CallStanding: Equatable, Sendable {
    var status: DialStatus
    var providerCallID: String?
    var machine: MachineVerdict?
    var detail: String?
    var code: String?
    var attempts: Int
    var dialedAt: Double?
    var answeredAt: Double?
    var streamingAt: Double?
    var endedAt: Double?
    /// How the call is to end, once that was decided.
    var plan: CallLife.Plan?
    /// Until when the number stays taken although the call has ended here. Units: seconds since 1970.
    var heldUntil: Double?

    init(_ call: DialedCall, plan: CallLife.Plan? = nil, heldUntil: Double? = nil) {
        status = call.status
        providerCallID = call.providerCallID
        machine = call.machine
        detail = call.detail
        code = call.code
        attempts = call.attempts
        dialedAt = call.dialedAt
        answeredAt = call.answeredAt
        streamingAt = call.streamingAt
        endedAt = call.endedAt
        self.plan = plan
        self.heldUntil = heldUntil
    }

    /// The call with these facts that stands so.
    func call(_ facts: CallFacts) -> DialedCall {
        var call = DialedCall(id: facts.id, request: facts.request, createdAt: facts.createdAt)
        call.status = status
        call.providerCallID = providerCallID
        call.machine = machine
        call.detail = detail
        call.code = code
        call.attempts = attempts
        call.dialedAt = dialedAt
        call.answeredAt = answeredAt
        call.streamingAt = streamingAt
        call.endedAt = endedAt
        return call
    }
}

extension DialRequest {
    /// Numbers as they may stay: the last two digits, which tell people which call it was and nobody whose number.
    static func masked(_ number: PhoneNumber) -> PhoneNumber {
        PhoneNumber("…" + String(number.exposed.suffix(2)))
    }

    /// Without what nobody needs once the call has ended.
    var masked: DialRequest {
        var request = self
        request.to = Self.masked(to)
        request.from = Self.masked(from)
        request.body = nil
        return request
    }

    /// Whether this asks for the same call as an earlier request with the same key, whose number may be masked by now.
    func isSame(as earlier: DialRequest) -> Bool {
        provider == earlier.provider && (earlier.to == to || earlier.to == Self.masked(to))
    }
}
