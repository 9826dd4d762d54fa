import Call
import Wire

/// Source: Plivo, *Call API*: transfer a call; *Dial XML*; *Dial status reporting*.
extension PlivoDialect: TransferringDialect {
    /// Plivo names no limits; these are those of a dialled call.
    public var transferTimeout: ClosedRange<Int> { 5...600 }

    /// `POST /v1/Account/{auth id}/Call/{call id}/` for the A leg: it leaves `<Stream>` and runs the document at `aleg_url`. 202 says that it
    /// was accepted.
    public func transfer(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(TransferRefusal) -> TransferPlan {
        let call = try legRequest(
            transfer, settings, cryptography, unixTime: unixTime, mend: "PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN")
        let body = JSONValue.object([
            "legs": .string("aleg"), "aleg_url": .string(transfer.documentURL), "aleg_method": .string("POST"),
        ])
        return TransferPlan(
            HTTPRequest(
                .post, call.url, headers: call.headers + [("Content-Type", Secret("application/json"))], body: body.bytes))
    }

    public func code(ofTransfer response: HTTPResponse) -> String? { nil }

    /// `dialMusic="real"`: the caller hears the callee's own ringing. Plivo's numbers have no `+`.
    public func document(_ dial: TransferDial) -> AnswerDocument {
        var attributes: [XMLWriter.Attribute] = [
            ("action", dial.actionURL), ("method", "POST"), ("timeout", String(timeout(dial))),
            ("timeLimit", String(max(dial.limit, 1))), ("dialMusic", "real"),
        ]
        if let digits = dial.shownDigits { attributes.append(("callerId", String(digits))) }
        return dialXML(attributes, number: String(dial.to.exposed.drop { $0 == "+" }))
    }

    /// `DialStatus` is of the telephone, `CallStatus` of the caller.
    public func news(ofAction fields: [String: String]) -> TransferNews? {
        let isOver = Self.isOver(callStatus: fields["CallStatus"])
        switch fields["DialStatus"] {
        case "completed": return .ended(.completed)
        case _ where isOver: return .callerGone
        case "busy": return .ended(.busy)
        case "no-answer", "timeout": return .ended(.noAnswer)
        case "cancel", "canceled": return .ended(.canceled)
        case "rejected": return .ended(.rejected)
        case "failed": return .ended(.failed)
        case nil: return nil
        default: return .ended(.unknown)
        }
    }

    public var farewell: AnswerDocument { Self.hangUpXML }
}
