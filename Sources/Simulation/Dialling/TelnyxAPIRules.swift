import Call
import Wire

/// The parameters that Telnyx documents.
enum TelnyxAPIRules {
    private static let socket = FieldKind.url(["ws", "wss"], longest: 2_048)
    private static let web = FieldKind.url(["http", "https"], longest: 2_048)
    private static let text = FieldKind.text(1...4_000)
    private static let codecs: Set = ["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"]

    /// Of numbers: this double dials one number, no SIP address and no list.
    static let dial = FieldRules(
        [
            "connection_id": .text(1...64), "to": .e164, "from": .e164, "from_display_name": .text(0...128), "audio_url": web,
            "answering_machine_detection": .word(["premium", "detect", "detect_beep", "detect_words", "greeting_end", "disabled"]),
            "answering_machine_detection_config": .members, "assistant": .members, "billing_group_id": text, "bridge_intent": .flag,
            "bridge_on_answer": .flag, "client_state": .base64, "command_id": text, "conference_config": .members,
            "conversation_relay_config": .members, "custom_headers": .entries, "deepfake_detection": .members,
            "dialogflow_config": .members,
            "enable_dialogflow": .flag, "link_to": text, "media_encryption": .word(["disabled", "SRTP", "DTLS"]),
            "media_name": text, "park_after_unbridge": text, "preferred_codecs": text, "prevent_double_bridge": .flag,
            "privacy": .word(["id", "none"]), "record": .word(["record-from-answer"]),
            "record_channels": .word(["single", "dual"]),
            "record_custom_file_name": text, "record_format": .word(["wav", "mp3"]), "record_max_length": .integer(0...43_200),
            "record_timeout_secs": .integer(0...86_400), "record_track": .word(["both", "inbound", "outbound"]),
            "record_trim": .word(["trim-silence"]), "retry_on_timeout": .flag, "route_to_mobile": .flag,
            "send_digits_on_answer": .text(0...64), "send_silence_when_idle": .flag, "sip_auth_password": text,
            "sip_auth_username": text, "sip_headers": .entries,
            "sip_region": .word(["US", "Europe", "Canada", "Australia", "Middle East"]),
            "sip_transport_protocol": .word(["UDP", "TCP", "TLS"]), "sound_modifications": .members, "stream_auth_token": text,
            "stream_bidirectional_codec": .word(codecs), "stream_bidirectional_mode": .word(["mp3", "rtp"]),
            "stream_bidirectional_sampling_rate": .either([8_000, 16_000, 22_050, 24_000, 48_000].map { .integer($0...$0) }),
            "stream_bidirectional_target_legs": .word(["self", "opposite", "both"]),
            "stream_codec": .word(codecs.union(["default"])), "stream_establish_before_call_originate": .flag,
            "stream_track": .word(["inbound_track", "outbound_track", "both_tracks"]), "stream_url": socket,
            "supervise_call_control_id": text, "supervisor_role": .word(["barge", "whisper", "monitor"]),
            "time_limit_secs": .integer(30...14_400), "timeout_secs": .integer(5...600), "transcription": .flag,
            "transcription_config": .members, "webhook_retries_policies": .members, "webhook_url": web,
            "webhook_url_method": .word(["POST", "GET"]), "webhook_urls": .members, "webhook_urls_method": .word(["POST", "GET"]),
        ], required: ["connection_id", "to", "from"])

    /// Of numbers: one telephone, no SIP address.
    static let transfer = FieldRules(
        [
            "to": .e164, "from": .e164, "from_display_name": .text(0...128), "audio_url": web, "media_name": text,
            "answering_machine_detection": .word(["premium", "detect", "detect_beep", "detect_words", "greeting_end", "disabled"]),
            "answering_machine_detection_config": .members, "client_state": .base64, "command_id": text,
            "custom_headers": .entries, "early_media": .flag, "media_encryption": .word(["disabled", "SRTP", "DTLS"]),
            "mute_dtmf": .word(["none", "both", "self", "opposite"]), "park_after_unbridge": .word(["self"]),
            "sip_headers": .entries, "target_leg_client_state": .base64, "time_limit_secs": .integer(30...14_400),
            "timeout_secs": .integer(5...600), "webhook_url": web, "webhook_url_method": .word(["POST", "GET"]),
        ], required: ["to"])

