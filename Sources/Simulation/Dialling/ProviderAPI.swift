import Call
import Wire

/// One provider's REST API for calls, written from its documents and from nothing else. A value without state.
///
/// Stricter than the real one in one thing: a parameter that the documents do not name is refused, where real providers pass over it in
/// silence. That is how a misspelt name is found.
protocol ProviderAPI: Sendable {
    var provider: PlayedProvider { get }

    /// Whether a path belongs to this API.
    func owns(_ path: Substring) -> Bool

    /// Whether a path is the one of create requests.
    func creates(_ path: Substring) -> Bool

    /// What a request asks for.
    ///
    /// - Throws: the provider's answer to a request that it refuses.
    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish

    /// The answer to a create request.
    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse

    /// The answer of a provider that is in trouble: 429 or 500.
    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse

    /// What is told of a turn; `nil` when nobody is told.
    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback?

    /// The request for the answer document of an answered call.
    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback
}

/// What a request asks for.
enum APIWish: Sendable {
    case place(PlaceOrder)
    /// Nothing but this answer.
    case answer(HTTPResponse)
    /// The call of this index is ended, and that is answered.
    case end(Int, HTTPResponse)
    /// The call of this index leaves its stream for a document.
    case move(Int, MoveOrder, HTTPResponse)
    /// The call of this index is bridged with a telephone.
    case bridge(Int, BridgeOrder, HTTPResponse)
    /// Keys are sent to the callee of this index.
    case keys(Int, String, HTTPResponse)
}

/// A request that the provider refuses, and its answer.
struct APIRefusal: Error { let response: HTTPResponse }

/// A request of the provider to its customer, unsigned.
struct APICallback: Sendable {
    enum Content: Sendable {
        case fields(WebhookPayload)
        case json([UInt8])
    }
    let target: StreamOrder.Callback
    let content: Content

    init(_ target: StreamOrder.Callback, _ content: Content) {
        self.target = target
        self.content = content
    }
}

/// What the APIs of all providers look at: the calls, the time, the credentials.
struct APIDesk: Sendable {
    let credentials: APICredentials
    let cryptography: any Cryptography
    /// The wall clock at ``Moment/zero``. Units: milliseconds since 1970 UTC.
    let epoch: Int64
    /// How long a call stays out of lists after it was placed.
    let listLag: Duration
    var calls: [PlacedCall] = []
    var indexes: [String: Int] = [:]
    var now = Moment.zero
    var chance: SplitMix64

    /// Units: milliseconds since 1970 UTC.
    func milliseconds(_ moment: Moment) -> Int64 { epoch + moment.nanoseconds / 1_000_000 }
    var milliseconds: Int64 { milliseconds(now) }

    /// The provider's call of this id.
    func index(_ id: String, of provider: PlayedProvider) -> Int? {
        indexes[id].flatMap { calls[$0].provider == provider ? $0 : nil }
    }

    /// The provider's calls that its lists show, the newest first.
    func listed(_ provider: PlayedProvider) -> [PlacedCall] {
        calls.reversed().filter { $0.provider == provider && $0.placedAt + listLag <= now }
    }

    /// An id for an answer, different for different times and numbers of calls.
    var answerID: String {
        var chance = SplitMix64(state: UInt64(bitPattern: milliseconds) ^ UInt64(calls.count) << 48)
        return chance.uuid()
    }
}
