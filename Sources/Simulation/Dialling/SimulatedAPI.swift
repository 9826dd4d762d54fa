import Call
import Wire

/// The REST APIs of all five providers for calls, and what happens to the calls that they place: a value that does no I/O.
///
/// Requests and the time go in; answers, callbacks, requests for answer documents and streams to open come out. After each thing that went
/// in, poll until it says `idle`. The same seed makes the same chances.
///
/// It holds requests to the providers' documents: credentials, method, path, content type, and every parameter. One thing is stricter than
/// life: a parameter that no document names is refused with the provider's error, where the real ones pass over it in silence, so that a
/// misspelt name is found.
public struct SimulatedAPI: Sendable {
    public struct Options: Sendable {
        public var fates = FatePlan()
        public var faults = FaultPlan()
        /// How long a call stays out of the lists after it was placed: lists are copies that follow.
        public var listLag = Duration.zero
        public var seed: UInt64 = 1
        /// Whether answered calls open their media stream.
        public var opensStreams = true
        /// Those whose API is there.
        public var providers = Set(PlayedProvider.allCases)

        public init() {}
    }

    /// What is to be done.
    public enum Output: Sendable {
        /// Send this to the customer; what it answers does not matter.
        case post(HTTPRequest)
        /// Fetch the answer document, and give what comes to ``fetched(_:_:at:)``.
        case fetch(HTTPRequest, call: Int, within: Duration)
        case open(APIStream)
        /// The call of this stream is over.
        case close(call: Int)
        /// What the provider would object to.
        case complaint(PlayedProvider, Complaint)
        /// Nothing to do before the moment; `nil`: nothing until something comes in.
        case idle(wake: Moment?)
    }

    let options: Options
    let signers: [PlayedProvider: WebhookSigner]
    var desk: APIDesk
    var chance: SplitMix64
    var agenda = Agenda<Task>()
    /// Outputs that wait to be polled, and how many of them have been.
    private var ready: [Output] = []
    private var taken = 0
    private(set) var requests: [CallLedger.Request] = []

    /// - Parameters:
    ///   - secrets: what callbacks and streams are signed with.
    ///   - epoch: the wall clock at ``Moment/zero``. Units: milliseconds since 1970 UTC.
    public init(
        _ options: Options, _ credentials: APICredentials, _ secrets: ProviderSecrets, _ cryptography: any Cryptography,
        epoch: Int64
    ) {
        self.options = options
        chance = SplitMix64(state: options.seed)
        desk = APIDesk(
            credentials: credentials, cryptography: cryptography, epoch: epoch, listLag: options.listLag,
            chance: SplitMix64(state: options.seed ^ 0x1D5))
        signers = Dictionary(
            uniqueKeysWithValues: PlayedProvider.allCases.map {
                ($0, WebhookSigner(provider: $0, secrets: secrets, mode: .on, cryptography: cryptography))
            })
    }

    static func api(of provider: PlayedProvider) -> any ProviderAPI {
        switch provider {
        case .twilio: TwilioAPI()
        case .telnyx: TelnyxAPI()
        case .plivo: PlivoAPI()
        case .exotel: ExotelAPI()
        case .vonage: VonageAPI()
        }
    }

    // MARK: In

    /// A request has come.
    public mutating func handle(_ request: APIRequest, at now: Moment) -> APIReply {
        desk.now = now
        advance()
        let apis = PlayedProvider.allCases.filter { options.providers.contains($0) }.map { Self.api(of: $0) }
        guard let api = apis.first(where: { $0.owns(request.path) }) else {
            let error = JSONValue.object(["error": .string("this path belongs to no provider that is simulated here")])
            return .answer(.json(404, error))
        }
        do throws(APIRefusal) {
            switch try api.wish(request, desk) {
            case .place(let order): return place(order, api)
            case .answer(let response):
                return .answer(options.faults.happens(.lookup, &chance) ? api.trouble(500, desk) : response)
            case .end(let index, let response):
                if options.faults.happens(.lookup, &chance) { return .answer(api.trouble(500, desk)) }
                desk.calls[index].isHungUpByAPI = true
                end(index, desk.calls[index].answeredAt == nil ? .canceled : .completed)
                return .answer(response)
            case .move(let index, let order, let response):
                if options.faults.happens(.lookup, &chance) { return .answer(api.trouble(500, desk)) }
                move(index, order)
                return .answer(response)
            case .bridge(let index, let order, let response):
                if options.faults.happens(.lookup, &chance) { return .answer(api.trouble(500, desk)) }
                bridge(index, order)
                return .answer(response)
            case .keys(let index, let keys, let response):
                desk.calls[index].keys += keys
                return .answer(response)
            }
        } catch {
            if request.method == "POST", api.creates(request.path) {
                log(api.provider, "", "refused \(error.response.status)", nil)
            }
            return .answer(error.response)
        }
    }

