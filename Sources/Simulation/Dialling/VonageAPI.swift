import Call
import Wire

/// Vonage's Voice API, version 1.
///
/// Sources: Vonage, OpenAPI document *Voice API*, Python SDK `vonage-voice`, *Webhook reference*, *Advanced machine detection*, *API errors*.
struct VonageAPI: ProviderAPI {
    var provider: PlayedProvider { .vonage }

    func owns(_ path: Substring) -> Bool { path == "/v1/calls" || path.hasPrefix("/v1/calls/") }
    func creates(_ path: Substring) -> Bool { path == "/v1/calls" }

    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        let application = try VonageProof.application(of: request, desk)
        let path = request.segments.dropFirst(2).filter { !$0.isEmpty }
        if path.isEmpty {
            switch request.method {
            case "POST": return .place(try order(request, application, desk))
            case "GET": return .answer(try list(request, application, desk))
            default: throw Self.refusal(405, "method-not-allowed", "Method Not Allowed", "The method is not allowed here", desk)
            }
        }
        guard path.count == 1, let index = desk.index(path[0], of: .vonage) else { throw Self.notFound(desk) }
        switch request.method {
        case "GET": return .answer(.json(200, resource(desk.calls[index], desk)))
        case "PUT":
            let body = try Self.json(request, desk)
            if body["action"]?.string == "transfer" { return try move(body, index, desk) }
            do throws(FieldFault) { try VonageAPIRules.hangUp.check(body) } catch { throw Self.refusal(error, desk) }
            guard !desk.calls[index].isOver else { throw Self.notFound(desk) }
            return .end(index, HTTPResponse(status: 204))
        default: throw Self.refusal(405, "method-not-allowed", "Method Not Allowed", "The method is not allowed here", desk)
        }
    }

    /// Takes the leg to another NCCO.
    private func move(_ body: JSONValue, _ index: Int, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        do throws(FieldFault) { try VonageAPIRules.transfer.check(body) } catch { throw Self.refusal(error, desk) }
        guard !desk.calls[index].isOver, desk.calls[index].answeredAt != nil else { throw Self.notFound(desk) }
        let destination = body["destination"]
        let target: MoveOrder.Target
        switch (destination?["url"], destination?["ncco"]) {
        case (.array(let urls)?, nil): target = .document(.init(url: urls.first?.string ?? "", method: .get))
        case (nil, let ncco?):
            target = .text(HTTPResponse(status: 200, headers: ["content-type": "application/json"], body: ncco.bytes))
        default: throw Self.refusal(FieldFault("/destination", .value("url or ncco, one of them")), desk)
        }
        return .move(index, MoveOrder(target: target), HTTPResponse(status: 204))
    }

    // MARK: create

    private func order(_ request: APIRequest, _ application: String, _ desk: APIDesk) throws(APIRefusal) -> PlaceOrder {
        let body = try Self.json(request, desk)
        do throws(FieldFault) { try VonageAPIRules.create.check(body) } catch { throw Self.refusal(error, desk) }
        func first(_ name: String) -> JSONValue? { if case .array(let values)? = body[name] { values.first } else { nil } }
        func method(_ name: String, _ usual: HTTPRequest.Method) -> HTTPRequest.Method {
            body[name]?.string.flatMap { HTTPRequest.Method(rawValue: $0) } ?? usual
        }
        let opening: PlaceOrder.Opening
        switch (body["ncco"], first("answer_url")?.string) {
        case (let ncco?, nil):
            opening = .text(HTTPResponse(status: 200, headers: ["content-type": "application/json"], body: ncco.bytes))
        case (nil, let url?): opening = .document(.init(url: url, method: method("answer_method", .get)))
        case (nil, nil): throw Self.refusal(FieldFault("/answer_url", .missing), desk)
        case (_?, _?): throw Self.refusal(FieldFault("/ncco", .value("alone: it cannot be used with answer_url")), desk)
        }
        let isRandom = body["random_from_number"] == .bool(true)
        guard isRandom != (body["from"] != nil) else {
            throw Self.refusal(FieldFault("/from", .value("given, or random_from_number; not both")), desk)
        }
        var order = PlaceOrder(
            to: first("to")?["number"]?.string ?? "", from: body["from"]?["number"]?.string ?? "15005550006",
            account: application, opening: opening)
        if let url = first("event_url")?.string {
            let target = StreamOrder.Callback(url: url, method: method("event_method", .post))
            for kind in [CallTurn.Kind.initiated, .ringing, .answered, .machine, .ended] { order.callbacks[kind] = target }
        }
        if let seconds = body["ringing_timer"]?.number { order.ringTimeout = .seconds(seconds) }
        order.timeLimit = .seconds(body["length_timer"]?.number ?? 7_200)
        if let detection = body["advanced_machine_detection"] {
            // Without a mode it is `default`, which hears beeps too.
            order.detection = detection["mode"]?.string == "detect" ? .start : .end
            order.endsMachine = detection["behavior"]?.string == "hangup"
        } else if let behaviour = body["machine_detection"]?.string {
            order.detection = .start
            order.endsMachine = behaviour == "hangup"
        }
        return order
    }

    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse {
        .json(
            201,
            .object([
                "uuid": .string(call.id), "status": .string("started"), "direction": .string("outbound"),
                "conversation_uuid": .string("CON-\(call.secondID)"),
            ]))
    }

    // MARK: look up

    private func list(_ request: APIRequest, _ application: String, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try VonageAPIRules.list.check(fields) } catch { throw Self.refusal(error, desk) }
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        let size = value("page_size").flatMap { Int($0) } ?? 10, start = value("record_index").flatMap { Int($0) } ?? 0
        var found = desk.listed(.vonage).filter { call in
            let created = WallTime.text(milliseconds: desk.milliseconds(call.placedAt)).prefix(19)
            return call.order.account == application
                && (value("status").map { $0 == Self.status(call) } ?? true)
                && (value("conversation_uuid").map { $0 == "CON-\(call.secondID)" } ?? true)
                && (value("date_start").map { created >= $0.prefix(19) } ?? true)
                && (value("date_end").map { created <= $0.prefix(19) } ?? true)
        }
        if value("order") != "desc" { found.reverse() }
        let page = found.dropFirst(start).prefix(size).map { resource($0, desk) }
        func link(_ index: Int) -> JSONValue {
            .object(["href": .string("/v1/calls?page_size=\(size)&record_index=\(index)&order=\(value("order") ?? "asc")")])
        }
        var links: [String: JSONValue] = [
            "self": link(start), "first": link(0), "last": link(max(0, found.count - 1) / size * size),
        ]
        if start + size < found.count { links["next"] = link(start + size) }
        return .json(
            200,
            .object([
                "count": .whole(found.count), "page_size": .whole(size), "record_index": .whole(start),
                "_embedded": .object(["calls": .array(page)]), "_links": .object(links),
            ]))
    }

    static func status(_ call: PlacedCall) -> String {
        switch call.end {
        case .completed?, .machine?: "completed"
        case .busy?: "busy"
        case .noAnswer?: "timeout"
        case .rejected?: "rejected"
        case .failed?: "failed"
        case .canceled?: "cancelled"
        case nil: call.answeredAt != nil ? "answered" : call.rangAt != nil ? "ringing" : "started"
        }
    }

    /// Times and prices are there for completed calls only.
    private func resource(_ call: PlacedCall, _ desk: APIDesk) -> JSONValue {
        func phone(_ number: String) -> JSONValue { .object(["type": .string("phone"), "number": .string(number)]) }
        var members: [String: JSONValue] = [
            "uuid": .string(call.id), "conversation_uuid": .string("CON-\(call.secondID)"), "status": .string(Self.status(call)),
            "direction": .string("outbound"), "to": phone(call.order.to), "from": phone(call.order.from),
            "_links": .object(["self": .object(["href": .string("/v1/calls/\(call.id)")])]),
        ]
        if call.end == .completed, let start = call.answeredAt, let end = call.endedAt {
            func time(_ moment: Moment) -> JSONValue {
                .string(String(WallTime.text(milliseconds: desk.milliseconds(moment)).dropLast(4)) + "Z")
            }
            members["start_time"] = time(start)
            members["end_time"] = time(end)
            members["duration"] = .string(String(call.seconds(until: desk.now)))
            members["rate"] = .string("0.00000000")
            members["price"] = .string("0.00000000")
            members["network"] = .string("00000")
        }
        return .object(members)
    }
}
