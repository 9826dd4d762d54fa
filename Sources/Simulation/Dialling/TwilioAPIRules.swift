import Call
import Wire

/// The parameters that Twilio documents.
enum TwilioAPIRules {
    private static let method = FieldKind.word(["GET", "POST"])
    /// Longest address of a callback.
    private static let url = FieldKind.url(["http", "https"], longest: 4_000)
    private static let text = FieldKind.text(0...4_000)

    /// Of numbers: this double dials no `sip:` and no `client:`, and takes no `ApplicationSid`, for it has no applications.
    static let create = FieldRules(
        [
            "To": .e164, "From": .e164, "Url": url, "Twiml": .text(1...4_000), "Method": method, "FallbackUrl": url,
            "FallbackMethod": method, "StatusCallback": url, "StatusCallbackMethod": method,
            "StatusCallbackEvent": .word(["initiated", "ringing", "answered", "completed"]), "SendDigits": .text(0...32),
            "Timeout": .integer(1...600), "TimeLimit": .integer(1...86_400), "Record": .flag,
            "RecordingChannels": .word(["mono", "dual"]), "RecordingStatusCallback": url, "RecordingStatusCallbackMethod": method,
            "RecordingStatusCallbackEvent": .word(["in-progress", "completed", "absent"]),
            "RecordingTrack": .word(["inbound", "outbound", "both"]), "Trim": .word(["trim-silence", "do-not-trim"]),
            "SipAuthUsername": text, "SipAuthPassword": text, "MachineDetection": .word(["Enable", "DetectMessageEnd"]),
            "MachineDetectionTimeout": .integer(3...59), "MachineDetectionSpeechThreshold": .integer(1_000...6_000),
            "MachineDetectionSpeechEndThreshold": .integer(500...5_000),
            "MachineDetectionSilenceTimeout": .integer(2_000...10_000), "AsyncAmd": .flag, "AsyncAmdStatusCallback": url,
            "AsyncAmdStatusCallbackMethod": method, "Byoc": .text(34...34), "CallerId": text, "CallReason": text,
            "CallToken": text, "ClientNotificationUrl": url,
        ], required: ["To", "From"], repeated: ["StatusCallbackEvent", "RecordingStatusCallbackEvent"])

    static let update = FieldRules([
        "Url": url, "Method": method, "Status": .word(["canceled", "completed"]), "FallbackUrl": url, "FallbackMethod": method,
        "StatusCallback": url, "StatusCallbackMethod": method, "Twiml": .text(1...4_000), "TimeLimit": .integer(1...86_400),
    ])

    /// A day, or a day and a time.
    private static let date = FieldKind.text(10...30)
    static let list = FieldRules([
        "To": .e164, "From": .e164, "ParentCallSid": .text(34...34),
        "Status": .word(["queued", "ringing", "in-progress", "canceled", "completed", "failed", "busy", "no-answer"]),
        "StartTime": date, "StartTime<": date, "StartTime>": date, "EndTime": date, "EndTime<": date, "EndTime>": date,
        "PageSize": .integer(1...1_000), "Page": .integer(0...1_000_000), "PageToken": .text(1...200),
    ])
}

/// Twilio's spellings.
extension TwilioAPI {
    /// - Throws: for a body that is no form.
    static func form(_ request: APIRequest) throws(APIRefusal) -> [FormEncoding.Field] {
        guard request.mediaType == "application/x-www-form-urlencoded",
            let fields = try? FormEncoding.fields(String(decoding: request.body, as: UTF8.self))
        else { throw refusal(400, 20001, "send application/x-www-form-urlencoded") }
        return fields
    }

    static func refusal(_ status: Int, _ code: Int, _ message: String) -> APIRefusal {
        APIRefusal(
            response: .json(
                status,
                .object([
                    "code": .whole(code), "message": .string(message), "status": .whole(status),
                    "more_info": .string("https://www.twilio.com/docs/errors/\(code)"),
                ])))
    }

    static func notFound(_ request: APIRequest) -> APIRefusal {
        refusal(404, 20404, "The requested resource \(request.path) was not found")
    }

    /// What has no code of its own in Twilio's error dictionary is 20001.
    static func refusal(_ fault: FieldFault, _ fields: [FormEncoding.Field]) -> APIRefusal {
        let value = fields.last { $0.name == fault.name }?.value ?? ""
        let words = "'\(fault.name)' \(fault.words)"
        switch (fault.name, fault.reason) {
        case (_, .unknown): return refusal(400, 20001, words)
        case ("To", .missing): return refusal(400, 21201, "No 'To' number is specified")
        case ("To", _): return refusal(400, 21211, "The 'To' number \(value) is not a valid phone number.")
        case ("From", .missing): return refusal(400, 21213, "A 'From' phone number is required")
        case ("From", _):
            return refusal(
                400, 21212, "The 'From' number \(value) is not a valid phone number, shortcode, or alphanumeric sender ID.")
        case ("Url", _): return refusal(400, 21205, "Url is not a valid URL: \(value)")
        case ("Timeout", _): return refusal(400, 21208, "Invalid Timeout: \(words)")
        case ("StatusCallback", _): return refusal(400, 21609, "The StatusCallback URL \(value) is not a valid URL.")
        case ("StatusCallbackEvent", _): return refusal(400, 21626, "Invalid StatusCallbackEvent: \(words)")
        case let (name, _) where name.hasPrefix("MachineDetection") || name.hasPrefix("AsyncAmd"):
            return refusal(400, 21234, "Invalid Machine Detection configuration value: \(words)")
        case let (name, _) where name.hasSuffix("Method"): return refusal(400, 21209, "Invalid Method: \(words)")
        case ("PageSize", _): return refusal(400, 20007, "Page size is not valid: \(words)")
        default: return refusal(400, 20001, words)
        }
    }

