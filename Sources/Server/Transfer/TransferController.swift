import Call
import Net
import Providers
import Wire

/// `/answer/{provider}/transfer/{token}`: the document that dials, and behind `/done` what the provider is to do when the dial is over.
final class TransferController {
    private let shared: SharedState

    init(_ shared: SharedState) { self.shared = shared }

    // MARK: The document that dials

    func document(_ text: String, _ name: ProviderName, _ request: IncomingRequest, at now: Moment) throws(HTTPRefusal)
        -> HTTPAnswer
    {
        let dialect = try dialect(name)
        let (token, claim) = try token(text, for: .transfer, name, dialect, request)
        guard let told = shared.transfers.tell(claim.call, nonce: token.nonce, { $0.documentAsked(at: now) }) else {
            throw HTTPRefusal(
                .refusal(
                    404, "unknown_transfer",
                    "no such transfer is under way here; it is over, or another replica, or this server before its restart, began it"
                ))
        }
        guard let actions = told.result else {
            throw HTTPRefusal(.refusal(409, "over", "the document of this transfer is not to be had any more"))
        }
        carryOut(actions, told.transfer)
        shared.logger.log(.info, "transfer document given", call: claim.call, ["provider": name.text])
        return answer(dialect.document(told.transfer.dial))
    }

    // MARK: What follows

    /// Answers on the exchange, once the first stream has ended.
    func done(
        _ text: String, _ name: ProviderName, _ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer
    ) throws(HTTPRefusal) {
        let dialect = try dialect(name)
        let (token, claim) = try token(text, for: .transferred, name, dialect, request)
        let news = dialect.news(ofAction: try FormFields.all(request)) ?? .ended(.unknown)
        let stream: @Sendable (CallInfo?, DialEnd) -> HTTPAnswer = { [shared] call, end in
            var claim = claim
            claim.outcome = end
            let expires = Int64(shared.unixTime) + StreamToken.lifetime
            let streamToken = shared.tokens.mint(
                name, claim, token.dialled, callID: token.callID, bot: call?.bot ?? token.bot ?? shared.configuration.bot,
                nonce: token.nonce, for: .stream, expires: expires)
            // Vonage asks with the id of the telephone's leg; the stream is to name the caller's.
            var fields = call?.webhook ?? [:]
            fields["uuid"] = call?.stream.callID ?? token.callID ?? fields["uuid"]
            let document = dialect.answer(
                AnswerRequest(
                    streamURL: PublicOrigin.streamURL(request, shared.configuration, token: streamToken), from: call?.from,
                    to: call?.to, fields: fields))
            return Self.answer(document)
        }
        guard let transfer = shared.transfers.transfer(of: claim.call), transfer.nonce == token.nonce else {
            return exchange.answer(try withoutTransfer(claim, news, dialect, stream))
        }
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        transfer.home.post { [shared] there in
            guard let server = there.service as? LoopServer else { return }
            // The provider has taken the caller out of the stream, whether it has closed that or not.
            switch news {
            case .progress, .connected: break
            case .ended, .callerGone: server.host(claim.call)?.tell(.cancel(.transferred))
            }
            guard let told = shared.transfers.tell(claim.call, nonce: token.nonce, { $0.actionAsked(news, at: server.now) }),
                let (actions, comesBack) = told.result
            else {
                return reply(.refusal(409, "over", "this transfer is over, or has not begun to dial"))
            }
            shared.logger.log(
                .info, "transfer: \(news)", call: claim.call,
                ["provider": name.text, "comes_back": comesBack == nil ? nil : "true"])
            server.streams.carryOut(actions, claim.call)
            if let comesBack { return reply(stream(told.transfer.call, comesBack)) }
            switch news {
            case .progress, .connected: reply(HTTPAnswer(status: 204))
            case .ended where !actions.isEmpty, .callerGone: reply(Self.answer(dialect.farewell))
            case .ended: reply(HTTPAnswer(status: 204))
            }
        }
    }

