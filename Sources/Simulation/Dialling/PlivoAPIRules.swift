import Call
import Wire

/// The parameters that Plivo documents.
enum PlivoAPIRules {
    private static let web = FieldKind.url(["http", "https"], longest: 2_048)
    private static let method = FieldKind.word(["GET", "POST"])
    private static let text = FieldKind.text(0...4_000)
    private static let whole = FieldKind.looseInteger(0...86_400)
    private static let page: [String: FieldKind] = ["limit": .integer(1...20), "offset": .integer(0...1_000_000)]

    /// Of numbers: this double dials one, no SIP endpoint and no list.
    static let create = FieldRules(
        [
            "from": .digits, "to": .digits, "answer_url": web, "answer_method": method, "ring_url": web, "ring_method": method,
            "hangup_url": web, "hangup_method": method, "fallback_url": web, "fallback_method": method,
            "callback_url": web, "callback_method": method, "caller_name": .text(0...50), "send_digits": text,
            "send_on_preanswer": .either([.flag, .word(["true", "false"])]), "time_limit": whole, "hangup_on_ring": whole,
            "machine_detection": .word(["true", "hangup"]), "machine_detection_time": .looseInteger(2_000...10_000),
            "machine_detection_url": web, "machine_detection_method": method,
            "machine_detection_maximum_speech_length": .looseInteger(1_000...6_000),
            "machine_detection_initial_silence": .looseInteger(2_000...10_000),
            "machine_detection_maximum_words": .looseInteger(2...10),
            "machine_detection_initial_greeting": .looseInteger(1_000...5_000),
            "machine_detection_silence": .looseInteger(400...4_000), "sip_headers": text, "ring_timeout": whole,
            "parent_call_uuid": text, "error_if_parent_not_found": .flag,
        ], required: ["from", "to", "answer_url"])

    /// `bleg` and `both` need a second leg, which no call here has.
    static let move = FieldRules(["legs": .word(["aleg"]), "aleg_url": web, "aleg_method": method])

    private static let times = Dictionary(
        uniqueKeysWithValues: ["end_time", "bill_duration"].flatMap { name in
            ["", "__lt", "__lte", "__gt", "__gte"].map { (name + $0, FieldKind.text(1...32)) }
        })
    static let finished = FieldRules(
        page.merging(times) { a, _ in a }.merging([
            "subaccount": text, "call_direction": .word(["inbound", "outbound"]), "from_number": .digits, "to_number": .digits,
            "parent_call_uuid": text, "hangup_cause_code": .integer(0...99_999), "hangup_source": text,
        ]) { a, _ in a })
    static let live = FieldRules(
        page.merging([
            "status": .word(["live"]), "call_direction": .word(["inbound", "outbound"]), "from_number": .digits,
            "to_number": .digits,
        ]) { a, _ in a }, required: ["status"])
    static let queued = FieldRules(page.merging(["status": .word(["queued"])]) { a, _ in a }, required: ["status"])
    static let look = FieldRules(["status": .word(["live", "queued"])])

    /// Whether a finished call passes the field, if it is a filter by its end. Times are UTC.
    static func admits(_ call: PlacedCall, _ field: FormEncoding.Field, _ desk: APIDesk) -> Bool {
        guard field.name.hasPrefix("end_time"), let end = call.endedAt else { return true }
        let own = WallTime.plainText(milliseconds: desk.milliseconds(end)).prefix(field.value.count)
        let bound = field.value.prefix(19)
        switch field.name {
        case "end_time__lt": return own < bound
        case "end_time__lte": return own <= bound
        case "end_time__gt": return own > bound
        case "end_time__gte": return own >= bound
        default: return own == bound
        }
    }
}

/// Plivo's spellings.
extension PlivoAPI {
    func refusal(_ status: Int, _ words: String, _ desk: APIDesk) -> APIRefusal {
        APIRefusal(response: .json(status, .object(["api_id": .string(desk.answerID), "error": .string(words)])))
    }

