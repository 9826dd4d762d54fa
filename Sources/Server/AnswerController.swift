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
        try checkSignature(request, dialect)
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

    private func checkSignature(_ request: IncomingRequest, _ dialect: any ProviderDialect) throws(HTTPRefusal) {
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
