import Audio
import Call
import Wire

/// Telnyx's Call Control over REST.
///
/// Sources: Telnyx, API reference and Python SDK 4.189: *Dial*, *Hang up call*, *Retrieve a call status*, *List all active calls for given
/// connection*, *List call events*, the callback pages *call initiated*, *call answered*, *call hangup*, *machine detection ended*.
struct TelnyxAPI: ProviderAPI {
    var provider: PlayedProvider { .telnyx }

    func owns(_ path: Substring) -> Bool { path.hasPrefix("/v2/") }
    func creates(_ path: Substring) -> Bool { path == "/v2/calls" }

    func wish(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> APIWish {
        guard let key = request.bearer, desk.credentials.telnyxKey.admits(key) else {
            throw Self.refusal(
                401, "10009", "Authentication failed", "The required authentication headers were invalid or missing.")
        }
        let path = Array(request.segments.dropFirst())
        switch (path.first, path.count) {
        case ("calls", 1):
            guard request.method == "POST" else { throw Self.wrongMethod }
            return .place(try order(request, desk))
        case ("calls", 2):
            guard request.method == "GET" else { throw Self.wrongMethod }
            let call = desk.calls[try index(path[1], desk)]
            return .answer(.json(200, .object(["data": status(call, desk)])))
        case ("calls", 4) where path[2] == "actions" && path[3] == "hangup":
            guard request.method == "POST" else { throw Self.wrongMethod }
            let body = try Self.json(request)
            do throws(FieldFault) { try TelnyxAPIRules.hangUp.check(body) } catch { throw Self.refusal(error) }
            let index = try index(path[1], desk)
            guard !desk.calls[index].isOver else {
                throw Self.refusal(
                    422, "90018", "Call has already ended", "This call is no longer active and can't receive commands.")
            }
            return .end(index, .json(200, .object(["data": .object(["result": .string("ok")])])))
        case ("calls", 4) where path[2] == "actions" && (path[3] == "transfer" || path[3] == "send_dtmf"):
            guard request.method == "POST" else { throw Self.wrongMethod }
            let index = try index(path[1], desk)
            guard !desk.calls[index].isOver else {
                throw Self.refusal(
                    422, "90018", "Call has already ended", "This call is no longer active and can't receive commands.")
            }
            guard desk.calls[index].answeredAt != nil else {
                throw Self.refusal(422, "90034", "Call not answered yet", "This call can't receive this command yet.")
            }
            let body = try Self.json(request)
            let done = HTTPResponse.json(200, .object(["data": .object(["result": .string("ok")])]))
            do throws(FieldFault) {
                if path[3] == "send_dtmf" {
                    try TelnyxAPIRules.sendKeys.check(body)
                    return .keys(index, body["digits"]?.string ?? "", done)
                }
                try TelnyxAPIRules.transfer.check(body)
            } catch { throw Self.refusal(error) }
            func seconds(_ name: String, _ usual: Int) -> Duration { .seconds(body[name]?.number ?? Double(usual)) }
            let own = desk.calls[index].order.callbacks[.answered]?.url
            let order = BridgeOrder(
                number: body["to"]?.string ?? "", timeout: seconds("timeout_secs", 30), limit: seconds("time_limit_secs", 14_400),
                target: .init(url: body["webhook_url"]?.string ?? own ?? "", method: .post),
                state: body["target_leg_client_state"]?.string)
            return .bridge(index, order, done)
        // TeXML calls have not been placed here: a Call Control call is none.
        case ("texml", 5) where path[1] == "Accounts" && path[3] == "Calls": throw Self.notFound
        case ("connections", 3) where path[2] == "active_calls":
            guard request.method == "GET" else { throw Self.wrongMethod }
            return .answer(try activeCalls(request, path[1], desk))
        case ("call_events", 1):
            guard request.method == "GET" else { throw Self.wrongMethod }
            return .answer(try events(request, desk))
        default: throw Self.notFound
        }
    }

    private func index(_ id: String, _ desk: APIDesk) throws(APIRefusal) -> Int {
        guard let index = desk.index(id, of: .telnyx) else {
            throw Self.refusal(422, "90015", "Invalid Call Control ID", "The call_control_id provided was not valid.")
        }
        return index
    }

    private func order(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> PlaceOrder {
        let body = try Self.json(request)
        do throws(FieldFault) { try TelnyxAPIRules.dial.check(body) } catch { throw Self.refusal(error) }
        let connection = body["connection_id"]?.string ?? ""
        guard desk.credentials.telnyxConnection.admits(connection) else {
            throw Self.refusal(
                422, "10015", "Invalid value for connection_id (Call Control App ID)",
                "The requested connection_id (Call Control App ID) is either invalid or does not exist.", "/connection_id")
        }
        let url = body["stream_url"]?.string
        if let url, let address = WebAddress(url), address.scheme == "ws", !address.isLoopback {
            throw Self.refusal(FieldFault("/stream_url", .value("a wss URL")))
        }
        let opening: PlaceOrder.Opening? = url.map { .stream(Self.stream($0, body)) }
        var order = PlaceOrder(
            to: body["to"]?.string ?? "", from: body["from"]?.string ?? "", account: connection, opening: opening)
        func seconds(_ name: String) -> Duration? { body[name]?.number.map { .seconds($0) } }
        order.ringTimeout = seconds("timeout_secs") ?? .seconds(30)
        order.timeLimit = seconds("time_limit_secs") ?? .seconds(14_400)
        order.reference = body["client_state"]?.string
        if let webhook = body["webhook_url"]?.string {
            let target = StreamOrder.Callback(url: webhook, method: body["webhook_url_method"]?.string == "GET" ? .get : .post)
            for kind in [CallTurn.Kind.initiated, .answered, .machine, .ended] { order.callbacks[kind] = target }
        }
        switch body["answering_machine_detection"]?.string {
        case "greeting_end"?, "detect_beep"?, "detect_words"?: order.detection = .end
        case "detect"?, "premium"?: order.detection = .start
        default: break
        }
        return order
    }

    /// What the stream fields ask for; what they leave out has Telnyx's default. Modes and legs at which the callee hears nothing are told.
    private static func stream(_ url: String, _ body: JSONValue) -> StreamOrder {
        let rate = body["stream_bidirectional_sampling_rate"]?.number.flatMap { SampleRate(hertz: Int($0)) } ?? .hz8000
        let outbound: MediaFormat =
            switch body["stream_bidirectional_codec"]?.string {
            case "PCMA"?: MediaFormat(.aLaw, .hz8000)
            case "L16"?: MediaFormat(.linear16, rate)
            default: .muLaw8000
            }
        let inbound: MediaFormat =
            switch body["stream_codec"]?.string {
            case "PCMA"?: MediaFormat(.aLaw, .hz8000)
            case "L16"?: MediaFormat(.linear16, .hz16000)
            default: .muLaw8000
            }
        var order = StreamOrder(url: url, inbound: inbound, outbound: outbound)
        if let token = body["stream_auth_token"]?.string { order.headers = [("x-telnyx-streaming-auth-token", Secret(token))] }
        if body["stream_bidirectional_mode"]?.string != "rtp" {
            order.unheard = Complaint("stream_bidirectional_mode is not rtp: what is sent is taken for MP3 files")
        } else if body["stream_bidirectional_target_legs"]?.string ?? "opposite" == "opposite" {
            order.unheard = Complaint(
                "stream_bidirectional_target_legs is opposite: a dialled call has one leg, which hears nothing")
        }
        return order
    }

    func placed(_ call: PlacedCall, _ desk: APIDesk) -> HTTPResponse {
        var data = ids(call)
        data["is_alive"] = .bool(false)
        data["record_type"] = .string("call")
        return .json(200, .object(["data": .object(data)]))
    }

    // MARK: look up

    private func status(_ call: PlacedCall, _ desk: APIDesk) -> JSONValue {
        var data = ids(call)
        data["is_alive"] = .bool(!call.isOver)
        data["record_type"] = .string("call")
        data["call_duration"] = .whole(call.seconds(until: desk.now))
        data["start_time"] = .string(WallTime.text(milliseconds: desk.milliseconds(call.placedAt)))
        if let end = call.endedAt { data["end_time"] = .string(WallTime.text(milliseconds: desk.milliseconds(end))) }
        return .object(data)
    }

    private func activeCalls(_ request: APIRequest, _ connection: String, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try TelnyxAPIRules.activeCalls.check(fields) } catch { throw Self.refusal(error) }
        let (limit, after) = TelnyxAPIRules.cursor(fields)
        let found = desk.listed(.telnyx).filter { !$0.isOver && $0.order.account == connection }
        let entries = found.dropFirst(after).prefix(limit).map { call -> JSONValue in
            var data = ids(call)
            data["call_duration"] = .whole(call.seconds(until: desk.now))
            data["record_type"] = .string("call")
            return .object(data)
        }
        let next: JSONValue = after + entries.count < found.count ? .string(String(after + entries.count)) : .null
        let meta: JSONValue = .object([
            "total_items": .whole(found.count), "cursors": .object(["after": next, "before": .null]), "next": next,
            "previous": .null,
        ])
        return .json(200, .object(["data": .array(entries), "meta": meta]))
    }

    /// Ordered by time; of the last day. Events name no `client_state`.
    private func events(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> HTTPResponse {
        let fields = (try? request.query()) ?? []
        do throws(FieldFault) { try TelnyxAPIRules.callEvents.check(fields) } catch { throw Self.refusal(error) }
        guard fields.filter({ $0.name.hasPrefix("filter[occurred_at]") }).count <= 1 else {
            throw Self.refusal(FieldFault("filter[occurred_at]", .repeated))
        }
        func value(_ name: String) -> String? { fields.last { $0.name == "filter[\(name)]" }?.value }
        let (size, number) = TelnyxAPIRules.page(fields)
        var found: [(at: Int64, JSONValue)] = []
        for call in desk.listed(.telnyx) {
            guard value("connection_id").map({ $0 == call.order.account }) ?? true,
                value("to").map({ $0 == call.order.to }) ?? true, value("from").map({ $0 == call.order.from }) ?? true,
                value("leg_id").map({ $0 == call.secondID }) ?? true
            else { continue }
            let turns: [(String, Moment?)] = [
                ("call.initiated", call.placedAt), ("call.answered", call.answeredAt), ("call.hangup", call.endedAt),
            ]
            for (name, moment) in turns {
                guard let moment, value("name").map({ $0 == name }) ?? true else { continue }
                let at = desk.milliseconds(moment), time = WallTime.text(milliseconds: at)
                guard fields.allSatisfy({ TelnyxAPIRules.admits(time, $0) }) else { continue }
                let entry: JSONValue = .object([
                    "record_type": .string("call_event"), "call_leg_id": .string(call.secondID),
                    "call_session_id": .string(call.secondID), "event_timestamp": .string(time), "name": .string(name),
                    "type": .string("webhook"), "metadata": .object([:]),
                ])
                found.append((at, entry))
            }
        }
        found.sort { $0.at < $1.at }
        let entries = found.dropFirst((number - 1) * size).prefix(size).map(\.1)
        let meta: JSONValue = .object([
            "total_pages": .whole((found.count + size - 1) / size), "total_results": .whole(found.count),
            "page_number": .whole(number), "page_size": .whole(size),
        ])
        return .json(200, .object(["data": .array(Array(entries)), "meta": meta]))
    }

    func ids(_ call: PlacedCall) -> [String: JSONValue] {
        var ids: [String: JSONValue] = [
            "call_control_id": .string(call.id), "call_leg_id": .string(call.secondID), "call_session_id": .string(call.secondID),
        ]
        if let state = call.order.reference { ids["client_state"] = .string(state) }
        return ids
    }
}
