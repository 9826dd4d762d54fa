import Call
import Wire

/// Source: Plivo, *Call API*: make a call, cancel a request, retrieve calls.
extension PlivoDialect: DiallingDialect {
    /// Longest address. Units: bytes.
    static let longestURL = 2_048

    /// The answer document opens the stream, with `bidirectional`, `keepCallAlive` and `contentType`
    /// (``ProviderDialect/answer(_:)``).
    ///
    /// Two calls a second, more are queued at Plivo; calls at once have no limit, but in India, where it is 50 (*Account limits*).
    public var dialling: DiallingGuide {
        DiallingGuide(
            openings: [.document], machineDetection: [.off, .detect, .hangup], endsMachines: true, ringTimeout: 1...600,
            maximumDuration: 1...14_400, callsPerSecond: 2, concurrency: DiallingGuide.noConcurrencyLimit)
    }

    /// `POST /v1/Account/{auth id}/Call/`. Every callback goes to the status address; their `Event` tells them apart.
    public func dial(
        _ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(DialRefusal) -> HTTPRequest {
        try check(order)
        try require(["PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN"], settings)
        guard case .document(let url) = order.opening, let account = Self.account(settings) else {
            throw DialRefusal(.unsupported, "plivo takes an answer address only")
        }
        let status = JSONValue.string(try fitting(order.statusURL, Self.longestURL, "the status address"))
        var members: [String: JSONValue] = [
            "to": .string(try callee(order)), "from": .string(try caller(order, settings)),
            "answer_url": .string(try fitting(url, Self.longestURL, "the answer address")), "answer_method": .string("POST"),
            "ring_url": status, "ring_method": .string("POST"), "hangup_url": status, "hangup_method": .string("POST"),
            "ring_timeout": .number(Double(order.ringTimeout)), "time_limit": .number(Double(order.maximumDuration)),
        ]
        if order.machineDetection != .off {
            members["machine_detection"] = .string(order.machineDetection == .hangup ? "hangup" : "true")
            members["machine_detection_url"] = status
            members["machine_detection_method"] = .string("POST")
        }
        return HTTPRequest(
            .post, "\(account.url)/Call/", headers: [account.authorization, ("Content-Type", Secret("application/json"))],
            body: JSONValue.object(members).bytes)
    }

    private static func account(_ settings: ProviderSettings) -> (url: String, authorization: (name: String, value: Secret))? {
        guard let id = settings["PLIVO_AUTH_ID"], let token = settings["PLIVO_AUTH_TOKEN"] else { return nil }
        let credentials = Base64.text(Array("\(id):\(token)".utf8))
        return (
            "\(base(settings))/v1/Account/\(FormEncoding.component(id))", ("Authorization", Secret("Basic \(credentials)"))
        )
    }

    /// For one number `request_uuid` is the id that the call then has.
    public func outcome(ofDial response: HTTPResponse) -> DialOutcome {
        if let delay = delay(response) { return delay }
        let body = try? JSONValue(parsing: response.body)
        if (200..<300).contains(response.status) {
            var id = body?["request_uuid"]?.string
            if case .array(let ids)? = body?["request_uuid"] { id = ids.first?.string }
            guard let id, !id.isEmpty else { return .unknown("plivo accepted the call and named no request_uuid") }
            return .accepted(providerCallID: id)
        }
        let words = body?["error"]?.string ?? body?["error"]?["error"]?.string ?? ""
        let kind: ProviderRefusal.Kind =
            switch response.status {
            case 401: .unauthorised
            // India: more calls at once than the account may have. Else a country that the account may not call.
            case 403: words.lowercased().contains("concurren") || words.lowercased().contains("limit") ? .limit : .unauthorised
            case 400 where words.lowercased().contains("to parameter") || words.lowercased().contains("destination"): .badNumber
            case 402: .limit
            default: .other
            }
        return refused(response, code: String(response.status), words: words, kind)
    }

    /// Live and queued calls that are looked at one by one; more would be a request storm. The lists name ids only.
    static let mostLookedAt = 40
    /// Entries per page of each list, the most that Plivo gives.
    private static let page = 20

    /// The queued calls, and the live and the finished ones to the callee: in the order in which a call moves on, so that none slips from
    /// one list to the next unseen. Numbers are listed without their `+`. The queue has no filter.
    public func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]? {
        guard let account = Self.account(settings) else { return nil }
        let to = FormEncoding.Field("to_number", String(order.to.exposed.drop { $0 == "+" }))
        let limit = FormEncoding.Field("limit", String(Self.page))
        let ended = CalendarTime.text(since - ListedCall.clockTolerance, separator: " ", suffix: "")
        return [
            [.init("status", "queued"), limit], [.init("status", "live"), .init("call_direction", "outbound"), to, limit],
            [to, .init("end_time__gte", ended), limit],
        ].map {
            HTTPRequest(.get, "\(account.url)/Call/?\(FormEncoding.text($0))", headers: [account.authorization])
        }
    }

