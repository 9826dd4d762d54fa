import Audio
import Call
import Wire

/// Vonage's voice webhooks and what it makes of an NCCO.
///
/// Sources: Vonage, "Voice API webhooks reference", "NCCO reference", "WebSockets" guide, the Voice SDK's models, and support article
/// 115016024247, "What happens if the NCCO download request fails".
struct VonageOpening: OpeningDialect {
    var answerMethods: [HTTPRequest.Method] { [.get, .post] }
    /// Vonage's page gives no time; its webhooks are known to give up after about five seconds.
    var answerTime: Duration { .seconds(5) }

    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload? {
        var fields: [FormEncoding.Field] = [
            .init("from", call.from.withoutPlus), .init("to", call.to.withoutPlus), .init("uuid", call.callID),
            .init("conversation_uuid", "CON-\(call.streamID)"),
        ]
        let moment = String(WallTime.text(milliseconds: time).dropLast(4)) + "Z"
        switch notice {
        case .answer:
            fields += [.init("endpoint_type", "phone"), .init("region_url", "https://api-eu-1.vonage.com")]
        case .call(let stage, let duration, _):
            let status =
                switch stage {
                case .initiated: "started"
                case .ringing, .answered, .completed: stage.rawValue
                }
            fields += [.init("status", status), .init("direction", "inbound"), .init("timestamp", moment)]
            if stage == .completed { fields.append(.init("duration", String(duration.milliseconds / 1_000))) }
        case .stream(let stage, _):
            // The leg of the websocket, as a call of its own.
            let status =
                switch stage {
                case .started: "answered"
                case .stopped: "completed"
                case .failed: "failed"
                }
            fields += [.init("status", status), .init("direction", "outbound"), .init("timestamp", moment)]
        case .action: return nil
        }
        return .json(fields)
    }

    // MARK: NCCO

    /// What comes before `connect` and is noted.
    private static let actions: Set = ["conversation", "input", "notify", "pay", "record", "stream", "talk", "transfer", "wait"]
    /// `headers`, spelt without white space. Units: bytes.
    private static let headersLimit = 512

    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        var remarks = AnswerRemarks()
        guard response.mediaType == "application/json" else { throw Complaint("the NCCO's Content-Type must be application/json") }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: response.body, at: "the NCCO")
        } catch {
            throw Complaint(error.description)
        }
        guard case .array(let actions) = value else { throw Complaint("the NCCO is no JSON array of actions") }
        for (index, action) in actions.enumerated() {
            guard let name = action["action"]?.string else { throw Complaint("action \(index) of the NCCO has no name") }
            if Self.actions.contains(name) {
                remarks.note("\(name) comes before the stream; it is not played, and its time not waited for")
                continue
            }
            guard name == "connect" else { throw Complaint("action \(index) of the NCCO is none that Vonage knows") }
            var order = try stream(action, index, &remarks)
            let rest = actions.dropFirst(index + 1).compactMap { $0["action"]?.string }
            if !rest.isEmpty { order.afterwards = "the NCCO goes on with \(rest.joined(separator: ", "))" }
            return remarks.answer(.stream(order))
        }
        throw Complaint("the NCCO connects to no websocket: the call ends with it")
    }

    private func stream(_ action: JSONValue, _ index: Int, _ remarks: inout AnswerRemarks) throws(Complaint) -> StreamOrder {
        guard case .array(let endpoints)? = action["endpoint"], let endpoint = endpoints.first else {
            throw Complaint("connect (action \(index)) has no endpoint")
        }
        if endpoints.count > 1 { remarks.complain(Complaint("connect takes one endpoint; the first is used")) }
        guard endpoint["type"]?.string == "websocket" else { throw Complaint("the endpoint of connect is no websocket") }
        guard let text = endpoint["uri"]?.string, let address = WebAddress(text), ["ws", "wss"].contains(address.scheme),
            address.credentials == nil
        else { throw Complaint("endpoint.uri is missing, or no ws or wss URL") }
        if address.scheme == "ws", !address.isLoopback { remarks.note("endpoint.uri is ws://; over the internet use wss") }
        let type = endpoint["content-type"]?.string?.filter { $0 != " " }.lowercased()
        let rates: [String: SampleRate] = ["8000": .hz8000, "16000": .hz16000, "24000": .hz24000]
        guard let type, type.hasPrefix("audio/l16;rate="), let rate = rates[String(type.dropFirst(15))] else {
            throw Complaint("endpoint.content-type must be audio/l16;rate=8000, 16000 or 24000")
        }
        let format = MediaFormat(.linear16, rate)
        var order = StreamOrder(url: address.text, inbound: format, outbound: format)
        order.parameters = try parameters(endpoint["headers"], &remarks)
        switch endpoint["authorization"]?["type"]?.string {
        case nil: break
        case "vonage": order.wantsProviderToken = true
        case "custom":
            guard let value = endpoint["authorization"]?["value"]?.string else {
                throw Complaint("endpoint.authorization of type custom has no value")
            }
            order.headers = [("Authorization", Secret(value))]
        default: throw Complaint("endpoint.authorization.type must be vonage or custom")
        }
        if case .array(let urls)? = action["eventUrl"], let url = urls.first?.string {
            order.statusCallback = .init(url: url, method: action["eventMethod"]?.string?.uppercased() == "GET" ? .get : .post)
        }
        return order
    }

    private func parameters(_ value: JSONValue?, _ remarks: inout AnswerRemarks) throws(Complaint) -> [String: String] {
        guard let value else { return [:] }
        guard case .object(let members) = value else { throw Complaint("endpoint.headers is no object") }
        guard value.bytes.count <= Self.headersLimit else {
            throw Complaint("endpoint.headers has \(value.bytes.count) bytes, at most \(Self.headersLimit)")
        }
        return members.mapValues { value in
            if let text = value.string { return text }
            remarks.note("a header that is no text is sent as text")
            return String(decoding: value.bytes, as: UTF8.self)
        }
    }
}
