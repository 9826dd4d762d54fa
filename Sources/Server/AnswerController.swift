import Call
import Net
import Providers

/// Serves the documents that make a provider open its stream to us, each with a fresh stream token.
final class AnswerController {
    private let shared: SharedState

    init(_ shared: SharedState) { self.shared = shared }

    func answer(_ name: ProviderName, _ request: IncomingRequest, _ shape: AnswerRequest.Shape) throws(HTTPRefusal) -> HTTPAnswer {
        let configuration = shared.configuration
        guard let dialect = shared.dialect(name) else { throw Routes.unknownProvider(shared) }
        try WebhookProof.check(request, dialect, shared)
        let webhook = Webhook(fields: try FormFields.all(request), dialect: dialect)
        if let bot = webhook.bot, configuration.bots[bot] == nil { throw HTTPRefusal(unknownBot: bot, configuration) }
        if shared.isDraining { throw HTTPRefusal(.refusal(503, "draining", "the server is stopping and takes no new calls")) }
        let token = shared.tokens.mint(name, callID: webhook.caller.callID, webhook, unixTime: Int64(shared.unixTime))
        let document = dialect.answer(
            AnswerRequest(
                streamURL: PublicOrigin.streamURL(request, configuration, token: token), from: webhook.caller.from,
                to: webhook.caller.to, fields: webhook.fields, shape: shape))
        shared.logger.log(
            .info, "webhook answered",
            ["provider": name.text, "provider_call_id": webhook.caller.callID, "body_error": webhook.bodyError?.description])
        return HTTPAnswer(status: 200, headers: [("Content-Type", document.contentType)], body: Array(document.text.utf8))
    }

    /// The document of an outbound call that its provider has just connected. Its address carries the right to it.
    func answer(dialled text: String, _ name: ProviderName, _ request: IncomingRequest) throws(HTTPRefusal) -> HTTPAnswer {
        guard let dialect = shared.dialect(name) else { throw Routes.unknownProvider(shared) }
        try WebhookProof.check(request, dialect, shared)
        let token: StreamToken
        do throws(StreamTokens.Refusal) {
            token = try shared.tokens.verify(text, for: .answer, unixTime: Int64(shared.unixTime))
            guard token.provider == name else { throw .otherProvider }
        } catch {
            throw HTTPRefusal(.refusal(403, "bad_token", error.sentence))
        }
        guard var claim = token.dialled else {
            throw HTTPRefusal(.refusal(403, "bad_token", StreamTokens.Refusal.malformed.sentence))
        }
        let fields = try FormFields.all(request)
        let caller = dialect.caller(inWebhook: fields)
        let known = shared.dialing.call(claim.id)?.request
        claim.body = claim.body ?? known?.body
        let stream = shared.tokens.mint(
            name, claim, bot: token.bot, for: .stream, expires: Int64(shared.unixTime) + StreamToken.lifetime)
        let document = dialect.answer(
            AnswerRequest(
                streamURL: PublicOrigin.streamURL(request, shared.configuration, token: stream), from: caller.from ?? known?.from,
                to: caller.to ?? known?.to, fields: fields))
        shared.logger.log(.info, "answer document of an outbound call given", call: claim.id, ["provider": name.text])
        return HTTPAnswer(status: 200, headers: [("Content-Type", document.contentType)], body: Array(document.text.utf8))
    }
}
