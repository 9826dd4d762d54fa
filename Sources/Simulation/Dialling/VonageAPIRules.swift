import Call
import Wire

/// The parameters that Vonage documents.
enum VonageAPIRules {
    private static let web = FieldKind.url(["http", "https"], longest: 2_048)
    private static let socket = FieldKind.url(["ws", "wss"], longest: 2_048)
    private static let method = FieldKind.word(["GET", "POST"])
    /// Of endpoints: this double dials phones only.
    private static let to = FieldRules(
        ["type": .word(["phone"]), "number": .number(7...15), "dtmfAnswer": .text(1...64)], required: ["type", "number"])
    private static let from = FieldRules(["type": .word(["phone"]), "number": .number(3...15)], required: ["type", "number"])
    private static let detection = FieldRules([
        "behavior": .word(["continue", "hangup"]), "mode": .word(["default", "detect", "detect_beep"]),
        "beep_timeout": .integer(45...120),
    ])
    private static let endpoint = FieldRules(
        [
            "type": .word(["websocket"]), "uri": socket,
            "content-type": .word(["audio/l16;rate=8000", "audio/l16;rate=16000", "audio/l16;rate=24000"]), "headers": .members,
            "authorization": .object(
                FieldRules(["type": .word(["vonage", "custom"]), "value": .text(1...4_000)], required: ["type"])),
        ], required: ["type", "uri", "content-type"])
    /// Of actions: this double knows `connect` to a websocket.
    private static let action = FieldRules(
        [
            "action": .word(["connect"]), "endpoint": .array(.object(endpoint), 1...1), "from": .number(3...15),
            "randomFromNumber": .flag, "eventType": .word(["synchronous"]), "timeout": .integer(1...120),
            "limit": .integer(1...7_200), "machineDetection": .word(["continue", "hangup"]),
            "advancedMachineDetection": .object(detection), "eventUrl": .array(web, 1...1), "eventMethod": method,
            "ringbackTone": web,
        ], required: ["action", "endpoint"])

    static let create = FieldRules(
        [
            "to": .array(.object(to), 1...1), "from": .object(from), "random_from_number": .flag,
            "ncco": .array(.object(action), 1...20), "answer_url": .array(web, 1...1), "answer_method": method,
            "event_url": .array(web, 1...1), "event_method": method, "machine_detection": .word(["continue", "hangup"]),
            "advanced_machine_detection": .object(detection), "length_timer": .integer(1...7_200),
            "ringing_timer": .integer(1...120),
        ], required: ["to"])

    /// `connect` to a telephone, in an NCCO that a document holds.
    static let connectPhone = FieldRules(
        [
            "action": .word(["connect"]),
            "endpoint": .array(
                .object(FieldRules(["type": .word(["phone"]), "number": .number(7...15)], required: ["type", "number"])), 1...1),
            "from": .number(7...15), "randomFromNumber": .flag, "eventType": .word(["synchronous"]), "timeout": .integer(1...120),
            "limit": .integer(1...7_200), "eventUrl": .array(web, 1...1), "eventMethod": method, "ringbackTone": web,
        ], required: ["action", "endpoint"])

    static let transfer = FieldRules(
        [
            "action": .word(["transfer"]),
            "destination": .object(
                FieldRules(
                    ["type": .word(["ncco"]), "url": .array(web, 1...1), "ncco": .array(.object(action), 1...20)],
                    required: ["type"])),
        ], required: ["action", "destination"])

    static let hangUp = FieldRules(["action": .word(["hangup"])], required: ["action"])

    private static let date = FieldKind.text(19...35)
    static let list = FieldRules([
        "status": .word([
            "started", "ringing", "answered", "machine", "completed", "busy", "cancelled", "failed", "rejected", "timeout",
            "unanswered",
        ]), "date_start": date, "date_end": date, "page_size": .integer(1...100), "record_index": .integer(0...1_000_000),
        "order": .word(["asc", "desc"]), "conversation_uuid": .text(1...64),
    ])
}

/// The token by which an application proves itself: a JSON Web Token, RS256 (RFC 7515).
enum VonageProof {
    /// How far a token's times may lie from the clock. Units: seconds.
    private static let tolerance = 300.0

