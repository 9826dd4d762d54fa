import Call
import Dialing
import Net
import Providers
import Wire

/// `POST /start` and its other names, `/dialing`, and the callbacks of outbound calls. On a listening loop: it reads and checks, the dial
/// loop does and answers.
final class DialController {
    private let shared: SharedState
    private let transfers: TransferController
    private let destinations: DestinationGuard?

    init(_ shared: SharedState, _ transfers: TransferController) {
        self.shared = shared
        self.transfers = transfers
        destinations = shared.configuration.dial.destinations ?? (try? DestinationGuard())
    }

    // MARK: Start

    func start(_ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        if shared.isDraining { throw HTTPRefusal(.refusal(503, "draining", "the server is stopping and places no new calls")) }
        if case .closed(let reason) = shared.dialing.access { throw HTTPRefusal(DialReport.noJournal(reason)) }
        try checkType(request)
        let key: IdempotencyKey?
        let wish: StartRequest
        do throws(StartRequest.Problem) {
            key = try request.headers["idempotency-key"].map { value throws(StartRequest.Problem) in try IdempotencyKey(value) }
            wish = try StartRequest.read(request.body, hasKey: key != nil)
        } catch {
            throw HTTPRefusal(DialReport.error(error.status, error.code, error.sentence, error.members))
        }
        let asked = AskedCall(request: try filled(wish), key: key?.text, wait: wish.waitSeconds ?? 0)
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        if let reason = shared.dialing.post({ $0.start(asked, reply) }) { reply(DialReport.noJournal(reason)) }
    }

    private func checkType(_ request: IncomingRequest) throws(HTTPRefusal) {
        let type = (request.headers["content-type"] ?? "").lowercased().prefix { $0 != ";" && $0 != " " }
        guard type == "application/json" else {
            throw HTTPRefusal(.refusal(400, "bad_json", "send a JSON object with the header Content-Type: application/json"))
        }
    }

    /// The wish with every default filled in, and allowed.
    private func filled(_ wish: StartRequest) throws(HTTPRefusal) -> DialRequest {
        let configuration = shared.configuration
        let dialect = try dialect(wish.provider)
        let bot = wish.bot ?? configuration.bot
        guard configuration.bots[bot] != nil else {
            throw HTTPRefusal(unknownBot: bot, configuration, status: 400)
        }
        let setting = dialect.settingsPrefix + "PHONE_NUMBER"
        guard let from = wish.from ?? configuration.settings[setting].map({ PhoneNumber($0) }) else {
            throw HTTPRefusal(.refusal(400, "no_credentials", "\(dialect.name) cannot dial: give `from` or set \(setting)"))
        }
        if let refusal = destinations?.refusal(of: wish.to, from: from, caller: .of(dialect.name)) {
            throw HTTPRefusal(.refusal(403, "destination_not_allowed", refusal))
        }
        var request = wish.request(by: dialect.name, from: from)
        request.bot = bot
        return request
    }

    /// The provider that was asked for, else that of `-t`, else the only one with credentials.
    private func dialect(_ name: ProviderName?) throws(HTTPRefusal) -> any DiallingDialect {
        let known = shared.configuration.dialling
        let names = known.map(\.name.text).joined(separator: ", ")
        if let name = name ?? shared.configuration.transport {
            guard let dialect = known.first(where: { $0.name == name }) else {
                throw HTTPRefusal(
                    .refusal(400, "unknown_provider", "`provider` names none that places calls; there are \(names)"))
            }
            return dialect
        }
        let ready = shared.dialingProviders
        guard ready.count < 2 else {
            let names = ready.map(\.name.text).joined(separator: ", ")
            throw HTTPRefusal(
                .refusal(400, "unknown_provider", "say with which `provider`: credentials are set for \(names); or start with -t"))
        }
        guard let dialect = ready.first else {
            throw HTTPRefusal(
                .refusal(
                    400, "no_credentials",
                    "credentials are set for no provider; set those of one of \(names); trunkline help serve lists them"))
        }
        return dialect
    }

    // MARK: The kill switch

    /// - Parameter word: `pause`, `resume`, or `nil` to look.
    func dialing(_ word: String?, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        let reason = shared.dialing.post { dial in
            if let word { dial.pause(word == "pause", reply) } else { reply(dial.state) }
        }
        if let reason { reply(DialReport.noJournal(reason)) }
    }

    // MARK: Callbacks

    /// What a provider tells of a call.
    ///
    /// - Parameter call: our id, in the path of the status address.
    func status(_ name: ProviderName, call: String?, _ request: IncomingRequest) throws(HTTPRefusal) -> HTTPAnswer {
        guard let dialect = shared.dialect(name) else { throw Routes.unknownProvider(shared) }
        try WebhookProof.check(request, dialect, shared)
        guard let dialling = dialect as? any DiallingDialect else { return HTTPAnswer(status: 204) }
        let fields = try FormFields.all(request)
        let isJSON = (request.headers["content-type"] ?? "").lowercased().hasPrefix("application/json")
        let json = isJSON ? try? JSONValue(parsing: request.body) : nil
        let heard = dialling.heard(inCallback: fields, json: json)
        if transfers.callback(dialect, fields, json, heard) { return HTTPAnswer(status: 200) }
        guard let event = heard else { return HTTPAnswer(status: 204) }
        if case .closed = shared.dialing.access { return HTTPAnswer(status: 204) }
        if let reason = shared.dialing.post({ $0.tell(.callback(from: name, call: call, event)) }) {
            throw HTTPRefusal(.refusal(503, "overloaded", reason))
        }
        return HTTPAnswer(status: 200)
    }
}

/// Whether a webhook comes from its provider.
enum WebhookProof {
    static func check(_ request: IncomingRequest, _ dialect: any ProviderDialect, _ shared: SharedState) throws(HTTPRefusal) {
        var complaint: String?
        for origin in PublicOrigin.candidates(request, shared.configuration, webSocket: false) {
            let signed = SignedRequest(request, origin, shared)
            switch dialect.check(webhook: signed, shared.configuration.settings, shared.cryptography) {
            case .valid, .notConfigured: return
            case .invalid(let reason): complaint = complaint ?? reason
            }
        }
        guard let complaint else { return }
        let hint = shared.configuration.publicHost == nil ? "; behind a proxy, give the public host with -x" : ""
        throw HTTPRefusal(.refusal(403, "bad_signature", complaint + hint))
    }
}
