import Call
import Wire

/// Exotel's calls over REST, version 1, as JSON (`…json`).
///
/// Sources: Exotel, *Connect Voice AI API*, *Call Details API (v1)*, *Call details (bulk)*, which gives no ongoing calls, *StatusCallback*,
/// *Error code dictionary*. Times are Indian.
struct ExotelAPI: ProviderAPI {
    /// Indian time is five and a half hours ahead. Units: milliseconds.
    private static let india: Int64 = 19_800_000

    var provider: PlayedProvider { .exotel }

    func owns(_ path: Substring) -> Bool { path.hasPrefix("/v1/Accounts/") }
    func creates(_ path: Substring) -> Bool { path.hasSuffix("/Calls/connect.json") }

    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        let path = Array(request.segments.dropFirst(2)), known = desk.credentials
        guard let account = path.first, let basic = request.basic, known.exotelAccount.admits(account),
            known.exotelKey.admits(basic.user), known.exotelToken.admits(basic.password)
        else { throw Self.refusal(401, "Authentication failed. Invalid API Key or Token.") }
        switch (request.method, path.count) {
        case ("POST", 3) where path[1] == "Calls" && path[2] == "connect.json": return .place(try order(request, account))
        case ("GET", 2) where path[1] == "Calls.json": return .answer(try list(request, account, desk))
        case ("GET", 3) where path[1] == "Calls" && path[2].hasSuffix(".json"):
            guard let index = desk.index(String(path[2].dropLast(5)), of: .exotel) else { throw Self.notFound }
            let fields = (try? request.query()) ?? []
            do throws(FieldFault) { try Self.lookRules.check(fields) } catch { throw Self.refusal(error) }
            return .answer(.json(200, .object(["Call": resource(desk.calls[index], desk)])))
        default: throw Self.notFound
        }
    }

    // MARK: create

    private static let text = FieldKind.text(1...2_048)
    /// Longest `StreamUrl`: under 600. Units: characters.
    private static let longestStreamURL = 599
    /// For the mode that opens a stream by itself. Neither a flow (`Url`) nor a second number (`To`) goes with it.
    private static let createRules = FieldRules(
        [
            "From": .digits, "CallerId": .digits, "StreamUrl": .url(["ws", "wss"], longest: longestStreamURL),
            "StreamType": .word(["bidirectional"]), "StreamName": .text(1...32), "Record": .flag,
            "RecordingChannels": .word(["single", "dual"]), "TimeLimit": .integer(1...14_400), "CustomField": .text(1...128),
            "StatusCallback": .url(["http", "https"], longest: 2_048),
            "StatusCallbackEvents[]": .word(["answered", "terminal", "ringing"]),
            "StatusCallbackContentType": .word(["multipart/form-data", "application/json"]),
        ], required: ["From", "CallerId", "StreamUrl", "StreamType"], repeated: ["StatusCallbackEvents[]"])

    private func order(_ request: APIRequest, _ account: String) throws(APIRefusal) -> PlaceOrder {
        guard request.mediaType == "application/x-www-form-urlencoded",
            let fields = try? FormEncoding.fields(String(decoding: request.body, as: UTF8.self))
        else { throw Self.refusal(400, "Bad request: send a form") }
        do throws(FieldFault) { try Self.createRules.check(fields) } catch { throw Self.refusal(error) }
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        let stream: StreamOrder
        do {
            let answer = HTTPResponse.json(200, .object(["url": .text(value("StreamUrl"))]))
            guard let origin = WebAddress("https://api.exotel.com/"),
                case .stream(let order) = try ExotelOpening().read(answer, from: origin, leg: PlayedProvider.exotel.usualFormat)
                    .step
            else { throw Self.refusal(400, "Bad request: StreamUrl") }
            stream = order
        } catch let complaint as Complaint {
            throw Self.refusal(400, "Bad request: StreamUrl: \(complaint.words)")
        } catch {
            throw Self.refusal(400, "Bad request: StreamUrl")
        }
        var order = PlaceOrder(to: value("From") ?? "", from: value("CallerId") ?? "", account: account, opening: .stream(stream))
        if let url = value("StatusCallback") {
            let target = StreamOrder.Callback(url: url, method: .post)
            let events = Set(fields.filter { $0.name == "StatusCallbackEvents[]" }.map(\.value))
            if events.contains("ringing") { order.callbacks[.ringing] = target }
            if events.contains("answered") { order.callbacks[.answered] = target }
            if events.contains("terminal") || events.isEmpty { order.callbacks[.ended] = target }
        }
        if let seconds = value("TimeLimit").flatMap({ Int($0) }) { order.timeLimit = .seconds(seconds) }
        order.reference = value("CustomField")
        return order
    }

    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse {
        .json(200, .object(["Call": resource(call, desk)]))
    }

    // MARK: look up

    private static let lookRules = FieldRules(["details": .flag, "RecordingUrlValidity": .integer(1...60)])
    private static let listRules = FieldRules([
        "Sid": text, "DateCreated": text, "To": text, "From": text,
        "Status": .word(["queued", "ringing", "in-progress", "completed", "failed", "busy", "no-answer", "canceled"]),
        "Duration": text, "Price": text, "Direction": .word(["inbound", "outbound-dial", "outbound-api"]), "PhoneNumber": text,
        "PageSize": .integer(1...100), "SortBy": .word(["DateCreated:asc", "DateCreated:desc"]), "Before": text, "After": text,
        "details": .flag, "RecordingUrlValidity": .integer(1...60),
    ])

    private func list(_ request: APIRequest, _ account: String, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try Self.listRules.check(fields) } catch { throw Self.refusal(error) }
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        func values(_ name: String) -> [Substring]? { value(name)?.split(separator: ",") }
        func bare(_ number: some StringProtocol) -> String { String(number.drop { $0 == "+" || $0 == "0" }) }
        var found = desk.listed(.exotel).filter { call in
            guard call.isOver, call.order.account == account, values("Sid").map({ $0.contains(call.id[...]) }) ?? true,
                values("From").map({ $0.contains { bare($0) == bare(call.order.to) } }) ?? true, value("To") == nil,
                value("Status").map({ $0 == Self.status(call) }) ?? true,
                value("Direction").map({ $0 == "outbound-api" }) ?? true
            else { return false }
            let created = Self.time(call.placedAt, desk)
            return (value("DateCreated") ?? "").split(separator: ";").allSatisfy { bound in
                bound.hasPrefix("gte:")
                    ? created >= bound.dropFirst(4) : bound.hasPrefix("lte:") ? created <= bound.dropFirst(4) : false
            }
        }
        if value("SortBy") == "DateCreated:asc" { found.reverse() }
        // Cursors are positions here; what they hold is Exotel's own affair.
        let size = value("PageSize").flatMap { Int($0) } ?? 50, start = value("After").flatMap { Int($0) } ?? 0
        let base = "/v1/Accounts/\(account)/Calls.json?PageSize=\(size)"
        let more = found.count > start + size
        return .json(
            200,
            .object([
                "Metadata": .object([
                    "Total": .whole(found.count), "PageSize": .whole(size), "FirstPageUri": .string(base), "PrevPageUri": .null,
                    "NextPageUri": more ? .string("\(base)&After=\(start + size)") : .null,
                ]), "Calls": .array(found.dropFirst(start).prefix(size).map { resource($0, desk) }),
            ]))
    }

    private static func time(_ moment: Moment, _ desk: APIDesk) -> String {
        WallTime.plainText(milliseconds: desk.milliseconds(moment) + india)
    }

    /// A declined call counts as busy.
    private static func status(_ call: PlacedCall) -> String {
        switch call.end {
        case .completed?, .machine?: "completed"
        case .busy?, .rejected?: "busy"
        case .noAnswer?: "no-answer"
        case .failed?: "failed"
        case .canceled?: "canceled"
        case nil: "in-progress"
        }
    }

    private func resource(_ call: PlacedCall, _ desk: APIDesk) -> JSONValue {
        .object([
            "Sid": .string(call.id), "ParentCallSid": .null, "DateCreated": .string(Self.time(call.placedAt, desk)),
            "DateUpdated": .string(Self.time(call.endedAt ?? call.placedAt, desk)), "AccountSid": .string(call.order.account),
            "To": .string(""), "From": .string(call.order.to), "PhoneNumberSid": .string(call.order.from),
            "Status": .string(Self.status(call)), "StartTime": .string(Self.time(call.placedAt, desk)),
            "EndTime": .text(call.endedAt.map { Self.time($0, desk) }),
            "Duration": .text(call.isOver ? String(call.seconds(until: desk.now)) : nil), "Price": .null,
            "Direction": .string("outbound-api"), "AnsweredBy": .null, "ForwardedFrom": .null, "CallerName": .null,
            "Uri": .string("/v1/Accounts/\(call.order.account)/Calls/\(call.id).json"),
            "CustomField": .text(call.order.reference), "RecordingUrl": .null,
        ])
    }

    // MARK: refusals

    private static func refusal(_ status: Int, _ message: String) -> APIRefusal {
        APIRefusal(
            response: .json(
                status,
                .object([
                    "RestException": .object([
                        "Status": .whole(status), "Message": .string(message), "Code": .whole(34_000 + status % 100),
                    ])
                ])))
    }

    private static let notFound = refusal(404, "The requested resource was not found")

    private static func refusal(_ fault: FieldFault) -> APIRefusal {
        let what = ["From", "CallerId"].contains(fault.name) ? "\(fault.name) number" : fault.name
        return refusal(400, "Bad or missing parameters: \(what) \(fault.words)")
    }

    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse {
        Self.refusal(status, status == 429 ? "Too many requests" : "Internal server error").response
    }

    // MARK: callbacks

    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback? {
        guard let target = call.order.callbacks[turn.kind] else { return nil }
        let event: String, status: String
        switch turn {
        case .initiated, .heard: return nil
        case .ringing: (event, status) = ("ringing", "ringing")
        case .answered: (event, status) = ("answered", "in-progress")
        case .ended: (event, status) = ("terminal", Self.status(call))
        }
        var fields: [FormEncoding.Field] = [
            .init("CallSid", call.id), .init("EventType", event), .init("Status", status),
            .init("DateCreated", Self.time(call.placedAt, desk)), .init("DateUpdated", Self.time(desk.now, desk)),
            .init("From", call.order.to), .init("To", ""), .init("PhoneNumberSid", call.order.from),
            .init("StartTime", Self.time(call.placedAt, desk)), .init("Direction", "outbound-api"),
        ]
        if let reference = call.order.reference { fields.append(.init("CustomField", reference)) }
        if case .ended = turn {
            fields += [
                .init("EndTime", Self.time(desk.now, desk)), .init("ConversationDuration", String(call.seconds(until: desk.now))),
            ]
        }
        return APICallback(target, .fields(.multipart(fields)))
    }

    /// A call placed with `StreamUrl` fetches none.
    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback {
        APICallback(target, .fields(.form([])))
    }
}
