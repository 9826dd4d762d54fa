import Call
import Wire

/// Source: Vonage, OpenAPI document *Voice API*: modify an in-progress call (`transfer`); *NCCO reference*: connect, `eventType`; developer blog,
/// *Eliminate failed calls with dynamic connection capabilities* (the states after which the answer of `eventUrl` takes the call over).
extension VonageDialect: TransferringDialect {
    /// Vonage names no limits; the ringing timer of a placed call takes as much.
    public var transferTimeout: ClosedRange<Int> { 5...120 }

    /// Longest talk: `limit`. Units: seconds.
    private static let longestTalk = 7_200

    /// `PUT /v1/calls/{uuid}`: the caller's leg goes to a new conversation, which runs the NCCO at the address. The socket is a leg of its own;
    /// Vonage does not say whether it closes it then, so nobody may wait for that.
    public func transfer(
        _ transfer: TransferRequest, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(TransferRefusal) -> TransferPlan {
        var request = try legRequest(
            transfer, settings, cryptography, unixTime: unixTime, mend: "VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY")
        request.body =
            JSONValue.object([
                "action": .string("transfer"),
                "destination": .object(["type": .string("ncco"), "url": .array([.string(transfer.documentURL)])]),
            ]).bytes
        return TransferPlan(request)
    }

    public func code(ofTransfer response: HTTPResponse) -> String? { nil }

    /// `synchronous`: `eventUrl` answers with the next NCCO when nobody has answered. Without `from`, which must be a number of the
    /// application's own, Vonage shows one of those at random.
    public func document(_ dial: TransferDial) -> AnswerDocument {
        var action: [String: JSONValue] = [
            "action": .string("connect"), "timeout": .number(Double(timeout(dial))),
            "limit": .number(Double(min(max(dial.limit, 1), Self.longestTalk))), "eventType": .string("synchronous"),
            "eventUrl": .array([.string(dial.actionURL)]), "eventMethod": .string("POST"),
            "endpoint": .array([
                .object(["type": .string("phone"), "number": .string(String(dial.to.exposed.drop { $0 == "+" }))])
            ]),
        ]
        if let digits = dial.shownDigits {
            action["from"] = .string(String(digits))
        } else {
            action["randomFromNumber"] = .bool(true)
        }
        let text = String(decoding: JSONValue.array([.object(action)]).bytes, as: UTF8.self)
        return AnswerDocument(contentType: "application/json", text: text)
    }

    /// An event of the telephone's leg. `completed` comes after the failures too.
    public func news(ofAction fields: [String: String]) -> TransferNews? {
        switch fields["status"].flatMap({ Self.state($0) }) {
        case .queued, .dialing, .ringing: .progress
        case .answered: .connected
        case .ended(let end): .ended(end)
        case nil: fields["status"] == nil ? nil : .progress
        }
    }

    /// An event of the caller's leg.
    public func callerGone(inCallback fields: [String: String], json: JSONValue?) -> String? {
        func text(_ name: String) -> String? { json?[name]?.string ?? fields[name] }
        guard text("direction") == "inbound", case .ended? = text("status").flatMap({ Self.state($0) }) else { return nil }
        return text("uuid")
    }

    /// An NCCO with nothing to do ends the call.
    public var farewell: AnswerDocument { AnswerDocument(contentType: "application/json", text: "[]") }
}
