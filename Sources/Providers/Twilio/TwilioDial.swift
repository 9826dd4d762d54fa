import Call
import Wire

/// Source: Twilio, *Voice API: create a call* (`twilio_api_v2010`).
extension TwilioDialect: DiallingDialect {
    /// Longest `Twiml`. Units: bytes (Twilio: 4000 characters).
    static let longestTwiML = 4_000
    /// Longest address that Twilio takes for a callback. Units: bytes.
    static let longestURL = 4_000

    /// One call a second for an account; more are queued at Twilio for up to a day, where we could not take them back in time. Calls at
    /// once have no limit with an approved business profile; trial and other profiles have 2 to 5 (*How fast can I place or receive
    /// phone calls*).
    public var dialling: DiallingGuide {
        DiallingGuide(
            openings: [.stream, .document], machineDetection: [.off, .detect, .hangup, .message], ringTimeout: 1...600,
            maximumDuration: 1...14_400, callsPerSecond: 1, concurrency: DiallingGuide.noConcurrencyLimit)
    }

    /// `POST …/Calls.json`. Machine detection is asynchronous: the synchronous kind would keep the stream back for seconds.
    public func dial(
        _ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(DialRefusal) -> HTTPRequest {
        try check(order)
        let account = try dialAccount(settings)
        let to = try callee(order), from = try caller(order, settings)
        let status = try fitting(order.statusURL, Self.longestURL, "the status address")
        var fields: [FormEncoding.Field] = [.init("To", to), .init("From", from)]
        switch order.opening {
        case .stream(let url):
            let document = answer(AnswerRequest(streamURL: url, from: PhoneNumber(from), to: PhoneNumber(to))).text
            fields.append(.init("Twiml", try fitting(document, Self.longestTwiML, "the TwiML with the stream's address")))
        case .document(let url):
            fields.append(.init("Url", try fitting(url, Self.longestURL, "the answer address")))
            fields.append(.init("Method", "POST"))
        }
        fields += [.init("StatusCallback", status), .init("StatusCallbackMethod", "POST")]
        fields += ["initiated", "ringing", "answered", "completed"].map { .init("StatusCallbackEvent", $0) }
        fields += [.init("Timeout", String(order.ringTimeout)), .init("TimeLimit", String(order.maximumDuration))]
        if order.machineDetection != .off {
            fields += [
                .init("MachineDetection", order.machineDetection == .message ? "DetectMessageEnd" : "Enable"),
                .init("AsyncAmd", "true"), .init("AsyncAmdStatusCallback", status), .init("AsyncAmdStatusCallbackMethod", "POST"),
            ]
        }
        return HTTPRequest(
            .post, "\(Self.calls(account.sid, settings)).json",
            headers: [account.authorization, ("Content-Type", Secret("application/x-www-form-urlencoded"))],
            body: Array(FormEncoding.text(fields).utf8))
    }

    private typealias Account = (sid: String, authorization: (name: String, value: Secret))

    /// The account in the path is always needed, beside an API key too.
    private func dialAccount(_ settings: ProviderSettings) throws(DialRefusal) -> Account {
        let hasKey = settings["TWILIO_API_KEY"] != nil && settings["TWILIO_API_SECRET"] != nil
        try require(["TWILIO_ACCOUNT_SID"] + (hasKey ? [] : ["TWILIO_AUTH_TOKEN"]), settings)
        guard let sid = settings["TWILIO_ACCOUNT_SID"], let credentials = Self.credentials(settings) else {
            throw DialRefusal(.settings(["TWILIO_ACCOUNT_SID"]), "twilio cannot dial: set TWILIO_ACCOUNT_SID")
        }
        return (sid, ("Authorization", Secret("Basic \(Base64.text(Array(credentials.utf8)))")))
    }

    private static func calls(_ account: String, _ settings: ProviderSettings) -> String {
        "\(base(settings))/2010-04-01/Accounts/\(FormEncoding.component(account))/Calls"
    }

    public func outcome(ofDial response: HTTPResponse) -> DialOutcome {
        if let delay = delay(response) { return delay }
        let body = try? JSONValue(parsing: response.body)
        if (200..<300).contains(response.status) {
            guard let id = body?["sid"]?.string, !id.isEmpty else { return .unknown("twilio accepted the call and named no sid") }
            return .accepted(providerCallID: id)
        }
        let code = ProviderWords.code(body?["code"])
        return refused(response, code: code, words: body?["message"]?.string ?? "", Self.kind(code, response.status))
    }

    private static func kind(_ code: String?, _ status: Int) -> ProviderRefusal.Kind {
        switch code {
        // 21211 invalid To, 21214 To cannot be reached, 21217 no valid number, 21219 To not verified, 13223/13224 not routable.
        case "21211", "21214", "21217", "13223", "13224", "21201": .badNumber
        case "20003", "20005", "21215", "21216", "21219", "20404": .unauthorised
        case "20429", "10004": .limit
        default: status == 401 || status == 403 ? .unauthorised : .other
        }
    }

    /// Calls per page. Newest first; more than these between two numbers in the seconds since the request are not ours to tell apart.
    private static let page = 100

    /// The list of calls between the two numbers. Not by `StartTime`: a queued call has none yet, and would be missed.
    public func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]? {
        guard let account = try? dialAccount(settings), let to = try? callee(order), let from = try? caller(order, settings) else {
            return nil
        }
        let query = FormEncoding.text([.init("To", to), .init("From", from), .init("PageSize", String(Self.page))])
        return [HTTPRequest(.get, "\(Self.calls(account.sid, settings)).json?\(query)", headers: [account.authorization])]
    }

