import Call
import Wire

/// The part of a provider's dialect that hands a live caller over to a telephone.
///
/// Either the provider runs a document of ours that dials (``document(_:)``) and asks an address of ours what to do afterwards
/// (``news(ofAction:)``), or it bridges the call by itself and tells by callbacks how that went (``news(ofCallback:)``).
public protocol TransferringDialect: ProviderDialect {
    /// How long the provider lets the telephone ring. A time outside is moved to the nearest one inside. Units: seconds.
    var transferTimeout: ClosedRange<Int> { get }

    /// The request that takes the caller out of the stream.
    func transfer(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(TransferRefusal) -> TransferPlan

    /// The provider's own code in a refusal; what is none is not repeated.
    func code(ofTransfer response: HTTPResponse) -> String?

    /// The document that dials.
    func document(_ dial: TransferDial) -> AnswerDocument

    /// What the provider says when it asks how to go on after the dial; `nil` when it says nothing of it.
    func news(ofAction fields: [String: String]) -> TransferNews?

    /// What a callback says about a telephone that was bridged, and the ``TransferRequest/tag`` of its transfer; `nil` when it is about
    /// something else.
    func news(ofCallback json: JSONValue) -> (tag: String, news: TransferNews)?

    /// The provider's id of the call of a caller who has hung up, as a callback says it; `nil` when it says something else. Calls that we
    /// placed are told by ``DiallingDialect/event(ofCallback:json:)``.
    func callerGone(inCallback fields: [String: String], json: JSONValue?) -> String?

    /// The document that ends the call.
    var farewell: AnswerDocument { get }
}

extension TransferringDialect {
    public func news(ofCallback json: JSONValue) -> (tag: String, news: TransferNews)? { nil }
    public func callerGone(inCallback fields: [String: String], json: JSONValue?) -> String? { nil }

    /// The request that would end the caller's leg: a transfer goes to the same address with the same right.
    ///
    /// - Parameter mend: what to set when there are no credentials.
    func legRequest(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64,
        mend: String
    ) throws(TransferRefusal) -> HTTPRequest {
        _ = try transfer.callee(of: name)
        var stream = transfer.stream
        stream.callID = stream.callID ?? transfer.callID
        guard stream.callID != nil else { throw TransferRefusal("neither stream nor webhook names a call of \(name)'s") }
        guard let request = hangUp(stream, settings, cryptography, unixTime: unixTime) else {
            throw TransferRefusal("\(name) cannot transfer: set \(mend)")
        }
        return request
    }

    /// What the answer to a transfer request means. Faults of the server may have come after it was carried out.
    public func outcome(ofTransfer response: HTTPResponse) -> TransferOutcome {
        switch response.status {
        case 200..<300: return .accepted
        case 408, 500...:
            return .unknown("\(name) answered \(response.status), which does not say whether the caller was transferred")
        default:
            let code = code(ofTransfer: response).map { ", code \($0)" } ?? ""
            return .refused("\(name) refused the transfer with status \(response.status)\(code)")
        }
    }

    /// The document of the XML dialects that ends the call.
    static var hangUpXML: AnswerDocument {
        var xml = XMLWriter()
        xml.begin("Response")
        xml.empty("Hangup", [])
        return AnswerDocument(contentType: "application/xml", text: xml.document)
    }

    /// A `<Dial>` around its one `<Number>`.
    func dialXML(_ attributes: [XMLWriter.Attribute], number: String) -> AnswerDocument {
        var xml = XMLWriter()
        xml.begin("Response")
        xml.begin("Dial", attributes)
        xml.element("Number", [], text: number)
        xml.end()
        return AnswerDocument(contentType: "application/xml", text: xml.document)
    }

    /// The ring time-out as the provider takes it. Units: seconds.
    func timeout(_ dial: TransferDial) -> Int {
        min(max(dial.timeout, transferTimeout.lowerBound), transferTimeout.upperBound)
    }

