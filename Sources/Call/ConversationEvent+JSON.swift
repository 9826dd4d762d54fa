import Wire

extension ConversationEvent {
    /// Most named values of a ``bot(_:_:)`` line; those that come last by name are left out.
    static let mostValues = 32

    /// The event as a line of the log, by itself: see ``ConversationLines`` for what an interruption and its utterance say together.
    ///
    /// - Parameters:
    ///   - origin: when the call began.
    ///   - keepsKeys: whether it says which keys were pressed.
    func line(at now: Moment, since origin: Moment, keepsKeys: Bool) -> EventLine {
        switch self {
        case .userStartedSpeaking: return EventLine("user_started_speaking", at: now)
        case .userStoppedSpeaking: return EventLine("user_stopped_speaking", at: now)
        case .botStartedSpeaking: return EventLine("bot_started_speaking", at: now)
        case .botStoppedSpeaking: return EventLine("bot_stopped_speaking", at: now)
        case .outputPaused: return EventLine("output_paused", at: now)
        case .outputResumed: return EventLine("output_resumed", at: now)
        case .interruption: return EventLine("interruption", at: now)
        case .utterance(let report):
            return EventLine(
                "utterance", at: now,
                [
                    "number": .whole(report.number), "queued_ms": .milliseconds(report.queued),
                    "sent_ms": .milliseconds(report.sent), "heard_ms": .milliseconds(report.heard),
                    "estimated": .bool(report.isEstimate), "interrupted": .bool(report.wasInterrupted),
                    "text_heard": report.textHeard.map(JSONValue.spoken),
                    "queued_at_ms": .milliseconds(report.queuedAt - origin),
                    "sent_at_ms": report.sentAt.map { .milliseconds($0 - origin) },
                    "heard_at_ms": report.heardAt.map { .milliseconds($0 - origin) },
                ])
        case .key(let key): return EventLine("key", at: now, ["key": .string(keepsKeys ? key.rawValue : "masked")])
        case .keysSent(let keys):
            let text = keepsKeys ? keys.map(\.rawValue).joined() : "masked"
            return EventLine("keys_sent", at: now, ["keys": .string(text), "count": .whole(keys.count)])
        case .transcription(let heard):
            return EventLine(
                "transcription", at: now,
                [
                    "speaker": .string("user"), "text": .spoken(heard.text), "final": .bool(heard.isFinal),
                    "user_id": heard.userID.isEmpty ? nil : .spoken(heard.userID),
                ])
        case .botText(let text):
            return EventLine(
                "transcription", at: now, ["speaker": .string("bot"), "text": .spoken(text), "final": .bool(true)])
        case .turn(let turn):
            return EventLine(
                "turn", at: now,
                [
                    "number": .whole(turn.number), "duration_ms": .milliseconds(turn.duration),
                    "interrupted": .bool(turn.wasInterrupted),
                ])
        case .latency(let latency):
            return EventLine(
                "latency", at: now,
                [
                    "queued_ms": .milliseconds(latency.queued), "sent_ms": latency.sent.map(JSONValue.milliseconds),
                    "heard_ms": latency.heard.map(JSONValue.milliseconds), "estimated": .bool(latency.isEstimate),
                ])
        case .userIdle(let count): return EventLine("user_idle", at: now, ["count": .whole(count)])
        case .transferAsked(let timeout): return EventLine("transfer_asked", at: now, ["timeout_secs": .whole(timeout)])
        case .transferAnswered(.accepted): return EventLine("transfer_answered", at: now, ["accepted": .bool(true)])
        case .transferAnswered(.refused(let reason)):
            return EventLine("transfer_answered", at: now, ["accepted": .bool(false), "reason": .spoken(reason)])
        case .handedOver(let bot): return EventLine("handed_over", at: now, ["bot": .spoken(bot)])
        case .bot(let name, let values):
            let kept = values.sorted { $0.key < $1.key }.prefix(Self.mostValues)
            let members = kept.map {
                (MaskedNumbers.masking(EventLine.bounded($0.key)), Self.value($0.value, named: $0.key, keepsKeys: keepsKeys))
            }
            return EventLine(
                "bot", at: now, ["name": .spoken(name), "values": .object(Dictionary(members) { first, _ in first })])
        }
    }

    /// A value of a bot's own line. What it calls a key is one that the caller pressed.
    private static func value(_ value: String, named name: String, keepsKeys: Bool) -> JSONValue {
        !keepsKeys && ["key", "keys"].contains(name) ? .string("masked") : .spoken(value)
    }

    /// Bytes of the text that it carries: what bounds a queue of events. Units: UTF-8 bytes.
    public var textLength: Int {
        switch self {
        case .userStartedSpeaking, .userStoppedSpeaking, .botStartedSpeaking, .botStoppedSpeaking, .outputPaused, .outputResumed,
            .interruption, .key, .turn, .latency, .userIdle, .transferAsked, .transferAnswered(.accepted):
            0
        case .utterance(let report): report.textHeard?.utf8.count ?? 0
        case .keysSent(let keys): keys.count
        case .transcription(let heard): heard.text.utf8.count + heard.userID.utf8.count
        case .botText(let text), .transferAnswered(.refused(let text)), .handedOver(let text): text.utf8.count
        case .bot(let name, let values):
            values.reduce(name.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        }
    }
}

extension JSONValue {
    static func whole(_ number: Int) -> JSONValue { .number(Double(number)) }
    static func milliseconds(_ duration: Duration) -> JSONValue { .number(Double(duration.milliseconds)) }
    /// Text of people and bots: bounded, and without telephone numbers.
    static func spoken(_ text: String) -> JSONValue { .string(MaskedNumbers.masking(EventLine.bounded(text))) }
}
