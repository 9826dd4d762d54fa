import Call
import Dialing
import Net
import Providers
import Wire

/// Outbound calls as JSON. Numbers are masked.
enum DialReport {
    /// The members of one call in `/calls` and in events.
    static func members(_ call: DialedCall) -> [String: JSONValue] {
        let request = call.request
        var members: [String: JSONValue] = [
            "call_id": .string(call.id), "direction": .string("outbound"), "provider": .string(request.provider.text),
            "provider_call_id": .init(call.providerCallID), "status": .string(call.status.word),
            "reason": .init(call.status.end?.rawValue), "detail": .init(call.detail), "code": .init(call.code),
            "bot": .init(request.bot), "from": .string(request.from.masked), "to": .string(request.to.masked),
            "created_at": .number(call.createdAt), "machine": .init(call.machine?.rawValue),
            "attempts": .number(Double(call.attempts)), "metadata": request.metadata ?? .null,
        ]
        let times = [
            ("dialed_at", call.dialedAt), ("answered_at", call.answeredAt), ("streaming_at", call.streamingAt),
            ("ended_at", call.endedAt),
        ]
        for (name, time) in times { if let time { members[name] = .number(time) } }
        return members
    }

    /// The answer to a request that asked for a call.
    static func started(_ call: DialedCall, isReplayed: Bool) -> HTTPAnswer {
        var members: [String: JSONValue] = [
            "call_id": .string(call.id), "provider": .string(call.request.provider.text),
            "provider_call_id": .init(call.providerCallID), "status": .string(call.status.word),
        ]
        if let end = call.status.end { members["reason"] = .string(end.rawValue) }
        if let detail = call.detail { members["detail"] = .string(detail) }
        if let id = call.providerCallID { members[idName(call.request.provider)] = .string(id) }
        var answer = HTTPAnswer.json(201, .object(members))
        if isReplayed { answer.headers.append(("Idempotency-Replayed", "true")) }
        return answer
    }

    /// What scripts call the provider's id.
    private static func idName(_ provider: ProviderName) -> String {
        switch provider.text {
        case "twilio", "exotel": "call_sid"
        case "telnyx": "call_control_id"
        default: "call_uuid"
        }
    }

    /// The provider refused the call that somebody waits for.
    static func refused(_ call: DialedCall) -> HTTPAnswer {
        error(
            502, "provider_refused", call.detail ?? "\(call.request.provider) refused the call",
            ["provider_code": .init(call.code), "call_id": .string(call.id)])
    }

    static func error(
        _ status: Int, _ code: String, _ message: String, _ more: [String: JSONValue] = [:], retryAfter: Int? = nil
    ) -> HTTPAnswer {
        var members = more
        members["code"] = .string(code)
        members["message"] = .string(message)
        var answer = HTTPAnswer.json(status, .object(["error": .object(members)]))
        if let retryAfter { answer.headers.append(("Retry-After", String(max(1, retryAfter)))) }
        return answer
    }

    static func error(_ refusal: DialRefusal) -> HTTPAnswer {
        switch refusal.reason {
        case .unsupported: error(400, "unsupported", refusal.sentence)
        case .settings: error(400, "no_credentials", refusal.sentence)
        case .number: error(400, "bad_number", refusal.sentence)
        case .tooLong(let bytes, let limit):
            error(
                400, "too_long", refusal.sentence,
                ["limit": .number(Double(limit)), "bytes": .number(Double(bytes))])
        case .outOfRange: error(400, "out_of_range", refusal.sentence)
        }
    }

    static func error(_ rejection: DialRejection) -> HTTPAnswer {
        switch rejection {
        case .queueFull(let limit, let seconds):
            error(429, "queue_full", "\(limit) calls wait to be placed (--dial-queue)", retryAfter: seconds)
        case .cap(let text, let seconds):
            error(
                429, "cap_reached",
                "the cap of \(text) is reached; come back after Retry-After, or raise \(capFlag(text))", retryAfter: seconds)
        case .keyReused:
            error(
                409, "key_reused",
                "this Idempotency-Key was used for another number or provider; a new call needs a key of its own")
        case .unknownProvider: error(400, "unknown_provider", "the server places no calls with this provider")
        }
    }

    /// `3 calls per hour` → `--dial-calls-per-hour`.
    private static func capFlag(_ text: String) -> String {
        "--dial-" + text.split(separator: " ").dropFirst().joined(separator: "-")
    }

    static func unreachable(_ dialect: any DiallingDialect) -> HTTPAnswer {
        error(
            400, "unreachable",
            "\(dialect.name) cannot reach this server: give its public host with -x (needed unless \(dialect.settingsPrefix)API_BASE is on this machine)"
        )
    }

    /// The key's call was refused when the journal failed, and stays so.
    static var keyOfRefused: HTTPAnswer {
        error(
            503, "no_journal", "the call of this Idempotency-Key was refused while the journal could not be written; send a new key"
        )
    }

    /// A server that is starting, or whose disk is full, may have its journal in a moment.
    static func noJournal(_ reason: String) -> HTTPAnswer { error(503, "no_journal", reason, retryAfter: 1) }
}