    /// - Returns: the id of the application.
    static func application(of request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> String {
        let wrong = VonageAPI.refusal(
            401, "unauthorized", "Unauthorized", "You did not provide correct credentials: the token is missing or is not valid",
            desk)
        guard let token = request.bearer else { throw wrong }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 3, let header = object(parts[0]), let claims = object(parts[1]), header["alg"]?.string == "RS256",
            let application = claims["application_id"]?.string, desk.credentials.vonageApplication.admits(application),
            let issued = claims["iat"]?.number, claims["jti"]?.string?.isEmpty == false,
            let signature = Base64.lenientBytes(parts[2]), !signature.isEmpty
        else { throw wrong }
        let now = Double(desk.milliseconds) / 1_000
        guard abs(issued - now) <= tolerance, claims["exp"]?.number.map({ $0 > now }) ?? true else { throw wrong }
        if let key = desk.credentials.vonagePrivateKey {
            // PKCS#1 v1.5 signs the same text the same way each time.
            let own = desk.cryptography.rsaSHA256Sign(Array("\(parts[0]).\(parts[1])".utf8), privateKeyPEM: key)
            guard own == signature else { throw wrong }
        }
        return application
    }

    private static func object(_ part: String) -> JSONValue? {
        guard let bytes = Base64.lenientBytes(part), let value = try? JSONValue(parsing: bytes), case .object = value else {
            return nil
        }
        return value
    }
}

/// Vonage's spellings.
extension VonageAPI {
    static func json(_ request: APIRequest, _ desk: APIDesk) throws(APIRefusal) -> JSONValue {
        guard request.mediaType == "application/json", let value = try? JSONValue(parsing: request.body), case .object = value
        else {
            throw refusal(400, "invalid-json", "Bad Request", "The request body must be a JSON object", desk)
        }
        return value
    }

    /// RFC 7807, as the page *API errors* shows it.
    static func refusal(
        _ status: Int, _ code: String, _ title: String, _ detail: String, _ desk: APIDesk, _ more: [String: JSONValue] = [:]
    ) -> APIRefusal {
        let members: [String: JSONValue] = [
            "type": .string("https://developer.vonage.com/api-errors#\(code)"), "title": .string(title), "detail": .string(detail),
            "instance": .string(desk.answerID),
        ]
        return APIRefusal(
            response: .json(status, .object(members.merging(more) { a, _ in a }), type: "application/problem+json"))
    }

    static func notFound(_ desk: APIDesk) -> APIRefusal {
        refusal(404, "not-found", "Not Found", "The requested resource does not exist, or you do not have access to it", desk)
    }

    static func refusal(_ fault: FieldFault, _ desk: APIDesk) -> APIRefusal {
        // `/to/0/number` is `to[0].number`.
        var name = ""
        for part in fault.path.split(separator: "/") {
            name += Int(part) != nil ? "[\(part)]" : name.isEmpty ? String(part) : ".\(part)"
        }
        return refusal(
            400, "invalid-params", "Bad Request", "The value of one or more parameters is invalid: \(name) \(fault.words)", desk,
            ["invalid_parameters": .array([.object(["name": .string(name), "reason": .string(fault.words)])])])
    }

    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse {
        status == 429
            ? Self.refusal(429, "throttled", "Too Many Requests", "You have exceeded the rate limit", desk).response
            : Self.refusal(status, "internal-error", "Internal Server Error", "Something went wrong", desk).response
    }

    // MARK: callbacks

    private func fields(_ call: PlacedCall) -> [FormEncoding.Field] {
        [
            .init("from", call.order.from), .init("to", call.order.to), .init("uuid", call.id),
            .init("conversation_uuid", "CON-\(call.secondID)"),
        ]
    }

    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback? {
        guard let target = call.order.callbacks[turn.kind] else { return nil }
        var fields = fields(call)
        func add(_ name: String, _ value: String) { fields.append(.init(name, value)) }
        switch turn {
        case .initiated: add("status", "started")
        case .ringing: add("status", "ringing")
        case .answered: add("status", "answered")
        case .heard(let verdict):
            guard verdict != .beep || call.order.detection == .end else { return nil }
            add("status", verdict == .human ? "human" : "machine")
            add("call_uuid", call.id)
            if verdict == .beep { add("sub_state", "beep_start") }
        case .ended:
            add("status", Self.status(call))
            if call.end == .completed || call.end == .machine {
                add("duration", String(call.seconds(until: desk.now)))
                add("rate", "0.00000000")
                add("price", "0.00000000")
                add("network", "00000")
            }
            switch call.end {
            case .rejected?: add("detail", "declined")
            case .failed?: add("detail", "cannot_route")
            case .noAnswer?: add("detail", "timeout")
            default: break
            }
        }
        add("direction", "outbound")
        add("timestamp", String(WallTime.text(milliseconds: desk.milliseconds).dropLast(4)) + "Z")
        return APICallback(target, .fields(.json(fields)))
    }

    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback {
        let more: [FormEncoding.Field] = [
            .init("endpoint_type", "phone"), .init("region_url", "https://api-eu-1.vonage.com"),
        ]
        return APICallback(target, .fields(.json(fields(call) + more)))
    }
}