    static let sendKeys = FieldRules(
        ["digits": .text(1...512), "duration_millis": .integer(100...500), "client_state": .base64, "command_id": text],
        required: ["digits"])

    static let hangUp = FieldRules(["client_state": .base64, "command_id": text, "custom_headers": .entries])

    private static let pages: [String: FieldKind] = ["page[size]": .integer(1...250), "page[number]": .integer(1...1_000_000)]
    /// Paged by a cursor (*Cursor Pagination*); the document names the numbered fields too.
    static let activeCalls = FieldRules(
        pages.merging(["page[limit]": .integer(1...250), "page[after]": text, "page[before]": text]) { given, _ in given })
    static let callEvents = FieldRules(
        pages.merging(
            [
                "filter[application_name][contains]": text, "filter[outbound.outbound_voice_profile_id]": text,
                "filter[leg_id]": text, "filter[application_session_id]": text, "filter[connection_id]": text,
                "filter[product]": .word(["call_control", "fax", "texml"]), "filter[failed]": .flag, "filter[from]": text,
                "filter[to]": text, "filter[name]": text, "filter[type]": .word(["command", "webhook"]),
                "filter[status]": .word(["init", "in_progress", "completed"]), "filter[occurred_at][eq]": text,
                "filter[occurred_at][gt]": text, "filter[occurred_at][gte]": text, "filter[occurred_at][lt]": text,
                "filter[occurred_at][lte]": text,
            ]
        ) { given, _ in given })

    static func page(_ fields: [FormEncoding.Field]) -> (size: Int, number: Int) {
        func number(_ name: String, _ usual: Int) -> Int { fields.last { $0.name == name }.flatMap { Int($0.value) } ?? usual }
        return (number("page[size]", 20), number("page[number]", 1))
    }

    static func cursor(_ fields: [FormEncoding.Field]) -> (limit: Int, after: Int) {
        func number(_ name: String, _ usual: Int) -> Int { fields.last { $0.name == name }.flatMap { Int($0.value) } ?? usual }
        return (number("page[limit]", 20), max(0, number("page[after]", 0)))
    }

    /// Whether an event of this time passes the field, if it is a filter by time.
    static func admits(_ time: String, _ field: FormEncoding.Field) -> Bool {
        let own = time.prefix(19), bound = field.value.prefix(19)
        switch field.name {
        case "filter[occurred_at][eq]": return own == bound
        case "filter[occurred_at][gt]": return own > bound
        case "filter[occurred_at][gte]": return own >= bound
        case "filter[occurred_at][lt]": return own < bound
        case "filter[occurred_at][lte]": return own <= bound
        default: return true
        }
    }
}

/// Telnyx's spellings.
extension TelnyxAPI {
    static func json(_ request: APIRequest) throws(APIRefusal) -> JSONValue {
        guard request.mediaType == "application/json", let value = try? JSONValue(parsing: request.body), case .object = value
        else {
            throw refusal(400, "10000", "Bad Request", "The request failed because it was not well-formed: send a JSON object.")
        }
        return value
    }

    static func refusal(_ status: Int, _ code: String, _ title: String, _ detail: String, _ pointer: String? = nil) -> APIRefusal {
        var error: [String: JSONValue] = ["code": .string(code), "title": .string(title), "detail": .string(detail)]
        if let pointer { error["source"] = .object([pointer.hasPrefix("/") ? "pointer" : "parameter": .string(pointer)]) }
        return APIRefusal(response: .json(status, .object(["errors": .array([.object(error)])])))
    }

    static let notFound = refusal(404, "10005", "Resource not found", "The requested resource or URL could not be found.")
    static let wrongMethod = refusal(405, "10008", "Method not allowed", "The request method is not allowed here.")

