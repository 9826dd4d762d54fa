import Call
import Providers

/// A provider that does not exist: lines of text for control, 16-bit little-endian samples at 16 kHz in binary messages for audio.
struct AcmeDialect: ProviderDialect {
    let name = ProviderName("acme")
    let guide = ProviderGuide(consolePlace: "acme --answer-url", webhookSecret: "ACME_WEBHOOK_TOKEN")

    func opens(with message: Span<UInt8>, _ kind: MessageKind) -> Bool {
        kind == .text && AcmeLine(message).words.first == "ACME"
    }

    func makeSerializer() -> any StreamSerializer { AcmeSerializer() }

    func answer(_ request: AnswerRequest) -> AnswerDocument {
        AnswerDocument(contentType: "text/plain", text: request.streamURL + "\n")
    }

    func caller(inWebhook fields: [String: String]) -> WebhookCaller {
        WebhookCaller(callID: fields["call"], from: fields["from"].map { PhoneNumber($0) })
    }

    func check(webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography) -> SignatureCheck {
        guard let token = settings["ACME_WEBHOOK_TOKEN"] else { return .notConfigured }
        let given = request.headers["x-acme-token"] ?? ""
        let isEqual = cryptography.equalInConstantTime(Array(given.utf8), Array(token.utf8))
        return isEqual ? .valid : .invalid("the header X-Acme-Token is missing or wrong")
    }

    func check(upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography) -> SignatureCheck {
        .notConfigured
    }

    func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? { nil }

    func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome { .ended }
}
