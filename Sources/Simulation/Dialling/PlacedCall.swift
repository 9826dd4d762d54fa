import Call

/// A call as a provider's create request asks for it, read and checked.
struct PlaceOrder: Sendable {
    enum Opening: Sendable {
        /// The provider fetches the answer document when the call is answered.
        case document(StreamOrder.Callback)
        /// The document came with the request.
        case text(HTTPResponse)
        case stream(StreamOrder)
    }

    /// What is done about answering machines.
    enum Detection: Sendable { case off, start, end }

    /// As the request spells them.
    var to: String
    var from: String
    /// The account, connection or application that pays.
    var account: String
    /// `nil`: no stream was asked for.
    var opening: Opening?
    /// Who is told of which turn.
    var callbacks: [CallTurn.Kind: StreamOrder.Callback] = [:]
    var ringTimeout = Duration.seconds(60)
    var timeLimit = Duration.seconds(14_400)
    var detection = Detection.off
    var endsMachine = false
    /// What the provider repeats: Telnyx `client_state`, Exotel `CustomField`.
    var reference: String?

    /// E.164, with its `+`.
    var number: String { to.hasPrefix("+") ? to : "+" + to }
}

/// Something that happens in the life of a call and that a provider may tell.
enum CallTurn: Sendable {
    enum Kind: Hashable, Sendable { case initiated, ringing, answered, machine, ended }

    case initiated, ringing, answered
    case heard(CalleeVerdict)
    case ended

    var kind: Kind {
        switch self {
        case .initiated: .initiated
        case .ringing: .ringing
        case .answered: .answered
        case .heard: .machine
        case .ended: .ended
        }
    }
}

/// What machine detection has found.
enum CalleeVerdict: String, Sendable {
    case human, machine
    /// The machine's greeting is over.
    case beep
}

/// A call that a simulated provider has placed.
struct PlacedCall: Sendable {
    let provider: PlayedProvider
    /// The provider's id, the one that its API takes.
    let id: String
    /// Further ids: Telnyx's leg and session, Vonage's conversation.
    let secondID: String
    let streamID: String
    let order: PlaceOrder
    let fate: CallFate
    let placedAt: Moment
    var rangAt: Moment?
    var answeredAt: Moment?
    var endedAt: Moment?
    var end: CallEnd?
    var verdict: CalleeVerdict?
    /// Callbacks made so far.
    var sequence = 0
    /// Somebody hung up over the API.
    var isHungUpByAPI = false
    /// The ring time-out or the time limit ended it.
    var isTimedOut = false
    var hasStream = false
    var wasStreamed = false
    /// The telephone that it is being transferred to.
    var leg: DialLeg?
    /// Telephones so far.
    var legs = 0
    /// How the last one ended.
    var transferEnd: CallEnd?
    /// It has left its answer document for another.
    var isMoved = false
    /// An action has been asked what to do next.
    var isAsking = false
    /// Keys that were sent over the API.
    var keys = ""

    var isOver: Bool { endedAt != nil }

    /// From the answer to the end, or to now.
    func talked(until now: Moment) -> Duration { answeredAt.map { (endedAt ?? now) - $0 } ?? .zero }
    /// Whole seconds of it.
    func seconds(until now: Moment) -> Int { Int(talked(until: now).milliseconds / 1_000) }

    /// - Parameter epoch: the wall clock at ``Moment/zero``. Units: milliseconds since 1970 UTC.
    func identity(epoch: Int64, at now: Moment) -> CallIdentity {
        CallIdentity(
            streamID: streamID, callID: id, accountID: order.account, from: PhoneNumber(order.from), to: PhoneNumber(order.to),
            epochMilliseconds: epoch + now.nanoseconds / 1_000_000)
    }
}