    /// The call began on another replica, or before a restart; or its transfer is over.
    private func withoutTransfer(
        _ claim: TransferClaim, _ news: TransferNews, _ dialect: any TransferringDialect,
        _ stream: (CallInfo?, DialEnd) -> HTTPAnswer
    ) throws(HTTPRefusal) -> HTTPAnswer {
        switch news {
        case .progress, .connected: return HTTPAnswer(status: 204)
        // The last word on a telephone whose caller has come back.
        case .ended(.completed) where isLive(claim.call): return HTTPAnswer(status: 204)
        case .ended(.completed), .callerGone: return Self.answer(dialect.farewell)
        case .ended(let end):
            guard shared.registry.record(claim.call) == nil else {
                throw HTTPRefusal(.refusal(409, "over", "this transfer is over"))
            }
            return stream(nil, end)
        }
    }

    private func isLive(_ call: String) -> Bool { shared.registry.record(call).map { $0.endedAt == nil } ?? false }

    // MARK: Callbacks

    /// What a provider tells of a bridged telephone, or of a caller who has hung up while there was no stream.
    ///
    /// - Returns: whether the callback was about a transfer's telephone, and so about no call of the dialer's.
    func callback(_ dialect: any ProviderDialect, _ fields: [String: String], _ json: JSONValue?, _ event: DialEvent?) -> Bool {
        if let json, let told = (dialect as? any TransferringDialect)?.news(ofCallback: json) {
            guard let call = shared.transfers.call(ofTag: told.tag), let transfer = shared.transfers.transfer(of: call) else {
                return true
            }
            transfer.home.post { [shared] there in
                guard let server = there.service as? LoopServer,
                    let actions = shared.transfers.tell(call, nonce: told.tag, { $0.bridgeTold(told.news, at: server.now) })
                else { return }
                server.streams.carryOut(actions.result, call)
            }
            return true
        }
        var gone = (dialect as? any TransferringDialect)?.callerGone(inCallback: fields, json: json)
        if case .ended? = event?.state { gone = event?.providerCallID ?? gone }
        if let id = gone, let call = shared.transfers.call(away: id, at: dialect.name) {
            shared.endTransferred(call, .callerHungUp)
        }
        return false
    }

    // MARK: Parts

    private func dialect(_ name: ProviderName) throws(HTTPRefusal) -> any TransferringDialect {
        guard let dialect = shared.dialect(name) else { throw Routes.unknownProvider(shared) }
        guard let dialect = dialect as? any TransferringDialect else {
            throw HTTPRefusal(.refusal(404, "not_found", "\(name) transfers no calls"))
        }
        return dialect
    }

    private func token(
        _ text: String, for purpose: StreamToken.Purpose, _ name: ProviderName, _ dialect: any TransferringDialect,
        _ request: IncomingRequest
    ) throws(HTTPRefusal) -> (StreamToken, TransferClaim) {
        try WebhookProof.check(request, dialect, shared)
        do throws(StreamTokens.Refusal) {
            let token = try shared.tokens.verify(text, for: purpose, unixTime: Int64(shared.unixTime))
            guard token.provider == name else { throw .otherProvider }
            guard let claim = token.transfer else { throw .malformed }
            return (token, claim)
        } catch {
            throw HTTPRefusal(.refusal(403, "bad_token", error.sentence))
        }
    }

    private func carryOut(_ actions: [Transfer.Action], _ transfer: Transfer) {
        guard !actions.isEmpty else { return }
        let call = transfer.call.id
        transfer.home.post { ($0.service as? LoopServer)?.streams.carryOut(actions, call) }
    }

    private func answer(_ document: AnswerDocument) -> HTTPAnswer { Self.answer(document) }

    private static func answer(_ document: AnswerDocument) -> HTTPAnswer {
        HTTPAnswer(status: 200, headers: [("Content-Type", document.contentType)], body: Array(document.text.utf8))
    }
}
