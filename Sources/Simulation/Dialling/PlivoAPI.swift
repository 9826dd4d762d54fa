import Call
import Wire

/// Plivo's calls over REST.
///
/// Sources: Plivo, *Call API* (make a call, retrieve all calls, live and queued calls, hang up, cancel a request), *Voice API overview*
/// (status codes, pages of at most 20), Python SDK 4.63, *XML request*, *Dial status reporting*, *Hangup causes*.
struct PlivoAPI: ProviderAPI {
    var provider: PlayedProvider { .plivo }

    func owns(_ path: Substring) -> Bool { path.hasPrefix("/v1/Account/") }
    func creates(_ path: Substring) -> Bool { path.hasSuffix("/Call/") }

    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        let path = Array(request.segments.dropFirst(2)), known = desk.credentials
        guard let account = path.first, let basic = request.basic, basic.user == account, known.plivoID.admits(account),
            known.plivoToken.admits(basic.password)
        else {
            // The one answer of Plivo's that is no JSON.
            throw APIRefusal(
                response: HTTPResponse(
                    status: 401, headers: ["content-type": "text/html", "www-authenticate": "Basic realm=\"Plivo\""],
                    body: Array("Could not verify your access level for that URL.".utf8)))
        }
        // The slash at the end belongs to each path.
        guard path.last?.isEmpty == true else { throw refusal(404, "not found: the path ends with a slash", desk) }
        switch (path[1], path.count) {
        case ("Call", 3):
            switch request.method {
            case "POST": return .place(try order(request, account, desk))
            case "GET": return .answer(try list(request, account, desk))
            default: throw refusal(405, "method not allowed", desk)
            }
        case ("Call", 4):
            let index = desk.index(path[2], of: .plivo)
            switch request.method {
            case "GET": return .answer(try look(request, index, desk))
            case "POST": return try move(request, index, desk)
            case "DELETE":
                // What is not answered yet is a request.
                guard let index, !desk.calls[index].isOver, desk.calls[index].rangAt != nil else { throw notFound(desk) }
                return .end(index, HTTPResponse(status: 204))
            default: throw refusal(405, "method not allowed", desk)
            }
        case ("Request", 4):
            guard request.method == "DELETE" else { throw refusal(405, "method not allowed", desk) }
            guard let index = desk.index(path[2], of: .plivo), !desk.calls[index].isOver, desk.calls[index].answeredAt == nil else {
                throw notFound(desk)
            }
            return .end(index, HTTPResponse(status: 204))
        default: throw notFound(desk)
        }
    }

    /// Takes the A leg to another document; calls here have no other leg.
    private func move(_ request: APIRequest, _ index: Int?, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        guard request.mediaType == "application/json", let body = try? JSONValue(parsing: request.body) else {
            throw refusal(400, "send a JSON object, Content-Type application/json", desk)
        }
        do throws(FieldFault) { try PlivoAPIRules.move.check(body) } catch { throw refusal(error, desk) }
        guard let index, !desk.calls[index].isOver, desk.calls[index].answeredAt != nil else { throw notFound(desk) }
        guard let url = body["aleg_url"]?.string else { throw refusal(FieldFault("/aleg_url", .missing), desk) }
        let target = StreamOrder.Callback(url: url, method: body["aleg_method"]?.string == "GET" ? .get : .post)
        let answer = JSONValue.object([
            "message": .string("call transferred"), "call_uuids": .array([.string(desk.calls[index].id)]),
            "api_id": .string(desk.answerID),
        ])
        return .move(index, MoveOrder(target: .document(target)), .json(202, answer))
    }

    // MARK: create

    private func order(_ request: APIRequest, _ account: String, _ desk: APIDesk) throws(APIRefusal) -> PlaceOrder {
        guard request.mediaType == "application/json", let body = try? JSONValue(parsing: request.body) else {
            throw refusal(400, "send a JSON object, Content-Type application/json", desk)
        }
        do throws(FieldFault) { try PlivoAPIRules.create.check(body) } catch { throw refusal(error, desk) }
        func target(_ name: String) -> StreamOrder.Callback? {
            body["\(name)_url"]?.string.map { .init(url: $0, method: body["\(name)_method"]?.string == "GET" ? .get : .post) }
        }
        let to = body["to"]?.string ?? "", from = body["from"]?.string ?? ""
        guard to.drop(while: { $0 == "+" }) != from.drop(while: { $0 == "+" }) else {
            throw refusal(400, "src and destination cannot overlap", desk)
        }
        guard let answer = target("answer") else { throw refusal(FieldFault("/answer_url", .missing), desk) }
        var order = PlaceOrder(to: to, from: from, account: account, opening: .document(answer))
        order.callbacks[.ringing] = target("ring")
        // Without an address of its own the end is told where the answer was.
        order.callbacks[.ended] = target("hangup") ?? answer
        func seconds(_ name: String) -> Duration? {
            (body[name]?.number ?? body[name]?.string.flatMap { Double($0) }).map { .seconds($0) }
        }
        order.ringTimeout = seconds("ring_timeout") ?? .seconds(120)
        order.timeLimit = seconds("time_limit") ?? .seconds(14_400)
        if let detection = body["machine_detection"]?.string {
            order.detection = .start
            order.endsMachine = detection == "hangup"
            order.callbacks[.machine] = target("machine_detection")
        }
        return order
    }

    /// For one number `request_uuid` is the id that the call then has.
    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse {
        .json(
            201,
            .object([
                "message": .string("call fired"), "request_uuid": .string(call.id), "api_id": .string(desk.answerID),
            ]))
    }

    // MARK: look up

    private func isQueued(_ call: PlacedCall) -> Bool { !call.isOver && call.rangAt == nil }
    private func isLive(_ call: PlacedCall) -> Bool { !call.isOver && call.rangAt != nil }

    private func list(_ request: APIRequest, _ account: String, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
        let status = value("status")
        let rules: FieldRules =
            switch status {
            case nil: PlivoAPIRules.finished
            case "live"?: PlivoAPIRules.live
            default: PlivoAPIRules.queued
            }
        do throws(FieldFault) { try rules.check(fields) } catch { throw refusal(error, desk) }
        let limit = value("limit").flatMap { Int($0) } ?? 20, offset = value("offset").flatMap { Int($0) } ?? 0
        func bare(_ number: String) -> Substring { number.drop { $0 == "+" } }
        let found = desk.listed(.plivo).filter { call in
            let isOfKind = status == nil ? call.isOver : status == "live" ? isLive(call) : isQueued(call)
            // A number or the beginning of one.
            return isOfKind && call.order.account == account
                && (value("to_number").map { bare(call.order.to).hasPrefix(bare($0)) } ?? true)
                && (value("from_number").map { bare(call.order.from).hasPrefix(bare($0)) } ?? true)
                && (value("call_direction").map { $0 == "outbound" } ?? true)
                && (value("hangup_cause_code").map { $0 == Self.cause(call).code } ?? true)
                && fields.allSatisfy { PlivoAPIRules.admits(call, $0, desk) }
        }
        let page = found.dropFirst(offset).prefix(limit)
        guard status == nil else {
            return .json(200, .object(["api_id": .string(desk.answerID), "calls": .array(page.map { .string($0.id) })]))
        }
        let next: JSONValue =
            found.count > offset + limit
            ? .string("/v1/Account/\(account)/Call/?limit=\(limit)&offset=\(offset + limit)") : .null
        return .json(
            200,
            .object([
                "api_id": .string(desk.answerID), "objects": .array(page.map { finished($0, desk) }),
                "meta": .object([
                    "limit": .whole(limit), "offset": .whole(offset), "total_count": .whole(found.count), "next": next,
                    "previous": .null,
                ]),
            ]))
    }

    private func look(_ request: APIRequest, _ index: Int?, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try PlivoAPIRules.look.check(fields) } catch { throw refusal(error, desk) }
        let status = fields.first { $0.name == "status" }?.value
        guard let index else { throw notFound(desk) }
        let call = desk.calls[index]
        switch status {
        case nil where call.isOver: return .json(200, finished(call, desk))
        case "live"? where isLive(call), "queued"? where isQueued(call): break
        default: throw notFound(desk)
        }
        let word = call.answeredAt != nil ? "in-progress" : call.rangAt != nil ? "ringing" : "queued"
        return .json(
            200,
            .object([
                "api_id": .string(desk.answerID), "call_uuid": .string(call.id), "request_uuid": .string(call.id),
                "call_status": .string(word), "caller_name": .string(""), "direction": .string("outbound"),
                "from": .string(call.order.from), "to": .string(String(call.order.to.drop { $0 == "+" })),
                "session_start": .string(WallTime.plainText(milliseconds: desk.milliseconds(call.placedAt)) + ".000000"),
            ]))
    }

    private func finished(_ call: PlacedCall, _ desk: APIDesk) -> JSONValue {
        func time(_ moment: Moment?) -> JSONValue {
            .text(moment.map { WallTime.plainText(milliseconds: desk.milliseconds($0)) + "+00:00" })
        }
        let seconds = JSONValue.whole(call.seconds(until: desk.now))
        let cause = Self.cause(call)
        return .object([
            "call_uuid": .string(call.id), "call_direction": .string("outbound"), "from_number": .string(call.order.from),
            "to_number": .string(String(call.order.to.drop { $0 == "+" })), "initiation_time": time(call.placedAt),
            "answer_time": time(call.answeredAt), "end_time": time(call.endedAt), "call_duration": seconds,
            "bill_duration": seconds, "billed_duration": seconds, "total_amount": .string("0.00000"),
            "total_rate": .string("0.00850"), "parent_call_uuid": .null, "hangup_cause_code": .whole(Int(cause.code) ?? 0),
            "hangup_cause_name": .string(cause.name), "hangup_source": .string(cause.source),
            "resource_uri": .string("/v1/Account/\(call.order.account)/Call/\(call.id)/"),
        ])
    }
}
