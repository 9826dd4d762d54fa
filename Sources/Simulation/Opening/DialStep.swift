import Call
import Wire

/// A telephone that a document tells the provider to dial, in place of a stream.
struct DialStep: Sendable {
    /// E.164, with its `+`.
    var number: String
    var timeout: Duration
    var limit: Duration
    /// What the provider asks when the dial is over.
    var action: StreamOrder.Callback
    /// Whether the provider tells the action of each turn, and not of the end alone (Vonage).
    var tellsProgress = false
}

/// What a document says that a provider fetches in the middle of a call.
enum MiddleStep: Sendable {
    case dial(DialStep)
    case hangUp
    /// It is read as any answer document.
    case answer
}

/// Reads the documents of a transfer as strictly as the providers document them.
///
/// Sources: Twilio, *TwiML: `<Dial>`, `<Number>`*; Telnyx, *TeXML: `<Dial>`*; Plivo, *Dial XML*; Vonage, *NCCO reference*: connect.
struct MiddleReader {
    let provider: PlayedProvider
    let origin: WebAddress

    private static let attributes: [PlayedProvider: Set<String>] = [
        .twilio: [
            "action", "answerOnBridge", "callReason", "callerId", "hangupOnStar", "method", "record", "recordingStatusCallback",
            "recordingStatusCallbackMethod", "recordingStatusCallbackEvent", "recordingTrack", "referUrl", "referMethod",
            "ringTone", "sequential", "timeLimit", "timeout", "trim",
        ],
        .telnyx: [
            "action", "method", "callerId", "fromDisplayName", "hangupOnStar", "timeout", "timeLimit", "record",
            "recordingChannels", "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent",
            "ringTone",
        ],
        .plivo: [
            "action", "method", "hangupOnStar", "timeLimit", "timeout", "callerId", "callerName", "confirmSound", "confirmKey",
            "confirmTimeout", "dialMusic", "callbackUrl", "callbackMethod", "redirect", "digitsMatch", "digitsMatchBLeg",
            "sipHeaders",
        ],
    ]
    private static let timeouts: [PlayedProvider: ClosedRange<Int>] = [.twilio: 1...600, .telnyx: 5...120, .plivo: 1...600]
    private static let limits: [PlayedProvider: ClosedRange<Int>] = [
        .twilio: 1...86_400, .telnyx: 60...14_400, .plivo: 1...86_400,
    ]

    /// - Throws: why the provider ends the call.
    func read(_ response: HTTPResponse) throws(Complaint) -> MiddleStep {
        switch provider {
        case .twilio, .telnyx, .plivo: try readXML(response)
        case .vonage: try readNCCO(response)
        case .exotel: .answer
        }
    }

    private func readXML(_ response: HTTPResponse) throws(Complaint) -> MiddleStep {
        let root: XMLElement
        do {
            root = try XMLReader.read(response.body)
        } catch {
            throw Complaint("the document cannot be read: \(error.description)")
        }
        guard root.name == "Response", let verb = root.children.first else { throw Complaint("the document has no verb") }
        if verb.name == "Hangup" { return .hangUp }
        guard verb.name == "Dial" else { return .answer }
        guard response.mediaType.hasSuffix("xml") else { throw Complaint("the document's Content-Type is no XML") }
        if let stranger = verb.attributes.first(where: { Self.attributes[provider]?.contains($0.name) != true }) {
            throw Complaint("line \(verb.line): <Dial> has no attribute \(stranger.name)")
        }
        guard verb.children.count == 1, let noun = verb.children.first, noun.name == "Number", noun.attributes.isEmpty else {
            throw Complaint("line \(verb.line): this double dials one <Number>")
        }
        let text = noun.trimmedText
        guard provider == .plivo || text.hasPrefix("+"), Self.isNumber(text.drop { $0 == "+" }) else {
            throw Complaint("line \(noun.line): <Number> is no number as \(provider.rawValue) takes it")
        }
        if let caller = verb["callerId"],
            !Self.isNumber(caller.drop { $0 == "+" }) || (provider != .plivo && !caller.hasPrefix("+"))
        {
            throw Complaint("line \(verb.line): callerId is no number as \(provider.rawValue) takes it")
        }
        guard let action = verb["action"], let address = origin.resolving(action), ["http", "https"].contains(address.scheme) else {
            throw Complaint("line \(verb.line): <Dial> has no action: the call would end with it")
        }
        return .dial(
            DialStep(
                number: text.hasPrefix("+") ? text : "+" + text,
                timeout: try seconds("timeout", of: verb, Self.timeouts[provider] ?? 1...600, 30),
                limit: try seconds("timeLimit", of: verb, Self.limits[provider] ?? 1...14_400, 14_400),
                action: .init(url: address.text, method: verb["method"] == "GET" ? .get : .post)))
    }

    private func seconds(_ name: String, of verb: XMLElement, _ range: ClosedRange<Int>, _ usual: Int) throws(Complaint) -> Duration
    {
        guard let text = verb[name] else { return .seconds(usual) }
        guard let number = Int(text), range.contains(number) else {
            throw Complaint("line \(verb.line): \(name) must be \(range.lowerBound) to \(range.upperBound)")
        }
        return .seconds(number)
    }

    private func readNCCO(_ response: HTTPResponse) throws(Complaint) -> MiddleStep {
        guard response.mediaType == "application/json", let value = try? JSONValue(parsing: response.body),
            case .array(let actions) = value
        else { throw Complaint("the NCCO is no JSON array, or not of type application/json") }
        guard let action = actions.first else { return .hangUp }
        guard action["action"]?.string == "connect", case .array(let endpoints)? = action["endpoint"],
            let endpoint = endpoints.first, endpoint["type"]?.string == "phone"
        else { return .answer }
        do throws(FieldFault) {
            try VonageAPIRules.connectPhone.check(action)
        } catch { throw Complaint("connect: \(error.path) \(error.words)") }
        guard (action["from"] == nil) == (action["randomFromNumber"] == .bool(true)) else {
            throw Complaint("connect needs from, or randomFromNumber; not both")
        }
        guard action["eventType"]?.string == "synchronous", case .array(let urls)? = action["eventUrl"],
            let url = urls.first?.string
        else { throw Complaint("connect is not synchronous: the call would end with it") }
        return .dial(
            DialStep(
                number: "+" + (endpoint["number"]?.string ?? ""), timeout: .seconds(action["timeout"]?.number ?? 60),
                limit: .seconds(action["limit"]?.number ?? 7_200),
                action: .init(url: url, method: action["eventMethod"]?.string == "GET" ? .get : .post), tellsProgress: true))
    }

    /// 7 to 15 digits, the first not 0.
    private static func isNumber(_ text: Substring) -> Bool {
        (7...15).contains(text.utf8.count) && text.utf8.first != 0x30 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
