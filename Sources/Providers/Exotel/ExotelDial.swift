import Call
import Wire

/// Source: Exotel, *Connect Voice AI* and *Call details (bulk)*, API v1.
extension ExotelDialect: DiallingDialect {
    /// Longest `StreamUrl`: under 600. Units: bytes.
    static let longestStreamURL = 599
    /// Longest address of a callback. Exotel names no limit; common servers take 2 KiB. Units: bytes.
    static let longestURL = 2_048
    /// Longest `CustomField`. Units: bytes.
    static let longestCustomField = 128

    /// Ringing time is Exotel's own in this mode; there is no machine detection on streams and no request that ends a call.
    ///
    /// 200 requests a minute to the voice API, of which look-ups need some; 10 calls at once in the smallest plan, 50 and 100 in the others
    /// (*Rate limiting*).
    public var dialling: DiallingGuide {
        DiallingGuide(
            openings: [.stream], machineDetection: [.off], canHangUp: false, ringTimeout: nil, maximumDuration: 1...14_400,
            callsPerSecond: 3, concurrency: 10)
    }

    /// `POST /v1/Accounts/{sid}/Calls/connect.json`. `From` is the number that is dialled, `CallerId` our ExoPhone.
    public func dial(
        _ order: DialOrder, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) throws(DialRefusal) -> HTTPRequest {
        try check(order)
        try require(["EXOTEL_ACCOUNT_SID", "EXOTEL_API_KEY", "EXOTEL_API_TOKEN"], settings)
        guard case .stream(let url) = order.opening, let account = Self.account(settings) else {
            throw DialRefusal(.unsupported, "exotel takes the stream's address only")
        }
        let fields: [FormEncoding.Field] = [
            .init("From", try callee(order)), .init("CallerId", try caller(order, settings)),
            .init("StreamUrl", try fitting(url, Self.longestStreamURL, "the stream's address")),
            .init("StreamType", "bidirectional"), .init("TimeLimit", String(order.maximumDuration)),
            .init("CustomField", try fitting(order.callID, Self.longestCustomField, "the call's id")),
            .init("StatusCallback", try fitting(order.statusURL, Self.longestURL, "the status address")),
            .init("StatusCallbackEvents[]", "ringing"), .init("StatusCallbackEvents[]", "answered"),
            .init("StatusCallbackEvents[]", "terminal"),
        ]
        return HTTPRequest(
            .post, "\(account.url)/Calls/connect.json",
            headers: [account.authorization, ("Content-Type", Secret("application/x-www-form-urlencoded"))],
            body: Array(FormEncoding.text(fields).utf8))
    }

    /// `EXOTEL_SUBDOMAIN` is the host, as the dashboard shows it, with or without its `@`.
    private static func account(_ settings: ProviderSettings) -> (url: String, authorization: (name: String, value: Secret))? {
        guard let id = settings["EXOTEL_ACCOUNT_SID"], let key = settings["EXOTEL_API_KEY"],
            let token = settings["EXOTEL_API_TOKEN"]
        else { return nil }
        let host = (settings["EXOTEL_SUBDOMAIN"] ?? "api.exotel.com").drop { $0 == "@" }
        var base = settings["EXOTEL_API_BASE"] ?? "https://\(host)"
        while base.hasSuffix("/") { base.removeLast() }
        let credentials = Base64.text(Array("\(key):\(token)".utf8))
        return (
            "\(base)/v1/Accounts/\(FormEncoding.component(id))", ("Authorization", Secret("Basic \(credentials)"))
        )
    }

    public func outcome(ofDial response: HTTPResponse) -> DialOutcome {
        if let delay = delay(response) { return delay }
        let body = (try? JSONValue(parsing: response.body)).map { Self.lowerCase($0) }
        if (200..<300).contains(response.status) {
            guard let id = body?["call"]?["sid"]?.string, !id.isEmpty else {
                return .unknown("exotel accepted the call and named no Sid")
            }
            return .accepted(providerCallID: id)
        }
        let error = body?["restexception"]
        let code = ProviderWords.code(error?["code"]), words = error?["message"]?.string ?? ""
        let kind: ProviderRefusal.Kind =
            switch response.status {
            case 401, 403: .unauthorised
            case 402: .limit
            case 400 where words.lowercased().contains("number"): .badNumber
            default: .other
            }
        return .refused(
            ProviderRefusal(
                code: code ?? String(response.status),
                sentence: sentence(ofRefusal: response, code: code, words: words), kind: kind))
    }

