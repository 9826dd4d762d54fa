import Bots
import Call
import Net
import Pipeline
import Providers
import Wire

/// Opens media streams: decides at the upgrade, again at `start`, and takes leave at the end.
final class StreamController {
    unowned let loop: LoopServer
    let shared: SharedState
    var configuration: Configuration { shared.configuration }

    init(_ shared: SharedState, on loop: LoopServer) {
        self.shared = shared
        self.loop = loop
    }

    // MARK: Upgrade

    func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
        let target = Target(request.target)
        guard let path = StreamPath(target.path, providers: configuration.dialects.map(\.name)) else {
            return .refuse(.refusal(404, "not_found", "media streams are at /ws, /ws/{token} and /ws/{provider}/{token}"))
        }
        do throws(HTTPRefusal) {
            if shared.isDraining, path.token == nil { throw Self.draining }
            let admission = try admission(request, path)
            // An outbound call that was placed goes on while the server waits for its calls to end.
            if shared.isDraining, admission.dialled == nil, admission.transfer == nil { throw Self.draining }
            let query = try FormFields.query(target)
            if let bot = query["bot"], configuration.bots[bot] == nil { throw HTTPRefusal(unknownBot: bot, configuration) }
            if admission.transfer != nil {
                shared.registry.reserveAgain()
            } else if !shared.registry.reserve() {
                throw HTTPRefusal(.refusal(503, "full", "all \(configuration.maximumCalls) places are taken (--max-calls)"))
            }
            return .accept(makeHost(admission, path, query))
        } catch {
            shared.registry.countRefusal()
            shared.logger.log(.warning, "media socket refused", ["reason": error.answer.message, "peer": request.peer])
            return .refuse(error.answer)
        }
    }

    private static var draining: HTTPRefusal {
        HTTPRefusal(.refusal(503, "draining", "the server is stopping and takes no new calls"))
    }

    private func admission(_ request: IncomingRequest, _ path: StreamPath) throws(HTTPRefusal) -> Admission {
        if let text = path.token {
            do {
                let token = try shared.tokens.verify(text, unixTime: Int64(shared.unixTime))
                guard path.provider == nil || path.provider == token.provider else { throw StreamTokens.Refusal.otherProvider }
                return .token(token)
            } catch {
                throw HTTPRefusal(.refusal(403, "bad_token", (error as? StreamTokens.Refusal)?.sentence ?? "bad token"))
            }
        }
        var complaint: String?
        for dialect in configuration.dialects where path.provider == nil || path.provider == dialect.name {
            for origin in PublicOrigin.candidates(request, configuration, webSocket: true) {
                switch dialect.check(upgrade: SignedRequest(request, origin, shared), configuration.settings, shared.cryptography) {
                case .valid: return .signed(dialect.name)
                case .invalid(let reason): if dialect.name == path.provider { complaint = reason }
                case .notConfigured: break
                }
            }
        }
        guard let obstacle = shared.access.obstacle(request) else { return .loopback }
        let reason = complaint ?? "a media socket needs a stream token in its path or a signed upgrade: \(obstacle)"
        throw HTTPRefusal(.refusal(403, "forbidden", reason))
    }

    private func makeHost(_ admission: Admission, _ path: StreamPath, _ query: [String: String]) -> CallHost {
        let only = admission.provider ?? path.provider
        let dialects = configuration.dialects.filter { only == nil || $0.name == only }
        let engine = CallEngine(dialects: dialects, limits: configuration.limits, resamplers: shared.resamplers, at: loop.now)
        let host = CallHost(id: shared.newCallID(), engine: engine, admission: admission, query: query, loop: loop)
        host.provider = only
        return host
    }

    // MARK: Start

    /// Decides on a stream that has described itself.
    func admit(_ start: StreamStart, _ host: CallHost) -> CallInput {
        host.provider = start.provider
        if let claim = host.admission.transfer { return comeBack(start, host, claim) }
        if let claim = host.admission.dialled { return admit(start, host, claim) }
        var webhook = Webhook()
        if case .token(let token) = host.admission {
            do {
                if let known = try shared.tokens.spend(token, for: start, unixTime: Int64(shared.unixTime)) {
                    webhook = known
                } else {
                    webhook.bot = token.bot
                    shared.logger.log(
                        .warning, "the webhook's fields are not here: another replica answered it, or too many wait", call: host.id,
                        ["provider": start.provider.text])
                }
            } catch {
                return refuse(error.sentence, host, start)
            }
        }
        let (queryBody, queryError) = CallBody.read(host.query["body"])
        let (parameterBody, parameterError) = CallBody.read(start.parameters["body"])
        let name = webhook.bot ?? start.parameters["bot"] ?? host.query["bot"] ?? configuration.bot
        let call = CallInfo(
            id: host.id, stream: start,
            from: start.from ?? webhook.caller.from ?? PhoneNumber(orNil: start.parameters["from_number"] ?? host.query["from"]),
            to: start.to ?? webhook.caller.to ?? PhoneNumber(orNil: start.parameters["to_number"] ?? host.query["to"]),
            webhook: webhook.fields, query: host.query, body: webhook.body ?? parameterBody ?? queryBody, bot: name)
        let bodyError = webhook.bodyError ?? parameterError ?? queryError
        return admit(call, host, bodyError: bodyError?.description)
    }

    /// Decides on the stream of an outbound call: its token says which, and what was asked for with it.
    private func admit(_ start: StreamStart, _ host: CallHost, _ claim: DialledClaim) -> CallInput {
        guard case .token(let token) = host.admission else { return refuse("no token", host, start) }
        if let id = start.callID, let owner = shared.dialing.owner(ofProviderCall: id), owner != claim.id {
            return refuse(StreamTokens.Refusal.otherCall.sentence, host, start)
        }
        do {
            _ = try shared.tokens.spend(token, for: start, unixTime: Int64(shared.unixTime))
        } catch {
            return refuse(error.sentence, host, start)
        }
        // The token was the only one that may become this call, so no other socket has its id.
        loop.rename(host, to: claim.id)
        let known = shared.dialing.call(claim.id)?.request
        let call = CallInfo(
            id: claim.id, stream: start, from: known?.from ?? start.from, to: known?.to ?? start.to, query: host.query,
            body: claim.body ?? known?.body, bot: token.bot ?? configuration.bot)
        return admit(call, host, bodyError: nil)
    }

    func admit(_ call: CallInfo, _ host: CallHost, bodyError: String?) -> CallInput {
        let start = call.stream, name = call.bot
        guard let bot = configuration.bots[name] else { return refuse("no bot is named \(name)", host, start) }
        do {
            var pipeline = try equipped(bot, for: call)
            if let claim = host.admission.dialled {
                if call.resumption == nil, claim.machineDetection == .message, let message = configuration.dial.message {
                    pipeline = pipeline.appending(VoicemailMessage(message, heard: shared.dialing.call(claim.id)?.machine))
                }
                shared.dialing.post { $0.streamBegan(claim.id, providerCallID: start.callID) }
            }
            host.call = call
            host.bodyError = bodyError
            begin(call, pipeline, bodyError, isOutbound: host.admission.dialled != nil)
            host.tape?.begin(call, at: loop.now)
            return .admitted(call, pipeline)
        } catch {
            return refuse("bot \(name): \(error.description)", host, start, .botFailed)
        }
    }

    private func begin(_ call: CallInfo, _ pipeline: BotPipeline, _ bodyError: String?, isOutbound: Bool) {
        var start = call.stream
        // The bot has them; the record outlives the call and shows none.
        start.parameters = [:]
        let isKnown = call.resumption != nil && shared.registry.resume(call.id, start, on: loop.loop.handle)
        if !isKnown {
            shared.registry.begin(
                CallRecord(
                    id: call.id, provider: start.provider, bot: call.bot, start: start, from: call.from, to: call.to,
                    bodyError: bodyError,
                    isOutbound: isOutbound, startedAt: shared.unixTime, loop: loop.loop.handle))
        }
        shared.logger.log(
            .info, call.resumption == nil ? "call started" : "call came back", call: call.id,
            [
                "provider": start.provider.text, "provider_call_id": start.callID, "stream_id": start.streamID,
                "outcome": call.resumption?.outcome.rawValue, "pipeline": path(start, call.bot, pipeline),
            ])
        if let bodyError {
            shared.logger.log(
                .warning, "the call's body field was left out: \(bodyError); send JSON as base64, percent-encoded", call: call.id)
        }
    }

    func refuse(_ reason: String, _ host: CallHost, _ start: StreamStart, _ word: Termination = .refused) -> CallInput {
        shared.registry.countRefusal()
        shared.logger.log(
            .warning, "stream refused", call: host.id,
            ["reason": reason, "provider": start.provider.text, "provider_call_id": start.callID])
        return .refused(word, reason: reason)
    }

    // MARK: Life and end

    func hangUp(_ start: StreamStart, call: String) {
        HangUp(shared, loop.loop, call: call).begin(start)
    }

    func log(_ line: CallLog, of host: CallHost) {
        let provider = host.provider?.text
        switch line {
        case .brokenMessage(let error, let count):
            shared.logger.log(.warning, "broken message: \(error)", call: host.id, ["provider": provider, "count": "\(count)"])
        case .providerError(let code):
            shared.logger.log(
                .warning, "the provider reports an error", call: host.id, ["provider": provider, "code": String(code.prefix(32))])
        case .botError(let text): shared.logger.log(.error, "bot: \(text)", call: host.id, ["provider": provider])
        case .playoutFull:
            shared.logger.log(
                .warning, "the bot is more than \(Playout.longestQueue) ahead; its oldest audio is dropped", call: host.id,
                ["provider": provider])
        case .interrupted: shared.logger.log(.debug, "interrupted", call: host.id, ["provider": provider])
        }
    }

    func ended(_ host: CallHost, _ termination: Termination) {
        let counters = host.counters
        if shared.transfers.tell(host.id, { $0.streamEnded(termination, at: self.loop.now) })?.result == true {
            shared.registry.suspend(host.id, counters, host.recordingOrders)
            host.log?.close(termination, counters, callGoesOn: true, at: loop.now)
            shared.registry.release()
            return shared.logger.log(
                .info, "stream ended; the caller is being transferred", call: host.id,
                ["provider": host.provider?.text, "termination": termination.rawValue])
        }
        if let start = host.paidLeg { hangUp(start, call: host.id) }
        if let claim = host.admission.dialled, claim.id == host.id {
            shared.dialing.post { $0.tell(.streamEnded(call: claim.id, termination)) }
        }
        host.log?.close(termination, counters, at: loop.now)
        shared.registry.end(host.id, termination, counters, at: shared.unixTime)
        shared.registry.release()
        shared.logger.log(
            .info, "call ended", call: host.id,
            [
                "provider": host.provider?.text, "termination": termination.rawValue, "media_in": "\(counters.mediaIn)",
                "media_out": "\(counters.mediaOut)",
                "broken_messages": counters.brokenMessages == 0 ? nil : "\(counters.brokenMessages)",
            ])
    }
}

extension PhoneNumber {
    init?(orNil text: String?) {
        guard let text, !text.isEmpty else { return nil }
        self.init(text)
    }
}
