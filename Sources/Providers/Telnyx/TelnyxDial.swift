import Audio
import Call
import Wire

/// Source: Telnyx, *Call Control: dial*, *list active calls*, *list call events*.
extension TelnyxDialect: DiallingDialect {
    /// Longest `stream_url`. Telnyx names no limit; what its webhooks and logs carry is not longer. Units: bytes.
    static let longestURL = 2_048

    /// By Call Control. A TeXML call would fetch a document instead; the two are not mixed on one call.
    ///
    /// 30 dials a second, counted over five seconds (*Dials per second limit*); 10 calls at once for a verified account, 2 for a new one
    /// (*Concurrent call limits*).
    public var dialling: DiallingGuide {
        DiallingGuide(
            openings: [.stream], machineDetection: [.off, .detect, .hangup, .message], ringTimeout: 5...600,
            maximumDuration: 30...14_400, callsPerSecond: 30, concurrency: 10)
    }

    /// `POST /v2/calls`. `rtp`, or Telnyx would expect MP3 files; the legs named by `self`, since a dialled call has one leg and the
    /// default is the other; our call id in `client_state`, which every webhook and the list of active calls repeat, and as
    /// `command_id`: a second request with the same one within 60 s is ignored (Telnyx, *Receiving webhooks*). No other route is tried
    /// after the time-out, or the phone would ring anew.
    public func dial(
        _ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(DialRefusal) -> HTTPRequest {
        try check(order)
        try require(["TELNYX_API_KEY", "TELNYX_CONNECTION_ID"], settings)
        guard case .stream(let url) = order.opening, let key = settings["TELNYX_API_KEY"],
            let connection = settings["TELNYX_CONNECTION_ID"]
        else { throw DialRefusal(.unsupported, "telnyx takes the stream's address only") }
        var members: [String: JSONValue] = [
            "connection_id": .string(connection), "to": .string(try callee(order)), "from": .string(try caller(order, settings)),
            "stream_url": .string(try fitting(url, Self.longestURL, "the stream's address")),
            "stream_track": .string("inbound_track"), "stream_bidirectional_mode": .string("rtp"),
            "stream_bidirectional_codec": .string(codec), "stream_bidirectional_target_legs": .string("self"),
            "stream_bidirectional_sampling_rate": .number(Double(outbound.rate.hertz)),
            "timeout_secs": .number(Double(order.ringTimeout)), "time_limit_secs": .number(Double(order.maximumDuration)),
            "webhook_url": .string(try fitting(order.statusURL, Self.longestURL, "the status address")),
            "webhook_url_method": .string("POST"), "client_state": .string(Self.clientState(order)),
            "command_id": .string(order.callID), "retry_on_timeout": .bool(false),
        ]
        if let token = settings["TELNYX_STREAM_AUTH_TOKEN"] { members["stream_auth_token"] = .string(token) }
        switch order.machineDetection {
        case .off: break
        case .detect, .hangup: members["answering_machine_detection"] = .string("detect")
        case .message: members["answering_machine_detection"] = .string("greeting_end")
        }
        return HTTPRequest(
            .post, "\(Self.base(settings))/calls",
            headers: [("Authorization", Secret("Bearer \(key)")), ("Content-Type", Secret("application/json"))],
            body: JSONValue.object(members).bytes)
    }

    static func clientState(_ order: DialOrder) -> String { Base64.text(Array(order.callID.utf8)) }

    public func outcome(ofDial response: HTTPResponse) -> DialOutcome {
        if let delay = delay(response) { return delay }
        let body = try? JSONValue(parsing: response.body)
        if (200..<300).contains(response.status) {
            guard let id = body?["data"]?["call_control_id"]?.string, !id.isEmpty else {
                return .unknown("telnyx accepted the call and named no call_control_id")
            }
            return .accepted(providerCallID: id)
        }
        let code = Self.errorCodes(response.body).first
        var words = ""
        if case .array(let errors)? = body?["errors"], let error = errors.first {
            words = error["detail"]?.string ?? error["title"]?.string ?? ""
        }
        return refused(response, code: code, words: words, Self.kind(code, response.status))
    }

    private static func kind(_ code: String?, _ status: Int) -> ProviderRefusal.Kind {
        switch code {
        case "10016": .badNumber
        case "10009", "10010": .unauthorised
        // 422: no such connection. With 400 the same code says that the request has letters which Telnyx does not take.
        case "10015" where status == 422: .unauthorised
        case "10011", "90103", "90041", "90043": .limit
        default: status == 401 || status == 403 ? .unauthorised : .other
        }
    }

    /// Entries per page, the most that Telnyx gives.
    private static let page = 250

    /// The connection's active calls, and its call events with the callee since the request. The first list is paged by a cursor
    /// and takes its size from `page[limit]`, the second is numbered and takes it from `page[size]`; the document names both for both.
    public func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]? {
        guard let key = settings["TELNYX_API_KEY"], let connection = settings["TELNYX_CONNECTION_ID"] else { return nil }
        let base = Self.base(settings), authorization = ("Authorization", Secret("Bearer \(key)"))
        let active = FormEncoding.text([.init("page[limit]", String(Self.page)), .init("page[size]", String(Self.page))])
        let events = FormEncoding.text([
            .init("filter[connection_id]", connection), .init("filter[to]", order.to.exposed),
            .init("filter[occurred_at][gte]", CalendarTime.text(since - ListedCall.clockTolerance)),
            .init("page[size]", String(Self.page)),
        ])
        return [
            HTTPRequest(
                .get, "\(base)/connections/\(FormEncoding.component(connection))/active_calls?\(active)", headers: [authorization]),
            HTTPRequest(.get, "\(base)/call_events?\(events)", headers: [authorization]),
        ]
    }