    public func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding {
        guard let answer = answers.first, answer.status == 200, let body = try? JSONValue(parsing: answer.body),
            case .array(let entries)? = body["calls"]
        else { return .cannotTell("twilio did not answer with a list of calls") }
        let calls = entries.compactMap { entry -> ListedCall? in
            guard let id = entry["sid"]?.string, entry["to"]?.string == order.to.exposed,
                entry["direction"]?.string?.hasPrefix("outbound") ?? true
            else { return nil }
            let created = (entry["date_created"]?.string ?? entry["start_time"]?.string).flatMap {
                CalendarTime.seconds(rfc2822: $0)
            }
            return ListedCall(id: id, state: Self.state(entry["status"]?.string ?? "") ?? .dialing, created: created)
        }
        let oldest = calls.compactMap(\.created).min() ?? .max
        return ListedCall.only(
            calls, own: order.providerCallID, since: since, others: others,
            isWhole: entries.count < Self.page || oldest < since - ListedCall.clockTolerance, unixTime: unixTime)
    }

    static func state(_ status: String) -> DialState? {
        switch status {
        case "initiated": .dialing
        case "in-progress", "answered": .answered
        default: DialState(word: status)
        }
    }

    /// A status callback, or an asynchronous verdict: that one has `AnsweredBy` and no `CallStatus`.
    public func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        guard let id = fields["CallSid"], fields["StreamEvent"] == nil else { return nil }
        let status = fields["CallStatus"]
        let machine = fields["AnsweredBy"].map { Self.verdict($0) }
        var state = status.flatMap { Self.state($0) }
        let response = fields["SipResponseCode"]
        // 603: the callee declined (RFC 3261 §21.6.2), which Twilio counts as busy or failed.
        if response == "603", case .ended(.busy)? = state { state = .ended(.rejected) }
        if response == "603", case .ended(.failed)? = state { state = .ended(.rejected) }
        guard state != nil || machine != nil else { return nil }
        return DialEvent(
            providerCallID: id, state: state, machine: machine,
            code: fields["ErrorCode"] ?? response ?? status ?? fields["AnsweredBy"],
            sequence: fields["SequenceNumber"])
    }

    private static func verdict(_ text: String) -> MachineVerdict {
        switch text {
        case "human": .human
        case "machine_start", "fax": .machine
        case "machine_end_beep", "machine_end_silence", "machine_end_other": .beep
        default: .unknown
        }
    }
}