    static func isSID(_ text: String, _ prefix: String) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count == 34
            && text.utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    func trouble(_ status: Int, _ desk: APIDesk) -> HTTPResponse {
        status == 429
            ? Self.refusal(429, 20429, "Too Many Requests").response : Self.refusal(status, 20500, "Internal Server Error").response
    }

    /// The resource's word; `initiated` is one of callbacks only.
    static func status(_ call: PlacedCall) -> String {
        if let end = call.end { return word(end) }
        return call.answeredAt != nil ? "in-progress" : call.rangAt != nil ? "ringing" : "queued"
    }

    /// A declined call counts as busy.
    private static func word(_ end: CallEnd) -> String {
        switch end {
        case .completed, .machine: "completed"
        case .busy, .rejected: "busy"
        case .noAnswer: "no-answer"
        case .failed: "failed"
        case .canceled: "canceled"
        }
    }

    func resource(_ call: PlacedCall, _ desk: APIDesk) -> JSONValue {
        func date(_ moment: Moment?) -> JSONValue { .text(moment.map { WallTime.mailText(milliseconds: desk.milliseconds($0)) }) }
        let uri = "/2010-04-01/Accounts/\(call.order.account)/Calls/\(call.id)"
        let parts = ["notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions"]
        var uris: [String: JSONValue] = [:]
        for part in parts { uris[part] = .string("\(uri)/\(part.prefix(1).uppercased())\(part.dropFirst()).json") }
        return .object([
            "sid": .string(call.id), "account_sid": .string(call.order.account), "api_version": .string("2010-04-01"),
            "to": .string(call.order.to), "to_formatted": .string(call.order.to), "from": .string(call.order.from),
            "from_formatted": .string(call.order.from), "status": .string(Self.status(call)), "direction": .string("outbound-api"),
            "date_created": date(call.placedAt), "date_updated": date(call.endedAt ?? call.answeredAt ?? call.placedAt),
            "start_time": date(call.answeredAt ?? call.endedAt), "end_time": date(call.endedAt),
            "duration": .text(call.isOver ? String(call.seconds(until: desk.now)) : nil), "price": .null,
            "price_unit": .string("USD"),
            "answered_by": .text(call.verdict.map { Self.answeredBy($0) }), "parent_call_sid": .null, "phone_number_sid": .null,
            "forwarded_from": .null, "caller_name": .null, "group_sid": .null, "trunk_sid": .null, "annotation": .null,
            "queue_time": .string("0"), "uri": .string(uri + ".json"), "subresource_uris": .object(uris),
        ])
    }

    private static func answeredBy(_ verdict: CalleeVerdict) -> String {
        switch verdict {
        case .human: "human"
        case .machine: "machine_start"
        case .beep: "machine_end_beep"
        }
    }

    // MARK: callbacks

    private func numbers(_ call: PlacedCall) -> [FormEncoding.Field] {
        [
            .init("CallSid", call.id), .init("AccountSid", call.order.account), .init("From", call.order.from),
            .init("To", call.order.to), .init("Caller", call.order.from), .init("Called", call.order.to),
            .init("Direction", "outbound-api"), .init("ApiVersion", "2010-04-01"),
        ]
    }

    func callback(_ turn: CallTurn, _ call: PlacedCall, _ desk: APIDesk) -> APICallback? {
        guard let target = call.order.callbacks[turn.kind] else { return nil }
        if case .heard(let verdict) = turn {
            // Until the greeting's end nothing is said of a machine.
            guard verdict != .machine || call.order.detection == .start, verdict != .beep || call.order.detection == .end else {
                return nil
            }
            return APICallback(
                target,
                .fields(
                    .form([
                        .init("CallSid", call.id), .init("AccountSid", call.order.account),
                        .init("AnsweredBy", Self.answeredBy(verdict)),
                        .init("MachineDetectionDuration", String(call.talked(until: desk.now).milliseconds)),
                    ])))
        }
        var fields = numbers(call)
        let status: String =
            switch turn {
            case .initiated: "initiated"
            case .ringing: "ringing"
            case .answered: "in-progress"
            case .heard, .ended: Self.status(call)
            }
        fields += [
            .init("CallStatus", status), .init("Timestamp", WallTime.mailText(milliseconds: desk.milliseconds)),
            .init("CallbackSource", "call-progress-events"), .init("SequenceNumber", String(call.sequence)),
        ]
        if case .ended = turn {
            fields += [.init("CallDuration", String(call.seconds(until: desk.now))), .init("Duration", "1")]
            let response: String? =
                switch call.end {
                case .busy?: "486"
                case .rejected?: "603"
                case .noAnswer?, .canceled?: "487"
                case .failed?: "404"
                case .completed?, .machine?: "200"
                case nil: nil
                }
            if let response { fields.append(.init("SipResponseCode", response)) }
        }
        return APICallback(target, .fields(.form(fields)))
    }

    func documentRequest(_ target: StreamOrder.Callback, _ call: PlacedCall, _ desk: APIDesk) -> APICallback {
        APICallback(target, .fields(.form(numbers(call) + [.init("CallStatus", "in-progress")])))
    }
}
