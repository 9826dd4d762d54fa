import Audio
import Call
import Wire

/// Telnyx's TeXML webhooks and what it makes of TeXML.
///
/// Sources: Telnyx, "TeXML: Stream", "TeXML instruction fetching", and the callback pages of the API reference (TexmlCallInitiatedWebhook,
/// TexmlStreamWebhook). Telnyx documents no time-out of its own and no error codes for documents.
struct TelnyxOpening: OpeningDialect {
    var answerMethods: [HTTPRequest.Method] { [.post, .get] }
    var answerTime: Duration { .seconds(15) }

    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload? {
        var fields: [FormEncoding.Field] = [
            .init("AccountSid", call.accountID), .init("CallSid", call.callID), .init("CallSidLegacy", call.callID),
        ]
        let numbers: [FormEncoding.Field] = [
            .init("ConnectionId", "1234567890"), .init("From", call.from.exposed), .init("To", call.to.exposed),
        ]
        switch notice {
        case .answer: fields += numbers + [.init("CallStatus", "ringing"), .init("Direction", "inbound")]
        case .call(let stage, let duration, let sequence):
            fields += numbers
            fields += [
                .init("CallStatus", stage == .answered ? "in-progress" : stage.rawValue),
                .init("CallbackSource", "call-progress-events"), .init("SequenceNumber", String(sequence)),
                .init("Timestamp", WallTime.text(milliseconds: time)),
            ]
            if stage == .completed { fields.append(.init("CallDuration", String(duration.milliseconds / 1_000))) }
        case .stream(let stage, let order): fields += TwilioOpening.stream(stage, order, call, time: time)
        case .action(let order):
            fields +=
                numbers + [.init("CallStatus", "in-progress"), .init("StreamSid", call.streamID), .init("StreamName", order.name)]
        }
        return .form(fields)
    }

    // MARK: TeXML

    private static let verbs = VerbList(
        quiet: [
            "AIGather", "Conference", "Dial", "Enqueue", "Gather", "HttpRequest", "Leave", "Pause", "Play", "Record", "Refer",
            "Say", "Stop", "Suppression", "Transcription",
        ],
        ending: ["Hangup", "Reject"])
    /// The last three stand in samples of Telnyx's own and not in the table of attributes.
    private static let streamAttributes: Set = [
        "url", "track", "name", "codec", "bidirectionalMode", "bidirectionalCodec", "bidirectionalSamplingRate", "statusCallback",
        "statusCallbackMethod", "enableReconnect", "bidirectionalTargetLegs", "authToken",
    ]

    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        let reader = VerbReader(
            verbs: Self.verbs, origin: origin, documentFault: { Complaint("the TeXML cannot be read: \($0)") },
            warning: { Complaint($0) })
        return try reader.read(response.body) { element, _, _, remarks throws(Complaint) in
            if !response.mediaType.hasSuffix("xml") {
                remarks.complain(Complaint("the answer's Content-Type is not application/xml"))
            }
            return try stream(element, leg, reader, &remarks)
        }
    }

    private func stream(
        _ element: XMLElement, _ leg: MediaFormat, _ reader: VerbReader, _ remarks: inout AnswerRemarks
    ) throws(Complaint) -> StreamOrder {
        reader.check(element, attributes: Self.streamAttributes, children: ["Parameter"], &remarks)
        guard let text = element["url"], !text.isEmpty else { throw Complaint("line \(element.line): <Stream> has no url") }
        guard let address = reader.streamAddress(text), ["ws", "wss"].contains(address.scheme), address.credentials == nil else {
            throw Complaint("line \(element.line): the url of <Stream> is no ws or wss URL")
        }
        if address.scheme == "ws", !address.isLoopback {
            remarks.complain(Complaint("line \(element.line): the url of <Stream> is ws://; Telnyx documents wss only"))
        }
        let allowed = ["inbound_track", "outbound_track", "both_tracks"]
        _ = value(of: "track", in: element, allowed, &remarks)
        let inbound = try format(
            value(of: "codec", in: element, ["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"], &remarks), leg)
        let codec = value(of: "bidirectionalCodec", in: element, ["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"], &remarks)
        let hertz = value(of: "bidirectionalSamplingRate", in: element, ["8000", "16000", "24000"], &remarks)
        let rate = hertz.flatMap { Int($0) }.flatMap { SampleRate(hertz: $0) } ?? .hz8000
        let outbound = try format(codec ?? "PCMU", leg, linearRate: rate)
        if outbound.rate != rate {
            remarks.complain(Complaint("bidirectionalSamplingRate \(rate.hertz) with \(codec ?? "PCMU"), which has 8000"))
        }

        var order = StreamOrder(url: address.text, inbound: inbound, outbound: outbound)
        order.name = element["name"] ?? ""
        order.parameters = reader.parameters(of: element, limit: nil, &remarks)
        order.statusCallback = reader.callback(element, "statusCallback", "statusCallbackMethod", &remarks)
        if value(of: "bidirectionalMode", in: element, ["mp3", "rtp"], &remarks) != "rtp" {
            order.unheard = Complaint(
                "bidirectionalMode is mp3, the default: whole MP3 files are played, audio frames are not; set rtp")
        }
        return order
    }

    /// An attribute's value; `nil` without one, or with one that Telnyx does not list, of which it complains.
    private func value(
        of name: String, in element: XMLElement, _ allowed: [String], _ remarks: inout AnswerRemarks
    ) -> String? {
        guard let value = element[name] else { return nil }
        if allowed.contains(value) { return value }
        remarks.complain(Complaint("line \(element.line): \(name) must be one of \(allowed.joined(separator: ", "))"))
        return nil
    }

    private func format(_ codec: String?, _ leg: MediaFormat, linearRate: SampleRate = .hz16000) throws(Complaint) -> MediaFormat {
        switch codec {
        case nil, "default": leg
        case "PCMU": .muLaw8000
        case "PCMA": MediaFormat(.aLaw, .hz8000)
        case "L16": MediaFormat(.linear16, linearRate)
        case let codec?: throw Complaint("the document asks for \(codec), which this simulator does not speak")
        }
    }
}
