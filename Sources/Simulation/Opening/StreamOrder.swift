import Call

/// The stream that an answer document asks for.
public struct StreamOrder: Sendable {
    /// Where to connect, without credentials, as signatures cover it: `wss://host/path`.
    public var url: String
    /// Fields of the upgrade that the document itself asks for (Exotel's credentials, Vonage's `authorization`).
    public var headers: [(name: String, value: Secret)] = []
    /// Whether the provider is to prove itself with a token of its own on the upgrade (Vonage, `authorization` of type `vonage`).
    public var wantsProviderToken = false
    /// What the provider repeats in `start`, or in its first message.
    public var parameters: [String: String] = [:]
    /// The caller's audio.
    public var inbound: MediaFormat
    /// What the provider plays.
    public var outbound: MediaFormat
    /// The stream's name; empty for none.
    public var name = ""
    /// Why nothing that the server sends is played; `nil` when it is.
    public var unheard: Complaint?
    /// Where the provider reports that the stream started and stopped.
    public var statusCallback: Callback?
    /// What the provider fetches when the stream is over (`<Connect action>`).
    public var action: Callback?
    /// What the provider does when the stream is over, in words.
    public var afterwards = "the call ends: nothing follows in the document"

    /// An address that the provider calls, and how.
    public struct Callback: Equatable, Sendable {
        public var url: String
        public var method: HTTPRequest.Method

        public init(url: String, method: HTTPRequest.Method) {
            self.url = url
            self.method = method
        }
    }

    public init(url: String, inbound: MediaFormat, outbound: MediaFormat) {
        self.url = url
        self.inbound = inbound
        self.outbound = outbound
    }
}

/// What an answer document makes the provider do.
public enum AnswerStep: Sendable {
    case stream(StreamOrder)
    /// Fetch another document.
    case fetch(StreamOrder.Callback)
}

/// An answer document, read.
public struct ReadAnswer: Sendable {
    public var step: AnswerStep
    /// What the provider raises and gets over.
    public var complaints: [Complaint] = []
    /// What a person should know and no provider objects to.
    public var notes: [String] = []
}

/// What the readers of answer documents gather on their way.
struct AnswerRemarks {
    /// Remarks of one document that are kept. A document of 64 KiB can make thousands of the same mistake.
    static let limit = 32

    private(set) var complaints: [Complaint] = []
    private(set) var notes: [String] = []

    mutating func complain(_ complaint: Complaint) {
        if complaints.count < Self.limit, !complaints.contains(complaint) { complaints.append(complaint) }
    }

    mutating func note(_ words: String) {
        if notes.count < Self.limit, !notes.contains(words) { notes.append(words) }
    }

    func answer(_ step: AnswerStep) -> ReadAnswer { ReadAnswer(step: step, complaints: complaints, notes: notes) }
}
