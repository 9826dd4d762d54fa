import Call
import Wire

/// Twilio's voice webhooks and what it makes of TwiML.
///
/// Sources: Twilio, "TwiML Voice: <Connect>, <Stream>", "TwiML for Programmable Voice: Twilio's request", "Voice webhooks", and the pages of
/// the errors named here.
struct TwilioOpening: OpeningDialect {
    var answerMethods: [HTTPRequest.Method] { [.post, .get] }
    var answerTime: Duration { .seconds(15) }

    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload? {
        var fields: [FormEncoding.Field] = [
            .init("CallSid", call.callID), .init("AccountSid", call.accountID),
        ]
        let numbers: [FormEncoding.Field] = [
            .init("From", call.from.exposed), .init("To", call.to.exposed), .init("Caller", call.from.exposed),
            .init("Called", call.to.exposed), .init("Direction", "inbound"), .init("ApiVersion", "2010-04-01"),
        ]
        switch notice {
        case .answer: fields += numbers + [.init("CallStatus", "ringing")]
        case .call(let stage, let duration, let sequence):
            fields += numbers
            fields += [
                .init("CallStatus", stage == .answered ? "in-progress" : stage.rawValue),
                .init("Timestamp", WallTime.mailText(milliseconds: time)), .init("CallbackSource", "call-progress-events"),
                .init("SequenceNumber", String(sequence)),
            ]
            if stage == .completed { fields.append(.init("CallDuration", String(duration.milliseconds / 1_000))) }
        case .stream(let stage, let order):
            fields += Self.stream(stage, order, call, time: time)
        case .action(let order):
            fields += numbers + [.init("CallStatus", "in-progress"), .init("StreamSid", call.streamID)]
            if !order.name.isEmpty { fields.append(.init("StreamName", order.name)) }
        }
        return .form(fields)
    }

    /// Beside the ids of call and account. Telnyx spells it alike.
    static func stream(_ stage: StreamStage, _ order: StreamOrder, _ call: CallIdentity, time: Int64) -> [FormEncoding.Field] {
        var fields: [FormEncoding.Field] = [
            .init("StreamSid", call.streamID), .init("StreamName", order.name),
            .init("Timestamp", WallTime.text(milliseconds: time)),
        ]
        switch stage {
        case .started: fields.append(.init("StreamEvent", "stream-started"))
        case .stopped: fields.append(.init("StreamEvent", "stream-stopped"))
        case .failed(let words): fields += [.init("StreamEvent", "stream-error"), .init("StreamError", words)]
        }
        return fields
    }

    // MARK: TwiML

    /// The media types that Twilio reads as TwiML.
    private static let mediaTypes = ["text/xml", "application/xml", "text/html"]
    private static let verbs = VerbList(
        quiet: [
            "Dial", "Enqueue", "Gather", "Leave", "Message", "Pause", "Pay", "Play", "Prompt", "Queue", "Record", "Refer", "Say",
            "Sms",
            "Stop",
        ],
        ending: ["Hangup", "Reject"])
    private static let streamAttributes: Set = ["url", "name", "track", "statusCallback", "statusCallbackMethod", "connectorName"]
    /// Longest name and value of one parameter together: under 500 characters.
    private static let parameterLimit = 499

    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        guard Self.mediaTypes.contains(response.mediaType) else {
            let type = response.mediaType.isEmpty ? "no Content-Type" : "Content-Type \(response.mediaType)"
            throw Complaint(code: 12300, title: "Invalid Content-Type", "the answer has \(type); send text/xml or application/xml")
        }
        let reader = VerbReader(
            verbs: Self.verbs, origin: origin, documentFault: { Complaint(code: 12100, title: "Document parse failure", $0) },
            warning: { Complaint(code: 12200, title: "Schema validation warning", $0) })
        return try reader.read(response.body) { element, verb, _, remarks throws(Complaint) in
            try stream(element, isForked: verb.name == "Start", reader, &remarks)
        }
    }

    private func stream(
        _ element: XMLElement, isForked: Bool, _ reader: VerbReader, _ remarks: inout AnswerRemarks
    ) throws(Complaint) -> StreamOrder {
        reader.check(element, attributes: Self.streamAttributes, children: ["Parameter"], &remarks)
        func malformed(_ words: String) -> Complaint {
            Complaint(code: 31923, title: "Stream - WebSocket - Malformed URL", "line \(element.line): \(words)")
        }
        guard let text = element["url"], !text.isEmpty else { throw malformed("<Stream> has no url") }
        guard var address = reader.streamAddress(text) else {
            throw malformed("the url of <Stream> is no URL, or has white space in it")
        }
        guard ["ws", "wss"].contains(address.scheme) else {
            throw malformed("the url of <Stream> begins with \(address.scheme)://")
        }
        guard address.credentials == nil else { throw malformed("the url of <Stream> has a user name in it") }
        if address.scheme == "ws" {
            guard address.isLoopback else {
                throw Complaint(
                    code: 31910, title: "Stream - WebSocket - SSL Protocol Error",
                    "line \(element.line): the url of <Stream> is ws://; Twilio takes wss only")
            }
            remarks.note("ws:// is taken because it leads to this machine; Twilio takes wss only")
        }
        if address.query != nil {
            remarks.complain(Complaint("the url of <Stream> has a query, which Twilio does not pass on; use <Parameter>"))
            address.query = nil
        }
        let tracks = isForked ? ["inbound_track", "outbound_track", "both_tracks"] : ["inbound_track"]
        if let track = element["track"], !tracks.contains(track) {
            throw Complaint(
                code: 31941, title: "Stream - Invalid Track configuration",
                "line \(element.line): track must be \(tracks.joined(separator: ", ")) inside <\(isForked ? "Start" : "Connect")>")
        }
        var order = StreamOrder(url: address.text, inbound: .muLaw8000, outbound: .muLaw8000)
        order.name = element["name"] ?? ""
        order.parameters = reader.parameters(of: element, limit: Self.parameterLimit, &remarks)
        order.statusCallback = reader.callback(element, "statusCallback", "statusCallbackMethod", &remarks)
        if isForked {
            order.unheard = Complaint(
                code: 31924, title: "Stream - Websocket - Protocol Error", "the stream of <Start> takes nothing back: use <Connect>"
            )
        }
        return order
    }

    func complaint(_ failure: RetrievalFailure) -> Complaint {
        switch failure {
        case .status, .timeout: Complaint(code: 11200, title: "HTTP retrieval failure", failure.words)
        case .badHost: Complaint(code: 11210, title: "HTTP bad host name", failure.words)
        case .noConnection, .other: Complaint(code: 11205, title: "HTTP connection failure", failure.words)
        case .tls: Complaint(code: 11220, title: "SSL/TLS Handshake Error", failure.words)
        case .tooLarge: Complaint(code: 11750, title: "TwiML response body too large", failure.words)
        }
    }

    func streamComplaint(_ failure: RetrievalFailure) -> Complaint {
        switch failure {
        case .noConnection: Complaint(code: 31902, title: "Stream - WebSocket - Connection Refused", failure.words)
        case .timeout, .badHost, .other, .tooLarge:
            Complaint(code: 31901, title: "Stream - WebSocket - Connection Timeout", failure.words)
        case .tls: Complaint(code: 31910, title: "Stream - WebSocket - SSL Protocol Error", failure.words)
        case .status: Complaint(code: 31920, title: "Stream - WebSocket - Handshake Error", failure.words)
        }
    }
}