    public func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding {
        let bodies = answers.map { answer in answer.status == 200 ? try? JSONValue(parsing: answer.body) : nil }
        guard bodies.count >= 3, case .array(let queued)? = bodies[0]?["calls"], case .array(let live)? = bodies[1]?["calls"],
            case .array(let entries)? = bodies[2]?["objects"]
        else { return .cannotTell("plivo did not answer with lists of calls") }
        var calls = entries.compactMap { Self.listed($0, order, live: nil) }
        let lived = Set(live.compactMap(\.string))
        let states: [(id: String, state: String)] =
            live.compactMap(\.string).map { ($0, "live") }
            + queued.compactMap(\.string).filter { !lived.contains($0) }.map { ($0, "queued") }
        let open = states.filter { !others.contains($0.id) && Self.isCallID($0.id) }
        guard open.count <= Self.mostLookedAt else { return .cannotTell("plivo has too many calls in the air to look at each") }
        let details = bodies.dropFirst(3)
        if details.isEmpty, !open.isEmpty {
            guard let account = Self.account(settings) else { return .cannotTell("plivo's credentials are missing") }
            return .ask(
                open.map {
                    HTTPRequest(.get, "\(account.url)/Call/\($0.id)/?status=\($0.state)", headers: [account.authorization])
                })
        }
        // A call that ended or was answered between two requests is on neither list: then nothing is certain.
        guard details.allSatisfy({ $0 != nil }) else { return .cannotTell("a call's state changed while it was looked up") }
        calls += details.compactMap { $0 }.compactMap { Self.listed($0, order, live: $0["call_status"]?.string ?? "") }
        let isWhole = [queued, live, entries].allSatisfy { $0.count < Self.page }
        return ListedCall.only(calls, own: order.providerCallID, since: since, others: others, isWhole: isWhole, unixTime: unixTime)
    }

    /// - Parameter live: the state of a call in the air; `nil` for a finished one.
    private static func listed(_ entry: JSONValue, _ order: DialOrder, live: String?) -> ListedCall? {
        let to = (entry["to_number"] ?? entry["to"])?.string?.drop { $0 == "+" }
        guard let id = entry["call_uuid"]?.string, let to, to == order.to.exposed.drop(while: { $0 == "+" }) else { return nil }
        let created = (entry["initiation_time"] ?? entry["session_start"])?.string.flatMap { CalendarTime.seconds(iso: $0) }
        if let live {
            return ListedCall(id: id, state: state(live, code: nil) ?? .dialing, created: created)
        }
        let code = ProviderWords.code(entry["hangup_cause_code"])
        return ListedCall(id: id, state: state(entry["call_state"]?.string ?? "", code: code) ?? .ended(.unknown), created: created)
    }

    /// A call not yet answered is a request, which is cancelled; if it was answered meanwhile, the second request ends it.
    public func hangUp(
        dialled providerCallID: String, isAnswered: Bool, _ settings: ProviderSettings, _ cryptography: any Cryptography,
        unixTime: Int64
    ) -> [HTTPRequest] {
        let stream = StreamStart(provider: name, callID: providerCallID)
        guard let live = hangUp(stream, settings, cryptography, unixTime: unixTime), let account = Self.account(settings) else {
            return []
        }
        let request = HTTPRequest(.delete, "\(account.url)/Request/\(providerCallID)/", headers: [account.authorization])
        return isAnswered ? [live] : [request, live]
    }

    /// A ring, hang-up or machine callback.
    public func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        guard let id = fields["CallUUID"] ?? fields["RequestUUID"], fields["StreamID"] == nil else { return nil }
        if fields["Event"] == "MachineDetection" || fields["Machine"] != nil {
            let isMachine = fields["Machine"] != "false"
            return DialEvent(providerCallID: id, machine: isMachine ? .machine : .human, code: "MachineDetection")
        }
        let cause = fields["HangupCauseCode"], status = fields["CallStatus"] ?? ""
        guard let state = Self.state(status, code: cause) else { return nil }
        return DialEvent(providerCallID: id, state: state, code: cause ?? status)
    }

    /// The hang-up code says more than the state, which it overrules (Plivo, *Hangup causes*).
    static func state(_ status: String, code: String?) -> DialState? {
        switch code {
        case "1000": return .ended(.canceled)
        case "3000", "6010": return .ended(.noAnswer)
        case "3010": return .ended(.busy)
        case "3020": return .ended(.rejected)
        case "9100": return .ended(.machine)
        case "1010", "1020", "5030", "7011", "8011": return .ended(.failed)
        // 2000 to 2070: the destination is invalid, out of service or barred.
        case let code? where code.hasPrefix("2") && code.utf8.count == 4: return .ended(.failed)
        default: break
        }
        switch status.lowercased() {
        case "queued": return .queued
        case "ringing", "early media": return .ringing
        case "in-progress", "answered": return .answered
        case "completed", "answer": return .ended(.completed)
        case "busy": return .ended(.busy)
        case "no-answer", "timeout", "no_answer": return .ended(.noAnswer)
        case "rejected": return .ended(.rejected)
        case "cancel", "canceled", "cancelled": return .ended(.canceled)
        case "failed": return .ended(.failed)
        case "machine": return .ended(.machine)
        default: return code.flatMap { end(code: $0) }.map { .ended($0) }
        }
    }

    /// What a finished call's code alone says: the record of a call has no state (*Hangup causes*, by thousands).
    private static func end(code: String) -> DialEnd? {
        switch (code.utf8.count, code.first) {
        case (4, "4"?): .completed
        case (4, "1"?): .canceled
        case (4, "2"?), (4, "5"?), (4, "7"?), (4, "8"?): .failed
        default: nil
        }
    }
}
