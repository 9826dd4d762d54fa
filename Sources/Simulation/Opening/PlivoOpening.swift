import Audio
import Call
import Wire

/// Plivo's voice webhooks and what it makes of its XML.
///
/// Sources: Plivo, "Stream XML", "Audio streaming guide", "Hangup causes and codes", and the webhook parameters of the XML reference.
struct PlivoOpening: OpeningDialect {
    var answerMethods: [HTTPRequest.Method] { [.post, .get] }
    var answerTime: Duration { .seconds(15) }

    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload? {
        var fields: [FormEncoding.Field] = [
            .init("CallUUID", call.callID), .init("From", call.from.withoutPlus), .init("To", call.to.withoutPlus),
            .init("Direction", "inbound"),
        ]
        let moment = WallTime.plainText(milliseconds: time)
        switch notice {
        case .answer:
            fields += [
                .init("ALegUUID", call.callID), .init("ParentAuthID", call.accountID), .init("SessionStart", moment),
                .init("CallStatus", "ringing"), .init("Event", "StartApp"),
            ]
        case .call(.ringing, _, _): fields += [.init("CallStatus", "ringing"), .init("Event", "Ring")]
        case .call(.completed, let duration, _):
            fields += [
                .init("CallStatus", "completed"), .init("Event", "Hangup"),
                .init("Duration", String(duration.milliseconds / 1_000)),
                .init("EndTime", moment), .init("HangupCauseCode", "4000"), .init("HangupCauseName", "Normal Hangup"),
            ]
        // No webhook of Plivo's says these two.
        case .call(.initiated, _, _), .call(.answered, _, _): return nil
        case .stream(let stage, let order):
            fields += [.init("StreamID", call.streamID), .init("ServiceURL", order.url), .init("Timestamp", moment)]
            switch stage {
            case .started: fields.append(.init("Event", "StartStream"))
            case .stopped: fields.append(.init("Event", "StopStream"))
            case .failed(let words): fields += [.init("Event", "DroppedStream"), .init("StatusReason", words)]
            }
        case .action: return nil
        }
        return .form(fields)
    }

    // MARK: XML

    private static let verbs = VerbList(
        quiet: [
            "Conference", "DTMF", "Dial", "GetDigits", "GetInput", "Message", "MultiPartyCall", "Play", "PreAnswer", "Record",
            "Speak", "Wait",
        ],
        ending: ["Hangup"], holders: [])
    private static let streamAttributes: Set = [
        "bidirectional", "audioTrack", "streamTimeout", "contentType", "keepCallAlive", "extraHeaders", "statusCallbackUrl",
        "statusCallbackMethod", "noiseCancellation", "noiseCancellationLevel",
    ]
    /// Units: characters.
    private static let addressLimit = 2_048
    /// Units: bytes.
    private static let headersLimit = 512

    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        let reader = VerbReader(
            verbs: Self.verbs, origin: origin, documentFault: { Complaint(code: 8011, title: "Invalid Answer XML", $0) },
            warning: { Complaint($0) })
        return try reader.read(response.body) { element, _, isLast, remarks throws(Complaint) in
            if !response.mediaType.hasSuffix("xml") {
                remarks.complain(Complaint("the answer's Content-Type is not application/xml"))
            }
            return try stream(element, isLast: isLast, reader, &remarks)
        }
    }

    private func stream(_ element: XMLElement, isLast: Bool, _ reader: VerbReader, _ remarks: inout AnswerRemarks) throws(Complaint)
        -> StreamOrder
    {
        reader.check(element, attributes: Self.streamAttributes, children: [], &remarks)
        let text = element.trimmedText
        guard !text.isEmpty else { throw Complaint("line \(element.line): <Stream> has no text; the address stands inside it") }
        guard text.count <= Self.addressLimit else {
            throw Complaint("the address of <Stream> is longer than \(Self.addressLimit) characters")
        }
        guard let address = WebAddress(text), ["ws", "wss"].contains(address.scheme), address.credentials == nil else {
            throw Complaint("line \(element.line): the text of <Stream> is no ws or wss URL")
        }
        if address.scheme == "ws", !address.isLoopback {
            remarks.complain(Complaint("line \(element.line): the address of <Stream> is ws://; Plivo documents wss only"))
        }
        let format = try format(element, &remarks)
        var order = StreamOrder(url: address.text, inbound: format, outbound: format)
        order.parameters = parameters(element, &remarks)
        order.statusCallback = reader.callback(element, "statusCallbackUrl", "statusCallbackMethod", &remarks)
        if !flag("bidirectional", element, &remarks) {
            order.unheard = Complaint(
                "the stream is not bidirectional: nothing that is sent back is played; set bidirectional to true")
        } else if let track = element["audioTrack"], track != "inbound" {
            remarks.complain(Complaint("line \(element.line): audioTrack must be inbound when the stream is bidirectional"))
        }
        if !flag("keepCallAlive", element, &remarks) {
            order.afterwards = "the stream was beside the call, which went on with the rest of the document"
            if isLast {
                remarks.complain(
                    Complaint(
                        code: 4010, title: "End Of XML Instructions",
                        "nothing follows <Stream> and it has no keepCallAlive: the call ends within seconds"))
            }
        }
        return order
    }

    private func flag(_ name: String, _ element: XMLElement, _ remarks: inout AnswerRemarks) -> Bool {
        let value = element[name]
        if let value, !["true", "false"].contains(value) {
            remarks.complain(Complaint("line \(element.line): \(name) must be true or false"))
        }
        return value == "true"
    }

    private func format(_ element: XMLElement, _ remarks: inout AnswerRemarks) throws(Complaint) -> MediaFormat {
        guard let type = element["contentType"] else {
            remarks.note(
                "<Stream> has no contentType and Plivo's pages disagree on the default; the XML reference's l16 at 8000 Hz is used")
            return MediaFormat(.linear16, .hz8000)
        }
        switch type.filter({ $0 != " " }).lowercased() {
        case "audio/x-mulaw;rate=8000": return .muLaw8000
        case "audio/x-l16;rate=8000": return MediaFormat(.linear16, .hz8000)
        case "audio/x-l16;rate=16000": return MediaFormat(.linear16, .hz16000)
        case "audio/x-l16;rate=24000": return MediaFormat(.linear16, .hz24000)
        default: throw Complaint("line \(element.line): contentType is none that Plivo documents")
        }
    }

    /// `k=v,k2=v2`; the guide shows `;` between the pairs.
    private func parameters(_ element: XMLElement, _ remarks: inout AnswerRemarks) -> [String: String] {
        guard let text = element["extraHeaders"], !text.isEmpty else { return [:] }
        if text.utf8.count > Self.headersLimit {
            remarks.complain(Complaint("extraHeaders is longer than \(Self.headersLimit) bytes"))
        }
        var parameters: [String: String] = [:]
        for pair in text.split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).filter { $0 != " " }
            }
            guard let name = parts.first, let value = parts.dropFirst().first, !name.isEmpty else {
                remarks.complain(Complaint("extraHeaders holds a pair without ="))
                continue
            }
            if !(name + value).utf8.allSatisfy(Self.isAlphanumeric) {
                remarks.complain(Complaint("extraHeaders: \(name) or its value has characters other than A-Z, a-z and 0-9"))
            }
            parameters[name] = value
        }
        return parameters
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    func complaint(_ failure: RetrievalFailure) -> Complaint {
        Complaint(code: 7011, title: "Error Reaching Answer URL", failure.words)
    }
}