    func notFound(_ desk: APIDesk) -> APIRefusal { refusal(404, "not found", desk) }

    func refusal(_ fault: FieldFault, _ desk: APIDesk) -> APIRefusal {
        let path = fault.path.drop { $0 == "/" }
        switch (fault.name, fault.reason) {
        case (_, .missing): return refusal(400, "\(path) parameter not present", desk)
        case ("to", _): return refusal(400, "to parameter is not valid: it \(fault.words)", desk)
        default: return refusal(400, "\(path) parameter is not valid: it \(fault.words)", desk)
        }
    }

    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse {
        refusal(status, status == 429 ? "too many requests, rate limited" : "server error", desk).response
    }

    /// Of *Hangup causes and sources*.
    static func cause(_ call: PlacedCall) -> (code: String, name: String, source: String) {
        switch call.end {
        case .completed?, nil:
            ("4000", "Normal Hangup", call.isHungUpByAPI ? "API Request" : call.isTimedOut ? "Plivo" : "Callee")
        case .busy?: ("3010", "Busy Line", "Callee")
        case .noAnswer?: ("6010", "Ring Timeout Reached", "Plivo")
        case .rejected?: ("3020", "Rejected", "Callee")
        case .failed?: ("2000", "Invalid Destination Address", "Plivo")
        case .canceled?: ("1000", "Cancelled", "API Request")
        case .machine?: ("9100", "Machine Detected", "Plivo")
        }
    }

    // MARK: callbacks

    private func fields(_ call: PlacedCall, _ status: String, _ event: String) -> [FormEncoding.Field] {
        [
            .init("CallUUID", call.id), .init("RequestUUID", call.id), .init("ALegUUID", call.id),
            .init("ALegRequestUUID", call.id), .init("From", String(call.order.from.drop { $0 == "+" })),
            .init("To", String(call.order.to.drop { $0 == "+" })), .init("Direction", "outbound"), .init("CallStatus", status),
            .init("Event", event), .init("ParentAuthID", call.order.account),
        ]
    }

    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback? {
        guard let target = call.order.callbacks[turn.kind] else { return nil }
        func time(_ moment: Moment?) -> String {
            moment.map { WallTime.plainText(milliseconds: desk.milliseconds($0)) } ?? ""
        }
        switch turn {
        case .initiated, .answered: return nil
        case .ringing: return APICallback(target, .fields(.form(fields(call, "ringing", "Ring"))))
        case .heard(let verdict):
            // Only machines are told.
            guard verdict == .machine else { return nil }
            let more: [FormEncoding.Field] = [
                .init("Machine", "true"), .init("IfMachine", call.order.endsMachine ? "hangup" : "continue"),
            ]
            return APICallback(target, .fields(.form(fields(call, "in-progress", "MachineDetection") + more)))
        case .ended:
            let status: String =
                switch call.end {
                case .completed?, .machine?, nil: "completed"
                case .busy?, .rejected?: "busy"
                case .noAnswer?: "no-answer"
                case .failed?: "failed"
                case .canceled?: "cancel"
                }
            let cause = Self.cause(call), seconds = String(call.seconds(until: desk.now))
            let more: [FormEncoding.Field] = [
                .init("HangupCauseCode", cause.code), .init("HangupCauseName", cause.name), .init("HangupSource", cause.source),
                .init("HangupCause", cause.code == "4000" ? "NORMAL_CLEARING" : cause.name.uppercased()),
                .init("Duration", seconds), .init("BillDuration", seconds), .init("SessionStart", time(call.placedAt)),
                .init("StartTime", time(call.placedAt)), .init("AnswerTime", time(call.answeredAt)),
                .init("EndTime", time(call.endedAt)),
            ]
            return APICallback(target, .fields(.form(fields(call, status, "Hangup") + more)))
        }
    }

    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback {
        APICallback(target, .fields(.form(fields(call, "in-progress", "StartApp"))))
    }
}
