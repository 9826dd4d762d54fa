import Call
import Wire

/// Twilio's calls over REST.
///
/// Sources: Twilio, OpenAPI document `twilio_api_v2010` (create, list, fetch, update a call), the pages of the errors named here,
/// "Voice webhooks", "Answering Machine Detection".
struct TwilioAPI: ProviderAPI {
    var provider: PlayedProvider { .twilio }

    func owns(_ path: Substring) -> Bool { path.hasPrefix("/2010-04-01/") }
    func creates(_ path: Substring) -> Bool { path.hasSuffix("/Calls.json") }

    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        let path = request.segments
        guard path.count >= 4, path[1] == "Accounts", path[3] == "Calls.json" || (path.count == 5 && path[3] == "Calls") else {
            throw Self.notFound(request)
        }
        let account = path[2]
        try check(request, account, desk)
        if path.count == 4 {
            switch request.method {
            case "POST": return .place(try order(request, account))
            case "GET": return .answer(try list(request, account, desk))
            default: throw Self.refusal(405, 20004, "Method not allowed")
            }
        }
        guard path[4].hasSuffix(".json"), let index = desk.index(String(path[4].dropLast(5)), of: .twilio) else {
            throw Self.notFound(request)
        }
        switch request.method {
        case "GET": return .answer(.json(200, resource(desk.calls[index], desk)))
        case "POST": return try update(request, index, desk)
        default: throw Self.refusal(405, 20004, "Method not allowed")
        }
    }

    private func check(_ request: APIRequest, _ account: String, _ desk: APIDesk) throws(APIRefusal) {
        let known = desk.credentials
        guard let basic = request.basic else { throw Self.refusal(401, 20003, "Authenticate") }
        let isAccount = basic.user == account && known.twilioToken.admits(basic.password)
        let isKey = basic.user.hasPrefix("SK") && known.twilioKey.admits(basic.user) && known.twilioKeySecret.admits(basic.password)
        guard Self.isSID(account, "AC"), known.twilioAccount.admits(account), isAccount || isKey else {
            throw Self.refusal(401, 20003, "Authenticate")
        }
    }

    // MARK: create

    private func order(_ request: APIRequest, _ account: String) throws(APIRefusal) -> PlaceOrder {
        let fields = try Self.form(request)
        do throws(FieldFault) { try TwilioAPIRules.create.check(fields) } catch { throw Self.refusal(error, fields) }
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        func target(_ name: String) -> StreamOrder.Callback? {
            value(name).map { .init(url: $0, method: value(name + "Method") == "GET" ? .get : .post) }
        }
        let opening: PlaceOrder.Opening
        if let url = value("Url") {
            opening = .document(.init(url: url, method: value("Method") == "GET" ? .get : .post))
        } else if let text = value("Twiml") {
            opening = .text(HTTPResponse(status: 200, headers: ["content-type": "text/xml"], body: Array(text.utf8)))
        } else {
            throw Self.refusal(400, 21205, "Url parameter is required")
        }
        var order = PlaceOrder(to: value("To") ?? "", from: value("From") ?? "", account: account, opening: opening)
        if let seconds = value("Timeout").flatMap({ Int($0) }) { order.ringTimeout = .seconds(seconds) }
        if let seconds = value("TimeLimit").flatMap({ Int($0) }) { order.timeLimit = .seconds(seconds) }
        if let status = target("StatusCallback") {
            // Documented to be repeated; separated by white space is what older SDKs sent.
            var events = Set(fields.filter { $0.name == "StatusCallbackEvent" }.map(\.value))
            if events.isEmpty { events = ["completed"] }
            let kinds: [String: CallTurn.Kind] = [
                "initiated": .initiated, "ringing": .ringing, "answered": .answered, "completed": .ended,
            ]
            for event in events { if let kind = kinds[event] { order.callbacks[kind] = status } }
        }
        if let detection = value("MachineDetection"), value("AsyncAmd") == "true" {
            order.detection = detection == "Enable" ? .start : .end
            order.callbacks[.machine] = target("AsyncAmdStatusCallback")
        }
        return order
    }

    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse { .json(201, resource(call, desk)) }

    // MARK: look up, end

    private func list(_ request: APIRequest, _ account: String, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try TwilioAPIRules.list.check(fields) } catch { throw Self.refusal(error, fields) }
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        func number(_ name: String, _ usual: Int) -> Int { value(name).flatMap { Int($0) } ?? usual }
        let page = number("Page", 0), size = number("PageSize", 50)
        let found = desk.listed(.twilio).filter { call in
            call.order.account == account && (value("To").map { $0 == call.order.to } ?? true)
                && (value("From").map { $0 == call.order.from } ?? true)
                && (value("Status").map { $0 == Self.status(call) } ?? true)
                && Self.lies(call.answeredAt ?? call.endedAt, "StartTime", fields, desk)
                && Self.lies(call.endedAt, "EndTime", fields, desk)
        }
        let start = page * size, shown = found.dropFirst(start).prefix(size)
        let base = "/2010-04-01/Accounts/\(account)/Calls.json"
        func uri(_ page: Int) -> JSONValue {
            let kept = fields.filter { $0.name != "Page" && $0.name != "PageToken" && $0.name != "PageSize" }
            let more: [FormEncoding.Field] = [.init("PageSize", String(size)), .init("Page", String(page))]
            let token: [FormEncoding.Field] = page > 0 ? [.init("PageToken", "PA\(desk.answerID)")] : []
            return .string("\(base)?\(FormEncoding.text(kept + more + token))")
        }
        return .json(
            200,
            .object([
                "calls": .array(shown.map { resource($0, desk) }), "page": .whole(page), "page_size": .whole(size),
                "start": .whole(start), "end": .whole(max(0, start + shown.count - 1)), "uri": .string(request.target),
                "first_page_uri": uri(0), "next_page_uri": found.count > start + size ? uri(page + 1) : .null,
                "previous_page_uri": page > 0 ? uri(page - 1) : .null,
            ]))
    }

    /// Days, as the real list compares them: `StartTime`, `StartTime<`, `StartTime>`.
    private static func lies(_ moment: Moment?, _ name: String, _ fields: [FormEncoding.Field], _ desk: APIDesk) -> Bool {
        let asked = fields.filter { $0.name.hasPrefix(name) }
        guard !asked.isEmpty else { return true }
        guard let moment else { return false }
        let text = WallTime.text(milliseconds: desk.milliseconds(moment))
        return asked.allSatisfy { field in
            // A date, or a date with a time.
            let own = String(text.prefix(min(field.value.count, 19)))
            let bound = String(field.value.prefix(19))
            return field.name.hasSuffix("<") ? own <= bound : field.name.hasSuffix(">") ? own >= bound : own == bound
        }
    }

    private func update(_ request: APIRequest, _ index: Int, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        let fields = try Self.form(request)
        do throws(FieldFault) { try TwilioAPIRules.update.check(fields) } catch { throw Self.refusal(error, fields) }
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        var call = desk.calls[index]
        guard let status = value("Status") else { return try move(fields, index, request, desk) }
        guard value("Url") == nil, value("Twiml") == nil else {
            throw Self.refusal(400, 20001, "Status and Url or Twiml cannot be given together")
        }
        // What has ended is no more.
        guard !call.isOver else { throw Self.notFound(request) }
        guard status == "completed" || call.answeredAt == nil else {
            throw Self.refusal(400, 21220, "Unable to update record. Call is in-progress")
        }
        call.endedAt = desk.now
        call.end = call.answeredAt == nil ? .canceled : .completed
        return .end(index, .json(200, resource(call, desk)))
    }

    /// Redirects a live call to a new document.
    private func move(_ fields: [FormEncoding.Field], _ index: Int, _ request: APIRequest, _ desk: APIDesk) throws(APIRefusal)
        -> APIWish
    {
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        let call = desk.calls[index]
        guard !call.isOver else { throw Self.notFound(request) }
        guard call.answeredAt != nil else { throw Self.refusal(400, 21220, "Call is not in-progress. Cannot redirect.") }
        let target: MoveOrder.Target
        switch (value("Url"), value("Twiml")) {
        case (let url?, nil): target = .document(.init(url: url, method: value("Method") == "GET" ? .get : .post))
        case (nil, let text?):
            target = .text(HTTPResponse(status: 200, headers: ["content-type": "text/xml"], body: Array(text.utf8)))
        case (nil, nil), (_?, _?): throw Self.refusal(400, 20001, "give Status, Url or Twiml, one of them")
        }
        return .move(index, MoveOrder(target: target), .json(200, resource(call, desk)))
    }
}
