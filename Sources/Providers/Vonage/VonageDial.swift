import Call
import Wire

/// Source: Vonage, *Voice API 1.10*: create an outbound call, get details of your calls; *Webhook reference*.
extension VonageDialect: DiallingDialect {
    /// Longest address. Vonage names no limit; common servers take 2 KiB. Units: bytes.
    static let longestURL = 2_048

    /// How long a beep is waited for; Vonage takes 45 to 120. Units: seconds.
    static let beepTimeout = 45

    /// The document first: the answer webhook names the call's `uuid`, which the stream then repeats.
    ///
    /// Three calls in any second, more are refused with 429 (*Calls per second limit*); no limit of calls at once is named.
    public var dialling: DiallingGuide {
        DiallingGuide(
            openings: [.document, .stream], machineDetection: [.off, .detect, .hangup, .message], endsMachines: true,
            ringTimeout: 1...120, maximumDuration: 1...7_200, callsPerSecond: 3, concurrency: DiallingGuide.noConcurrencyLimit)
    }

    /// `POST /v1/calls`. Machine detection has the mode `default`, which runs beside the call and hears beeps; `detect` and `detect_beep`
    /// would keep the stream back until they are sure.
    public func dial(
        _ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(DialRefusal) -> HTTPRequest {
        try check(order)
        try require(["VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY"], settings)
        let to = Self.digits(try callee(order)), from = Self.digits(try caller(order, settings))
        guard let authorization = Self.authorization(settings, cryptography, unixTime) else {
            throw DialRefusal(
                .settings(["VONAGE_PRIVATE_KEY"]), "vonage cannot dial: VONAGE_PRIVATE_KEY is no RSA key in PEM, PKCS#1 or PKCS#8")
        }
        var members: [String: JSONValue] = [
            "to": .array([Self.phone(to)]), "from": Self.phone(from),
            "event_url": .array([.string(try fitting(order.statusURL, Self.longestURL, "the status address"))]),
            "event_method": .string("POST"), "ringing_timer": .number(Double(order.ringTimeout)),
            "length_timer": .number(Double(order.maximumDuration)),
        ]
        switch order.opening {
        case .document(let url):
            members["answer_url"] = .array([.string(try fitting(url, Self.longestURL, "the answer address"))])
            members["answer_method"] = .string("GET")
        case .stream(let url):
            members["ncco"] = .array([
                .object([
                    "action": .string("connect"), "from": .string(from),
                    "endpoint": .array([
                        .object([
                            "type": .string("websocket"),
                            "uri": .string(try fitting(url, Self.longestURL, "the stream's address")),
                            "content-type": .string(VonageMessage.contentType(.hz16000)),
                            "headers": .object(["from": .string(from), "to": .string(to)]),
                        ])
                    ]),
                ])
            ])
        }
        if order.machineDetection != .off {
            var detection: [String: JSONValue] = [
                "behavior": .string(order.machineDetection == .hangup ? "hangup" : "continue"),
                "mode": .string("default"),
            ]
            if order.machineDetection == .message { detection["beep_timeout"] = .number(Double(Self.beepTimeout)) }
            members["advanced_machine_detection"] = .object(detection)
        }
        return HTTPRequest(
            .post, "\(Self.base(settings))/v1/calls",
            headers: [authorization, ("Content-Type", Secret("application/json"))], body: JSONValue.object(members).bytes)
    }

    private static func phone(_ number: String) -> JSONValue { .object(["type": .string("phone"), "number": .string(number)]) }

    /// Vonage's numbers have no `+`.
    private static func digits(_ number: String) -> String { String(number.drop { $0 == "+" }) }

    public func outcome(ofDial response: HTTPResponse) -> DialOutcome {
        if let delay = delay(response) { return delay }
        let body = try? JSONValue(parsing: response.body)
        if (200..<300).contains(response.status) {
            guard let id = body?["uuid"]?.string, !id.isEmpty else { return .unknown("vonage accepted the call and named no uuid") }
            return .accepted(providerCallID: id)
        }
        let title = body?["error_title"]?.string ?? body?["title"]?.string ?? ""
        var words = body?["detail"]?.string ?? title
        if case .array(let parameters)? = body?["invalid_parameters"], let first = parameters.first {
            words = [title, first["name"]?.string ?? "", first["reason"]?.string ?? ""].filter { !$0.isEmpty }.joined(
                separator: " ")
        }
        let kind: ProviderRefusal.Kind =
            switch response.status {
            case 401, 403: .unauthorised
            case 402: .limit
            case 400 where words.lowercased().contains("to[") || words.lowercased().contains("number"): .badNumber
            default: .other
            }
        return refused(response, code: String(response.status), words: words, kind)
    }

    /// Calls per page, the most that Vonage gives.
    private static let page = 100
    /// Pages that are read of the calls since the request. A thousand calls are five minutes at Vonage's three a second.
    private static let pages = 10

    /// The application's calls since the request, and its newest ones: Vonage does not say by which time `date_start` picks a call, and one that
    /// was not answered yet has no `start_time`. There is no filter by number; further pages of the first list are asked for.
    public func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]? {
        guard let authorization = Self.authorization(settings, cryptography, unixTime) else { return nil }
        return [Self.list(since: since, settings, authorization), Self.list(since: nil, settings, authorization)]
    }