    /// The `CallStatus` of a caller who has hung up, as TwiML, TeXML and Plivo's XML name it.
    static func isOver(callStatus: String?) -> Bool {
        ["completed", "busy", "failed", "no-answer", "canceled", "cancel"].contains(callStatus ?? "")
    }
}

/// Who is to be dialled, and who asks.
public struct TransferDial: Equatable, Sendable {
    public var to: PhoneNumber
    /// What is shown to the callee; left out when it is no number or not known.
    public var callerID: PhoneNumber?
    /// How long it may ring. Units: seconds.
    public var timeout: Int
    /// How long the two may talk. Units: seconds.
    public var limit: Int
    /// What the provider asks when the dial is over.
    public var actionURL: String

    public init(to: PhoneNumber, callerID: PhoneNumber?, timeout: Int, limit: Int, actionURL: String) {
        self.to = to
        self.callerID = callerID
        self.timeout = timeout
        self.limit = limit
        self.actionURL = actionURL
    }

    /// The caller id, if it is `+` and 7 to 15 digits, or digits alone, as some providers write their numbers.
    var shownDigits: Substring? {
        guard let text = callerID?.exposed else { return nil }
        let digits = text.drop { $0 == "+" }
        let isNumber = (7...15).contains(digits.utf8.count) && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber && digits.first != "0" ? digits : nil
    }
}

/// One transfer as the provider is asked for it.
public struct TransferRequest: Sendable {
    /// The caller's stream.
    public var stream: StreamStart
    /// The provider's id of the call; not every stream names it.
    public var callID: String?
    /// What the answer webhook said.
    public var webhook: [String: String]
    /// A call that we placed.
    public var isOutbound: Bool
    public var dial: TransferDial
    /// Where the provider finds the document that dials.
    public var documentURL: String
    /// Where callbacks of an outbound call go.
    public var statusURL: String
    /// Tells the callbacks of the dialled telephone from those of the call. Letters, digits and `-`.
    public var tag: String

    public init(
        stream: StreamStart, callID: String?, webhook: [String: String], isOutbound: Bool, dial: TransferDial, documentURL: String,
        statusURL: String, tag: String
    ) {
        self.stream = stream
        self.callID = callID
        self.webhook = webhook
        self.isOutbound = isOutbound
        self.dial = dial
        self.documentURL = documentURL
        self.statusURL = statusURL
        self.tag = tag
    }

    /// The callee, `+` and 7 to 15 digits (ITU-T E.164).
    func callee(of provider: ProviderName) throws(TransferRefusal) -> String {
        let text = dial.to.exposed
        let digits = text.utf8.dropFirst()
        guard text.hasPrefix("+"), (7...15).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw TransferRefusal("the number to transfer to is not E.164: write +, country code and number, 7 to 15 digits") }
        return text
    }
}

/// How a transfer is carried out.
public struct TransferPlan: Sendable {
    public var request: HTTPRequest
    /// The provider bridges by itself and fetches no document; the stream goes on until the callee answers, and whatever sounds
    /// meanwhile is ours.
    public var isBridged: Bool

    public init(_ request: HTTPRequest, isBridged: Bool = false) {
        self.request = request
        self.isBridged = isBridged
    }
}

/// Why a transfer cannot be asked for: what, why and the mend, without numbers, tokens or secrets.
public struct TransferRefusal: Error, Equatable, Sendable {
    public let sentence: String
    public init(_ sentence: String) { self.sentence = sentence }
}

/// What a provider said to a transfer request.
public enum TransferOutcome: Equatable, Sendable {
    case accepted
    case refused(String)
    /// Perhaps carried out, perhaps not.
    case unknown(String)
}

/// How a transfer stands, by the provider's word.
public enum TransferNews: Equatable, Sendable, CustomStringConvertible {
    /// It is being dialled, or rings.
    case progress
    /// The two can talk.
    case connected
    /// The dial is over: `completed` when they have talked, else why they have not.
    case ended(DialEnd)
    /// The caller has hung up.
    case callerGone

    public var description: String {
        switch self {
        case .progress: "in progress"
        case .connected: "connected"
        case .ended(let end): "ended, \(end.rawValue)"
        case .callerGone: "the caller has hung up"
        }
    }
}
