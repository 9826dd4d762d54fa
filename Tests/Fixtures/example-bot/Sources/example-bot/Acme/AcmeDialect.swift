import Call
import Providers

/// A provider that does not exist: lines of text for control, 16-bit little-endian samples at 16 kHz in binary messages for audio.
struct AcmeDialect: ProviderDialect {
    let name = ProviderName("acme")

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
        .notConfigured
    }

    func check(upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography) -> SignatureCheck {
        .notConfigured
    }

    func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? { nil }

    func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome { .ended }
}