    /// The answer document of a call has come, or has not.
    public mutating func fetched(_ call: Int, _ result: Result<HTTPResponse, RetrievalFailure>, at now: Moment) {
        desk.now = now
        advance()
        read(call, result)
    }

    /// The stream of a call stands.
    public mutating func streamOpened(_ call: Int, at now: Moment) {
        desk.now = now
        if desk.calls.indices.contains(call) { desk.calls[call].wasStreamed = true }
    }

    /// The stream of a call is over, or never stood. The call goes with it, but at Telnyx, whose calls need a
    /// hang-up, and unless it has left the stream.
    public mutating func streamEnded(_ call: Int, at now: Moment) {
        desk.now = now
        advance()
        // A stream that the call has left says nothing of the call.
        guard desk.calls.indices.contains(call), desk.calls[call].hasStream else { return }
        desk.calls[call].hasStream = false
        if desk.calls[call].provider != .telnyx { end(call, .completed) }
    }

    // MARK: Out

    public mutating func poll(at now: Moment) -> Output {
        desk.now = now
        advance()
        guard taken < ready.count else {
            ready = []
            taken = 0
            return .idle(wake: agenda.first)
        }
        taken += 1
        return ready[taken - 1]
    }

    mutating func tell(_ output: Output) { ready.append(output) }

    /// What has been asked for and what came of it.
    public var ledger: CallLedger { CallLedger(desk, requests) }

    // MARK: Create requests

    private mutating func place(_ order: PlaceOrder, _ api: any ProviderAPI) -> APIReply {
        let fault = options.faults.ofCreate(&chance)
        let isPlaced: Bool
        let reply: (PlacedCall?, APIDesk) -> APIReply
        switch fault {
        case nil:
            isPlaced = true
            reply = { call, desk in call.map { .answer(api.placed($0, desk)) } ?? .hangUp }
        case .tooMany?:
            isPlaced = false
            let seconds = String(options.faults.retryAfter)
            reply = { _, desk in
                var response = api.trouble(429, desk)
                response.headers["retry-after"] = seconds
                return .answer(response)
            }
        case .tooManyBare?: (isPlaced, reply) = (false, { _, desk in .answer(api.trouble(429, desk)) })
        case .broken?, .brokenPlaced?:
            (isPlaced, reply) = (fault == .brokenPlaced, { _, desk in .answer(api.trouble(500, desk)) })
        case .silent?, .silentPlaced?: (isPlaced, reply) = (fault == .silentPlaced, { _, _ in .silence })
        case .closed?, .closedPlaced?: (isPlaced, reply) = (fault == .closedPlaced, { _, _ in .hangUp })
        case .lookup?, .lost?, .doubled?, .reordered?, .late?: (isPlaced, reply) = (true, { _, _ in .hangUp })
        }
        let call = isPlaced ? begin(order, api) : nil
        log(api.provider, order.number, fault?.rawValue ?? "placed", call?.id)
        return reply(call, desk)
    }

    private mutating func log(_ provider: PlayedProvider, _ to: String, _ outcome: String, _ id: String?) {
        requests.append(.init(at: Double(desk.milliseconds) / 1_000, provider: provider, to: to, outcome: outcome, id: id))
    }
}

/// A stream that an answered call opens.
public struct APIStream: Sendable {
    public let call: Int
    public let provider: PlayedProvider
    public let order: StreamOrder
    public let identity: CallIdentity
    /// Fields of the upgrade: what was asked for and the provider's proof.
    public let headers: [(name: String, value: Secret)]
}