    /// An active call with our `client_state` is ours. Without one, a call event to the callee leaves it open: events name no `client_state`.
    public func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding {
        let bodies = answers.map { answer in answer.status == 200 ? try? JSONValue(parsing: answer.body) : nil }
        guard bodies.count == 2, case .array(let active)? = bodies[0]?["data"], case .array(let events)? = bodies[1]?["data"] else {
            return .cannotTell("telnyx did not answer with lists of calls and events")
        }
        let own = active.first { $0["client_state"]?.string == Self.clientState(order) }
        if let id = own?["call_control_id"]?.string { return .found(providerCallID: id, state: .dialing) }
        guard Self.isWhole(active.count, bodies[0]?["meta"]) else {
            return .cannotTell("the list of active calls is longer than one page")
        }
        return events.isEmpty
            ? ListedCall.missing(since: since, unixTime: unixTime)
            : .cannotTell("telnyx had calls to the number since the request, and none is active")
    }

    /// Whether Telnyx names no further page (*Cursor Pagination Meta*); how long a page may be is not trusted alone.
    private static func isWhole(_ count: Int, _ meta: JSONValue?) -> Bool {
        let all = meta?["total_items"]?.number ?? 0
        return count < page && all <= Double(count) && (meta?["next"]?.string ?? "").isEmpty
    }

    /// A Call Control webhook, `data.event_type` and `data.payload`.
    public func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        guard let data = json?["data"], let type = data["event_type"]?.string, let payload = data["payload"],
            let id = payload["call_control_id"]?.string, payload["direction"]?.string != "incoming"
        else { return nil }
        let state: DialState?, machine: MachineVerdict?, code: String?
        let result = payload["result"]?.string
        switch type {
        case "call.initiated": (state, machine, code) = (.dialing, nil, payload["state"]?.string)
        case "call.ringing": (state, machine, code) = (.ringing, nil, nil)
        case "call.answered": (state, machine, code) = (.answered, nil, nil)
        case "call.hangup": (state, machine, code) = (.ended(Self.end(payload)), nil, payload["hangup_cause"]?.string)
        case "call.machine.detection.ended", "call.machine.premium.detection.ended":
            (state, machine, code) = (nil, Self.verdict(result), result)
        case "call.machine.greeting.ended", "call.machine.premium.greeting.ended":
            (state, machine, code) = (nil, Self.greeting(result), result)
        default: return nil
        }
        let ours = payload["client_state"]?.string.flatMap { Base64.lenientBytes($0) }
        return DialEvent(
            providerCallID: id, callID: ours.map { String(decoding: $0, as: UTF8.self) }, state: state, machine: machine,
            code: code ?? type, sequence: data["id"]?.string)
    }

    /// `timeout` is the ring time-out's end.
    static func end(_ payload: JSONValue) -> DialEnd {
        switch payload["hangup_cause"]?.string {
        case "normal_clearing", "time_limit": .completed
        case "user_busy": .busy
        case "no_answer", "timeout": .noAnswer
        case "call_rejected": .rejected
        case "originator_cancel": .canceled
        case "not_found": .failed
        default: .unknown
        }
    }

    private static func verdict(_ result: String?) -> MachineVerdict {
        switch result {
        case "human", "human_residence", "human_business": .human
        case "machine", "fax_detected": .machine
        default: .unknown
        }
    }

    private static func greeting(_ result: String?) -> MachineVerdict {
        switch result {
        case "beep_detected", "ended", "no_beep_detected": .beep
        default: .unknown
        }
    }
}
