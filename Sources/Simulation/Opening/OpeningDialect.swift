import Call
import Wire

/// What one provider sends over HTTP around a stream and how it reads an answer document, written from its documents and from nothing else.
protocol OpeningDialect: Sendable {
    /// How the answer document may be fetched, the usual way first.
    var answerMethods: [HTTPRequest.Method] { get }
    /// How long the provider waits for it.
    var answerTime: Duration { get }

    /// What a notice says; `nil` when the provider sends none of that kind.
    ///
    /// - Parameter time: the wall clock. Units: milliseconds since 1970 UTC.
    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload?

    /// Reads an answer document that came with status 200.
    ///
    /// - Parameters:
    ///   - origin: where it came from; relative addresses in it mean something there.
    ///   - leg: the format of the call's own leg, for providers that stream it as it is.
    /// - Throws: why the provider opens no stream.
    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer

    /// The provider's name for a request that failed.
    func complaint(_ failure: RetrievalFailure) -> Complaint
    /// The provider's name for a stream that could not be opened.
    func streamComplaint(_ failure: RetrievalFailure) -> Complaint
}

extension OpeningDialect {
    func complaint(_ failure: RetrievalFailure) -> Complaint { Complaint(failure.words) }
    func streamComplaint(_ failure: RetrievalFailure) -> Complaint { Complaint(failure.words) }
}

extension PlayedProvider {
    var opening: any OpeningDialect {
        switch self {
        case .twilio: TwilioOpening()
        case .telnyx: TelnyxOpening()
        case .plivo: PlivoOpening()
        case .exotel: ExotelOpening()
        case .vonage: VonageOpening()
        }
    }
}

/// Why something could not be fetched or connected.
public enum RetrievalFailure: Error, Equatable, Sendable {
    /// An answer with a status that is no success, and the words that came with it.
    case status(Int, words: String)
    case badHost(String)
    case noConnection(String)
    case tls(String)
    case timeout
    /// The answer is longer than ``XMLReader/documentLimit``.
    case tooLarge
    case other(String)

    public var words: String {
        switch self {
        case .status(let status, let words): "the server answered with status \(status)\(words.isEmpty ? "" : ": \(words)")"
        case .badHost(let words), .noConnection(let words), .tls(let words), .other(let words): words
        case .timeout: "the server did not answer in time"
        case .tooLarge: "the answer is longer than \(XMLReader.documentLimit) bytes"
        }
    }
}

extension HTTPResponse {
    /// The media type of the body, lower-case and without parameters; empty when the answer names none.
    var mediaType: String {
        let value = headers["content-type"] ?? ""
        return value.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    }
}

/// Numbers as some providers write them.
extension PhoneNumber {
    /// Without a leading `+` (Plivo, Vonage).
    var withoutPlus: String { exposed.hasPrefix("+") ? String(exposed.dropFirst()) : exposed }
}