    /// - Parameter page: the first is 0.
    private static func list(
        since: Int64?, page: Int = 0, _ settings: ProviderSettings, _ authorization: (name: String, value: Secret)
    ) -> HTTPRequest {
        var fields: [FormEncoding.Field] = []
        if let since { fields.append(.init("date_start", CalendarTime.text(since - ListedCall.clockTolerance))) }
        fields += [.init("page_size", String(Self.page)), .init("order", "desc")]
        if page > 0 { fields.append(.init("record_index", String(page * Self.page))) }
        return HTTPRequest(.get, "\(base(settings))/v1/calls?\(FormEncoding.text(fields))", headers: [authorization])
    }

    public func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding {
        let lists = answers.compactMap { answer -> [JSONValue]? in
            guard answer.status == 200, let body = try? JSONValue(parsing: answer.body),
                case .array(let entries)? = body["_embedded"]?["calls"]
            else { return nil }
            return entries
        }
        guard lists.count >= 2, lists.count == answers.count else {
            return .cannotTell("vonage did not answer with lists of calls")
        }
        // The newest calls are the second list; the pages of those since the request are the others.
        let last = lists.count == 2 ? lists[0] : lists[lists.count - 1]
        let isWhole = last.count < Self.page
        // Calls that are placed meanwhile push others to a later page: one may come twice, none is passed over.
        if !isWhole, lists.count <= Self.pages, let authorization = Self.authorization(settings, cryptography, unixTime) {
            return .ask([Self.list(since: since, page: lists.count - 1, settings, authorization)])
        }
        let to = Self.digits(order.to.exposed)
        let calls = lists.joined().compactMap { entry -> ListedCall? in
            guard let id = entry["uuid"]?.string, entry["direction"]?.string != "inbound", Self.number(entry["to"]) == to else {
                return nil
            }
            let created = entry["start_time"]?.string.flatMap { CalendarTime.seconds(iso: $0) }
            return ListedCall(id: id, state: Self.state(entry["status"]?.string ?? "") ?? .dialing, created: created)
        }
        return ListedCall.only(calls, own: order.providerCallID, since: since, others: others, isWhole: isWhole, unixTime: unixTime)
    }

    /// `{"type":"phone","number":…}`, alone or as the one entry of a list.
    private static func number(_ value: JSONValue?) -> String? {
        if case .array(let values)? = value { return number(values.first) }
        return value?["number"]?.string.map { digits($0) }
    }

    /// An event webhook of the phone's leg. The socket is a leg of its own, whose events are about the stream, `disconnected` among
    /// them. `human` and `machine` name the call `call_uuid`, everything else `uuid`.
    public func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        func text(_ name: String) -> String? { json?[name]?.string ?? fields[name] }
        guard let id = text("uuid") ?? text("call_uuid"), let status = text("status"), text("to")?.hasPrefix("ws") != true,
            text("direction") != "inbound"
        else { return nil }
        let detail = text("sub_state") ?? text("detail")
        let code = detail ?? status
        switch (status, text("sub_state")) {
        case ("human", _): return DialEvent(providerCallID: id, machine: .human, code: code)
        case ("machine", "beep_start"?): return DialEvent(providerCallID: id, machine: .beep, code: code)
        case ("machine", "beep_timeout"?): return DialEvent(providerCallID: id, machine: .unknown, code: code)
        case ("machine", _): return DialEvent(providerCallID: id, machine: .machine, code: code)
        default: return Self.state(status).map { DialEvent(providerCallID: id, state: $0, code: code) }
        }
    }

    static func state(_ status: String) -> DialState? {
        switch status {
        case "started": .dialing
        case "ringing": .ringing
        case "answered": .answered
        case "completed": .ended(.completed)
        case "busy": .ended(.busy)
        case "unanswered", "timeout": .ended(.noAnswer)
        case "rejected": .ended(.rejected)
        case "failed": .ended(.failed)
        case "cancelled": .ended(.canceled)
        case "machine": .ended(.machine)
        default: nil
        }
    }
}
