import Call
import Wire

/// The provider's side of a call over HTTP: asks for the answer document, obeys it, signs, and reports how the call goes.
///
/// A value without state: it makes requests and reads answers, and whoever holds it sends them.
public struct ProviderDesk: Sendable {
    public let provider: PlayedProvider
    private let dialect: any OpeningDialect
    private let signer: WebhookSigner

    /// Documents that may point to another document (`<Redirect>`) before one opens a stream. None is documented; a loop must end.
    public static let documentLimit = 10

    public init(_ provider: PlayedProvider, _ secrets: ProviderSecrets, _ signing: Signing, _ cryptography: any Cryptography) {
        self.provider = provider
        signer = WebhookSigner(provider: provider, secrets: secrets, mode: signing, cryptography: cryptography)
        dialect = provider.opening
    }

    /// How the provider can be told to fetch an answer document, the usual way first.
    public var answerMethods: [HTTPRequest.Method] { dialect.answerMethods }
    /// How long it waits for one.
    public var answerTime: Duration { dialect.answerTime }

    /// A webhook, signed where there is a secret.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: the wall clock, since 1970 UTC.
    /// - Returns: `nil` when the provider sends no notice of that kind.
    public func request(
        _ notice: WebhookNotice, of call: CallIdentity, to address: WebAddress, _ method: HTTPRequest.Method,
        unixMilliseconds: Int64
    ) -> HTTPRequest? {
        guard let payload = dialect.payload(of: notice, call, time: unixMilliseconds) else { return nil }
        var request = payload.request(method, address)
        signer.sign(&request, payload, unixTime: unixMilliseconds / 1_000)
        return request
    }

    /// What the provider makes of what it was answered.
    ///
    /// - Parameter leg: the format of the call's own leg.
    /// - Throws: why it opens no stream.
    public func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        guard response.status == 200 else { throw dialect.complaint(.status(response.status, words: Self.words(of: response))) }
        return try dialect.read(response, from: origin, leg: leg)
    }

    /// Fields of the upgrade: what the document asked for and the provider's proof.
    public func upgradeHeaders(_ order: StreamOrder, unixMilliseconds: Int64) -> [(name: String, value: Secret)] {
        order.headers + signer.upgradeHeaders(order, unixTime: unixMilliseconds / 1_000)
    }

    /// The provider's name for an answer document that could not be fetched.
    public func complaint(_ failure: RetrievalFailure) -> Complaint { dialect.complaint(failure) }
    /// The provider's name for a stream that could not be opened.
    public func streamComplaint(_ failure: RetrievalFailure) -> Complaint { dialect.streamComplaint(failure) }

    /// The message of a JSON error, or the beginning of a short text, for a person to read.
    private static func words(of response: HTTPResponse) -> String {
        if (300...399).contains(response.status) { return "a redirect, which is not followed; give the address that it leads to" }
        if let value = try? JSONValue(parsing: response.body), let message = value["error"]?["message"]?.string {
            return String(message.prefix(200))
        }
        guard response.mediaType == "text/plain" else { return "" }
        return String(String(decoding: response.body.prefix(200), as: UTF8.self).filter { !$0.isNewline })
    }
}
