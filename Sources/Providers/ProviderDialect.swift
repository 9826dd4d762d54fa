import Call
import Wire

/// Everything Trunkline knows about one provider: its stream, its answer document, its signatures, its hang-up.
///
/// All of it is values: a dialect does no I/O, has no clock and no randomness of its own.
public protocol ProviderDialect: StreamDialect {
    /// What a person who sets the provider up has to know.
    var guide: ProviderGuide { get }

    /// The document that makes the provider open a media stream to us.
    func answer(_ request: AnswerRequest) -> AnswerDocument

    /// Who calls, by the fields of the answer webhook.
    func caller(inWebhook fields: [String: String]) -> WebhookCaller

    /// Whether an answer or status webhook really comes from the provider.
    func check(webhook request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography) -> SignatureCheck

    /// Whether the upgrade request of a media socket carries the provider's proof.
    func check(upgrade request: SignedRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography) -> SignatureCheck

    /// The REST request that ends the paid leg; `nil` when credentials or the call id are missing, or the provider has no such call.
    func hangUp(_ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64)
        -> HTTPRequest?

    /// What the answer to ``hangUp(_:_:_:unixTime:)`` means.
    func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome
}

extension ProviderDialect {
    public var guide: ProviderGuide { ProviderGuide() }

    /// How the names of its settings begin in the environment: `TWILIO_`.
    public var settingsPrefix: String { name.text.uppercased() + "_" }
}

/// How a provider is set up.
public struct ProviderGuide: Sendable {
    /// Where in the provider's console the answer URL belongs, and how it is asked for.
    public var consolePlace: String
    /// The setting that turns the check of webhooks on; `nil` when the provider signs none.
    public var webhookSecret: String?
    /// Settings that may be the path of a file with the value.
    public var fileSettings: [String]

    public init(consolePlace: String = "answer webhook", webhookSecret: String? = nil, fileSettings: [String] = []) {
        self.consolePlace = consolePlace
        self.webhookSecret = webhookSecret
        self.fileSettings = fileSettings
    }
}

/// What an answer webhook says about its call.
public struct WebhookCaller: Equatable, Sendable {
    /// The provider's call id, where the stream's `start` is sure to name the same one; a stream token is then bound to it.
    public var callID: String?
    public var from: PhoneNumber?
    public var to: PhoneNumber?

    public init(callID: String? = nil, from: PhoneNumber? = nil, to: PhoneNumber? = nil) {
        self.callID = callID
        self.from = from
        self.to = to
    }
}

/// The provider part of the configuration: values by the name that the ecosystem gives them in the environment.
public struct ProviderSettings: Sendable {
    private let values: [String: Secret]

    public init(_ values: [String: Secret] = [:]) { self.values = values }

    /// The names that are set.
    public var names: [String] { values.keys.filter { self[$0] != nil } }

    /// - Returns: `nil` when the value is not set or empty.
    public subscript(_ name: String) -> String? {
        guard let value = values[name]?.exposed, !value.isEmpty else { return nil }
        return value
    }
}

/// What an answer document is made of.
public struct AnswerRequest: Sendable {
    /// Whose words the document uses.
    public enum Shape: Sendable {
        /// The provider's documented answer.
        case native
        /// What Pipecat's development runner serves at `POST /` (differs for Exotel only).
        case pipecat
    }

    /// `wss://{host}/ws/{token}`, complete.
    public var streamURL: String
    public var from: PhoneNumber?
    public var to: PhoneNumber?
    /// Query and form fields of the webhook, decoded.
    public var fields: [String: String]
    public var shape: Shape

    public init(
        streamURL: String, from: PhoneNumber? = nil, to: PhoneNumber? = nil, fields: [String: String] = [:], shape: Shape = .native
    ) {
        self.streamURL = streamURL
        self.from = from
        self.to = to
        self.fields = fields
        self.shape = shape
    }
}

public struct AnswerDocument: Equatable, Sendable {
    /// Value of `Content-Type`.
    public var contentType: String
    public var text: String

    public init(contentType: String, text: String) {
        self.contentType = contentType
        self.text = text
    }
}

/// A request whose signature is to be checked.
public struct SignedRequest: Sendable {
    public var method: String
    /// Scheme and host that the provider dialled, without a path: `https://voice.example.com` or `https://voice.example.com:8443`.
    /// For an upgrade the scheme is `wss`.
    public var origin: String
    /// Path and query exactly as sent: never decoded and encoded again.
    public var target: String
    /// Lower-case names.
    public var headers: [String: String]
    /// Raw body.
    public var body: [UInt8]
    /// Wall-clock time in seconds since 1970.
    public var unixTime: Int64

    public init(
        method: String, origin: String, target: String, headers: [String: String], body: [UInt8] = [], unixTime: Int64
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body
        self.unixTime = unixTime
    }

    public var url: String { origin + target }
}

public enum SignatureCheck: Equatable, Sendable {
    /// The secret that signatures are checked with is not set, or the provider signs nothing of this kind.
    case notConfigured
    case valid
    /// What is wrong, in a sentence for the log and the answer; never contains the signature or the secret.
    case invalid(String)
}

public enum HangUpOutcome: Equatable, Sendable {
    /// The call is over: we ended it, or it had ended already.
    case ended
    /// A fault of the moment (5xx): worth one more try.
    case retry
    /// Refused. The sentence names the provider's code.
    case failed(String)
}