    /// Exotel's pages spell the keys of one object in both cases.
    private static func lowerCase(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                members.reduce(into: [:]) { result, member in result[member.key.lowercased()] = lowerCase(member.value) })
        case .array(let values): .array(values.map { lowerCase($0) })
        case .null, .bool, .number, .string: value
        }
    }

    /// Calls per page.
    private static let page = 100

    /// The calls to the number since the request. Dates are in Indian time.
    public func reconcile(
        _ order: DialOrder, since: Int64, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> [HTTPRequest]? {
        guard let account = Self.account(settings) else { return nil }
        let dates = [since - ListedCall.clockTolerance, unixTime + ListedCall.clockTolerance].map {
            CalendarTime.text($0 + CalendarTime.india, separator: " ", suffix: "")
        }
        let query = FormEncoding.text([
            .init("From", order.to.exposed), .init("DateCreated", "gte:\(dates[0]);lte:\(dates[1])"),
            .init("PageSize", String(Self.page)),
        ])
        return [HTTPRequest(.get, "\(account.url)/Calls.json?\(query)", headers: [account.authorization])]
    }

    /// How long a call that is missing from the list may ring; Exotel decides it alone. Units: seconds.
    private static let longestRinging: Int64 = 120

    /// By `CustomField` where the list has it, else by number and date. The list does not hold calls that are still going on (*Call details
    /// (bulk)*), so that a missing call is certain only when it would be over.
    public func finding(
        in answers: [HTTPResponse], for order: DialOrder, since: Int64, others: Set<String>, _ settings: ProviderSettings,
        _ cryptography: any Cryptography, unixTime: Int64
    ) -> DialFinding {
        guard let answer = answers.first, answer.status == 200,
            let body = (try? JSONValue(parsing: answer.body)).map({ Self.lowerCase($0) }), case .array(let entries)? = body["calls"]
        else { return .cannotTell("exotel did not answer with a list of calls") }
        let calls = entries.compactMap { entry -> (call: ListedCall, field: String?)? in
            guard let id = entry["sid"]?.string, entry["direction"]?.string != "inbound" else { return nil }
            let created = entry["datecreated"]?.string.flatMap { CalendarTime.seconds(iso: $0, zone: CalendarTime.india) }
            let state = Self.state(entry["status"]?.string ?? "") ?? .dialing
            return (ListedCall(id: id, state: state, created: created), entry["customfield"]?.string)
        }
        if let own = calls.first(where: { $0.field == order.callID }) {
            return .found(providerCallID: own.call.id, state: own.call.state)
        }
        let finding = ListedCall.only(
            calls.filter { $0.field == nil || $0.field == "" }.map(\.call), own: order.providerCallID, since: since, others: others,
            isWhole: entries.count < Self.page, unixTime: unixTime)
        let over = since + Self.longestRinging + Int64(order.maximumDuration) + DiallingGuide.settling
        guard finding == .notFound, unixTime < over else { return finding }
        return .cannotTell("exotel lists a call only when it is over")
    }

    /// `in-progress` begins when Exotel begins to dial, so it is no answer by itself.
    static func state(_ status: String) -> DialState? { status == "in-progress" ? .dialing : DialState(word: status) }

    /// A status callback, a form or JSON.
    public func event(ofCallback fields: [String: String], json: JSONValue?) -> DialEvent? {
        let members = json.map { Self.lowerCase($0) }
        var lower: [String: String] = [:]
        for (name, value) in fields { lower[name.lowercased()] = value }
        func text(_ name: String) -> String? { members?[name]?.string ?? lower[name] }
        guard let id = text("callsid"), text("streamsid") == nil else { return nil }
        let status = text("status") ?? ""
        let state: DialState? =
            switch text("eventtype") {
            case "ringing"?: .ringing
            case "answered"?: .answered
            case "terminal"?: Self.state(status) ?? .ended(.unknown)
            default: Self.state(status)
            }
        guard let state else { return nil }
        return DialEvent(
            providerCallID: id, callID: text("customfield"), state: state, code: status.isEmpty ? text("eventtype") : status)
    }
}
