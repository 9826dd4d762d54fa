import Call
import Wire

/// Source: Twilio, *Voice API: update a call* (`twilio_api_v2010`), *TwiML: `<Dial>`*.
extension TwilioDialect: TransferringDialect {
    /// Twilio adds up to five seconds of its own (*`<Dial>`: timeout*).
    public var transferTimeout: ClosedRange<Int> { 5...600 }

    /// Longest talk that `timeLimit` takes. Units: seconds.
    private static let longestTalk = 86_400

    /// `POST /2010-04-01/Accounts/{account}/Calls/{call}.json` with `Url`: the call leaves its `<Connect><Stream>`, which ends the stream, and runs
    /// the document there. The account is the one that `start` names, as for a hang-up.
    public func transfer(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(TransferRefusal) -> TransferPlan {
        var request = try legRequest(
            transfer, settings, cryptography, unixTime: unixTime, mend: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        request.body = Array(FormEncoding.text([.init("Url", transfer.documentURL), .init("Method", "POST")]).utf8)
        return TransferPlan(request)
    }

    public func code(ofTransfer response: HTTPResponse) -> String? {
        ProviderWords.code((try? JSONValue(parsing: response.body))?["code"])
    }

    /// Without `callerId` Twilio shows the caller's number, which it takes as well as the account's own numbers.
    public func document(_ dial: TransferDial) -> AnswerDocument {
        var attributes: [XMLWriter.Attribute] = [
            ("action", dial.actionURL), ("method", "POST"), ("timeout", String(timeout(dial))),
            ("timeLimit", String(min(max(dial.limit, 1), Self.longestTalk))),
        ]
        if let digits = dial.shownDigits { attributes.append(("callerId", "+\(digits)")) }
        return dialXML(attributes, number: dial.to.exposed)
    }

    public func news(ofAction fields: [String: String]) -> TransferNews? { Self.news(ofDial: fields) }

    public var farewell: AnswerDocument { Self.hangUpXML }

    /// `DialCallStatus` is of the telephone, `CallStatus` of the caller. Telnyx spells them alike.
    static func news(ofDial fields: [String: String]) -> TransferNews? {
        let isOver = isOver(callStatus: fields["CallStatus"])
        switch fields["DialCallStatus"] {
        case "completed", "answered": return .ended(.completed)
        case _ where isOver: return .callerGone
        case "busy": return .ended(.busy)
        case "no-answer": return .ended(.noAnswer)
        case "canceled": return .ended(.canceled)
        case "failed": return .ended(.failed)
        case nil: return nil
        default: return .ended(.unknown)
        }
    }
}
