import Call
import Wire

/// Source: Telnyx, *TeXML REST commands: update call*, *TeXML: `<Dial>`*; *Call Control: transfer call*, with its webhooks.
///
/// A call that our TeXML answered is a TeXML call and is given new TeXML; a call that we placed is a Call Control call and is bridged. Telnyx does
/// not mix the two on one call.
extension TelnyxDialect: TransferringDialect {
    /// Of `<Dial>`; a Call Control transfer takes up to 600.
    public var transferTimeout: ClosedRange<Int> { 5...120 }

    /// Talk that `timeLimit` takes. Units: seconds.
    private static let talk = 60...14_400

    public func transfer(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(TransferRefusal) -> TransferPlan {
        let to = try transfer.callee(of: name)
        guard let key = settings["TELNYX_API_KEY"] else { throw TransferRefusal("telnyx cannot transfer: set TELNYX_API_KEY") }
        let authorization = ("Authorization", Secret("Bearer \(key)"))
        if transfer.isOutbound { return try bridge(transfer, to, settings, authorization) }
        // Examples of both documents show the stream's `call_control_id` as `CallSid`; the webhook's word is surer.
        guard let call = transfer.webhook["CallSid"] ?? transfer.stream.callID, Self.isCallControlID(call) else {
            throw TransferRefusal("the stream names no call of Telnyx's")
        }
        guard let account = transfer.webhook["AccountSid"], Self.isCallControlID(account) else {
            throw TransferRefusal("telnyx cannot transfer: the account is in the answer webhook, which did not come to this server")
        }
        return TransferPlan(
            HTTPRequest(
                .post,
                "\(Self.base(settings))/texml/Accounts/\(FormEncoding.component(account))/Calls/\(FormEncoding.component(call))",
                headers: [authorization, ("Content-Type", Secret("application/x-www-form-urlencoded"))],
                body: Array(FormEncoding.text([.init("Url", transfer.documentURL), .init("Method", "POST")]).utf8)))
    }

    /// `POST /v2/calls/{call_control_id}/actions/transfer`. The webhooks of both legs go to the status address; the new leg's are told by its
    /// `client_state`. Whether the stream goes on while it rings is not documented; the original call stays active when the transfer fails.
    private func bridge(
        _ transfer: TransferRequest, _ to: String, _ settings: ProviderSettings, _ authorization: (name: String, value: Secret)
    ) throws(TransferRefusal) -> TransferPlan {
        guard let call = transfer.stream.callID ?? transfer.callID, Self.isCallControlID(call) else {
            throw TransferRefusal("the stream names no call of Telnyx's")
        }
        let dial = transfer.dial
        var members: [String: JSONValue] = [
            "to": .string(to), "timeout_secs": .number(Double(timeout(dial))),
            "time_limit_secs": .number(Double(min(max(dial.limit, Self.talk.lowerBound), Self.talk.upperBound))),
            "target_leg_client_state": .string(Base64.text(Array((Self.tagPrefix + transfer.tag).utf8))),
            "command_id": .string(transfer.tag), "webhook_url": .string(transfer.statusURL), "webhook_url_method": .string("POST"),
        ]
        if let digits = dial.shownDigits { members["from"] = .string("+\(digits)") }
        return TransferPlan(
            HTTPRequest(
                .post, "\(Self.base(settings))/calls/\(FormEncoding.component(call))/actions/transfer",
                headers: [authorization, ("Content-Type", Secret("application/json"))], body: JSONValue.object(members).bytes),
            isBridged: true)
    }

    /// Before the tag in `client_state`.
    private static let tagPrefix = "transfer:"

    public func code(ofTransfer response: HTTPResponse) -> String? { Self.errorCodes(response.body).first }

    public func document(_ dial: TransferDial) -> AnswerDocument {
        var attributes: [XMLWriter.Attribute] = [
            ("action", dial.actionURL), ("method", "POST"), ("timeout", String(timeout(dial))),
            ("timeLimit", String(min(max(dial.limit, Self.talk.lowerBound), Self.talk.upperBound))),
        ]
        if let digits = dial.shownDigits { attributes.append(("callerId", "+\(digits)")) }
        return dialXML(attributes, number: dial.to.exposed)
    }

    /// As Twilio spells it.
    public func news(ofAction fields: [String: String]) -> TransferNews? { TwilioDialect.news(ofDial: fields) }

    /// A webhook of the bridged telephone.
    public func news(ofCallback json: JSONValue) -> (tag: String, news: TransferNews)? {
        guard let data = json["data"], let type = data["event_type"]?.string, let payload = data["payload"],
            let state = payload["client_state"]?.string.flatMap({ Base64.lenientBytes($0) }),
            let text = String(validating: state, as: UTF8.self), text.hasPrefix(Self.tagPrefix)
        else { return nil }
        let tag = String(text.dropFirst(Self.tagPrefix.count))
        switch type {
        case "call.bridged": return (tag, .connected)
        case "call.hangup": return (tag, .ended(Self.end(payload)))
        default: return (tag, .progress)
        }
    }

    /// A status callback of TeXML, which is a form; of Call Control, a webhook of a leg that came in.
    public func callerGone(inCallback fields: [String: String], json: JSONValue?) -> String? {
        if let data = json?["data"] {
            let payload = data["payload"]
            guard data["event_type"]?.string == "call.hangup", payload?["direction"]?.string == "incoming" else { return nil }
            return payload?["call_control_id"]?.string
        }
        return Self.isOver(callStatus: fields["CallStatus"]) ? fields["CallSid"] : nil
    }

    public var farewell: AnswerDocument { Self.hangUpXML }
}
