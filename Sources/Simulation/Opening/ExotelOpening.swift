import Audio
import Call
import Wire

/// What Exotel's Voicebot applet asks of its https address, and what it makes of the answer.
///
/// Sources: Exotel, "Working with the Stream and Voicebot applet" (the address, its query, basic authentication), "Connect applet: dynamic
/// URL" (the fields of a GET), "Connect Voice AI" (status callbacks). Nothing of it is signed.
struct ExotelOpening: OpeningDialect {
    var answerMethods: [HTTPRequest.Method] { [.get] }
    /// A bot must respond within ten seconds; the page does not say so of this request.
    var answerTime: Duration { .seconds(10) }

    func payload(of notice: WebhookNotice, _ call: CallIdentity, time: Int64) -> WebhookPayload? {
        let moment = WallTime.plainText(milliseconds: time)
        switch notice {
        case .answer:
            return .form([
                .init("CallSid", call.callID), .init("CallFrom", call.from.exposed), .init("CallTo", call.to.exposed),
                .init("CallStatus", "in-progress"), .init("Direction", "incoming"), .init("Created", moment),
                .init("From", call.from.exposed), .init("To", call.to.exposed), .init("CurrentTime", moment),
            ])
        case .call(let stage, let duration, _):
            var fields: [FormEncoding.Field] = [.init("CallSid", call.callID), .init("DateUpdated", moment)]
            switch stage {
            case .initiated: return nil
            case .ringing: fields += [.init("EventType", "ringing"), .init("Status", "ringing")]
            case .answered: fields += [.init("EventType", "answered"), .init("Status", "in-progress")]
            case .completed:
                fields += [
                    .init("EventType", "terminal"), .init("Status", "completed"),
                    .init("ConversationDuration", String(duration.milliseconds / 1_000)),
                ]
            }
            return .multipart(fields + [.init("From", call.from.exposed), .init("To", call.to.exposed)])
        case .stream, .action: return nil
        }
    }

    /// Custom pairs in the address.
    private static let pairLimit = 3
    /// All of them together. Units: characters.
    private static let pairsLength = 256

    func read(_ response: HTTPResponse, from origin: WebAddress, leg: MediaFormat) throws(Complaint) -> ReadAnswer {
        var remarks = AnswerRemarks()
        if response.mediaType != "application/json" {
            remarks.complain(Complaint("the answer's Content-Type is not application/json"))
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: response.body, at: "the answer")
        } catch {
            throw Complaint(error.description)
        }
        guard case .object = value else { throw Complaint("the answer is no JSON object with url in it") }
        guard let text = value["url"]?.string, !text.isEmpty else { throw Complaint("the answer's url is missing or no text") }
        guard let address = WebAddress(text), ["ws", "wss"].contains(address.scheme) else {
            throw Complaint("the answer's url is no ws or wss URL")
        }
        if address.scheme == "ws", !address.isLoopback { remarks.note("the answer's url is ws://; over the internet use wss") }
        var rate = SampleRate.hz8000
        var parameters: [String: String] = [:]
        var length = 0
        for field in (try? FormEncoding.fields(address.query ?? "")) ?? [] {
            if field.name == "sample-rate" {
                guard let hertz = Int(field.value), let given = SampleRate(hertz: hertz), [8_000, 16_000, 24_000].contains(hertz)
                else {
                    throw Complaint("sample-rate in the answer's url must be 8000, 16000 or 24000")
                }
                rate = given
                continue
            }
            length += field.name.count + field.value.count + 2
            guard parameters.count < Self.pairLimit, length <= Self.pairsLength else {
                remarks.complain(
                    Complaint(
                        "the answer's url has more than \(Self.pairLimit) custom pairs or \(Self.pairsLength) characters of them"))
                break
            }
            parameters[field.name] = field.value
        }
        let format = MediaFormat(.linear16, rate)
        var order = StreamOrder(url: address.text, inbound: format, outbound: format)
        order.parameters = parameters
        if let authorization = address.basicAuthorization { order.headers = [authorization] }
        order.afterwards = "the flow goes on with the next applet"
        return remarks.answer(.stream(order))
    }
}