    /// What Telnyx names no code for, such as a parameter that it does not know, is 10000.
    static func refusal(_ fault: FieldFault) -> APIRefusal {
        let detail = "The '\(fault.path.drop { $0 == "/" })' parameter \(fault.words)."
        let (code, title): (String, String) =
            switch fault.reason {
            case .unknown, .repeated: ("10000", "Unknown parameter")
            case .missing: ("10004", "Missing required parameter")
            case .type: ("10002", "Invalid parameter")
            case .value where fault.name == "to" || fault.name == "from":
                ("10016", "Phone number must be in +E164 format")
            case .value(let words) where words.hasPrefix("one of"): ("10032", "Invalid enumerated value")
            case .value(let words) where words.first?.isNumber == true: ("10033", "Value outside of range")
            case .value: ("10015", "Invalid value")
            }
        return refusal(422, code, title, detail, fault.path)
    }

    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse {
        status == 429
            ? Self.refusal(429, "10011", "Too many requests", "You have exceeded the maximum number of allowed requests.").response
            : Self.refusal(status, "10007", "Unexpected error", "An unexpected error occurred.").response
    }

    // MARK: callbacks

    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback? {
        guard let target = call.order.callbacks[turn.kind] else { return nil }
        var payload = ids(call)
        payload["connection_id"] = .string(call.order.account)
        payload["from"] = .string(call.order.from)
        payload["to"] = .string(call.order.to)
        let type: String
        switch turn {
        case .initiated:
            type = "call.initiated"
            payload["direction"] = .string("outgoing")
            payload["state"] = .string("bridging")
        case .ringing: return nil
        case .answered:
            type = "call.answered"
            payload["state"] = .string("answered")
        case .heard(let verdict):
            guard verdict != .beep || call.order.detection == .end else { return nil }
            type = verdict == .beep ? "call.machine.greeting.ended" : "call.machine.detection.ended"
            payload["result"] = .string(verdict == .beep ? "beep_detected" : verdict.rawValue)
        case .ended:
            type = "call.hangup"
            let (cause, source, sip) = Self.cause(call)
            payload["state"] = .string("hangup")
            payload["hangup_cause"] = .string(cause)
            payload["hangup_source"] = .string(source)
            payload["sip_hangup_cause"] = .string(sip)
            payload["start_time"] = .string(WallTime.text(milliseconds: desk.milliseconds(call.placedAt)))
        }
        var chance = SplitMix64(state: UInt64(call.sequence) ^ UInt64(bitPattern: Int64(call.id.hashed)))
        let data: JSONValue = .object([
            "record_type": .string("event"), "event_type": .string(type), "id": .string(chance.uuid()),
            "occurred_at": .string(WallTime.text(milliseconds: desk.milliseconds)), "payload": .object(payload),
        ])
        let meta: JSONValue = .object(["attempt": .whole(1), "delivered_to": .string(target.url)])
        return APICallback(target, .json(JSONValue.object(["data": data, "meta": meta]).bytes))
    }

    private static func cause(_ call: PlacedCall) -> (cause: String, source: String, sip: String) {
        switch call.end {
        case .completed?, .machine?:
            call.isTimedOut
                ? ("time_limit", "unknown", "200") : ("normal_clearing", call.isHungUpByAPI ? "caller" : "callee", "200")
        case .busy?: ("user_busy", "callee", "486")
        case .rejected?: ("call_rejected", "callee", "603")
        case .noAnswer?: ("timeout", "unknown", "487")
        case .failed?: ("not_found", "callee", "404")
        case .canceled?: ("originator_cancel", "caller", "487")
        case nil: ("unspecified", "unknown", "500")
        }
    }

    /// A call placed by Call Control fetches none.
    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback {
        APICallback(target, .json([]))
    }
}

extension String {
    /// The same for the same text in every run, unlike `hashValue` (FNV-1a).
    fileprivate var hashed: Int32 {
        Int32(bitPattern: utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 })
    }
}
