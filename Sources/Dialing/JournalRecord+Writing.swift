import Call
import Wire

extension JournalRecord {
    /// The line with its line break.
    ///
    /// - Parameter unixTime: seconds since 1970.
    func line(number: UInt64, unixTime: Double) -> [UInt8] {
        var line = JournalLineWriter(number: number, unixTime: unixTime, kind: kind)
        switch self {
        case .opened(let version):
            line.text("format", Self.format)
            line.integer("version", version)
        case .accepted(let facts): line.facts(facts)
        case .state(let id, let standing, let event):
            line.text("id", id)
            line.standing(standing)
            if event { line.raw("event", "true") }
        case .call(let facts, let standing):
            line.facts(facts)
            line.standing(standing)
        case .event(let id, let standing):
            line.text("id", id)
            line.standing(standing)
        case .delivered(let event): line.raw("event", String(event))
        case .paused, .resumed: break
        }
        return line.finished()
    }
}

/// Writes one JSON object on one line.
private struct JournalLineWriter {
    private var bytes: [UInt8] = []

    init(number: UInt64, unixTime: Double, kind: String) {
        bytes.reserveCapacity(320)
        JSONText.raw("{\"n\":\(number),\"t\":", into: &bytes)
        JSONText.raw(Self.spelt(unixTime), into: &bytes)
        text("k", kind)
    }

    /// Milliseconds are enough, and shorter.
    private static func spelt(_ seconds: Double) -> String {
        guard let milliseconds = Int64(exactly: (seconds * 1_000).rounded()) else { return "0" }
        let (whole, part) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        guard part != 0, milliseconds > 0 else { return String(whole) }
        return "\(whole)." + String(1_000 + part).dropFirst()
    }

    mutating func raw(_ name: String, _ value: String) {
        JSONText.raw(",\"\(name)\":\(value)", into: &bytes)
    }

    mutating func integer(_ name: String, _ value: Int) { raw(name, String(value)) }

    mutating func text(_ name: String, _ value: String?) {
        guard let value else { return }
        JSONText.raw(",\"\(name)\":", into: &bytes)
        JSONText.string(value, into: &bytes)
    }

    private mutating func time(_ name: String, _ value: Double?) {
        if let value { raw(name, Self.spelt(value)) }
    }

    private mutating func value(_ name: String, _ value: JSONValue?) {
        text(name, value.map { String(decoding: $0.bytes, as: UTF8.self) })
    }

    mutating func facts(_ facts: CallFacts) {
        let request = facts.request
        text("id", facts.id)
        text("key", facts.key)
        time("created_at", facts.createdAt)
        text("provider", request.provider.text)
        text("to", request.to.exposed)
        text("from", request.from.exposed)
        text("bot", request.bot)
        value("body", request.body)
        value("metadata", request.metadata)
        integer("timeout_secs", request.ringTimeout)
        integer("max_duration_secs", request.maximumDuration)
        text("machine_detection", request.machineDetection.rawValue)
        integer("priority", request.priority)
        integer("queue_secs", request.queueTime)
    }

    mutating func standing(_ standing: CallStanding) {
        text("status", standing.status.word)
        text("reason", standing.status.end?.rawValue)
        text("provider_call_id", standing.providerCallID)
        text("machine", standing.machine?.rawValue)
        text("detail", standing.detail)
        text("code", standing.code)
        integer("attempts", standing.attempts)
        time("dialed_at", standing.dialedAt)
        time("answered_at", standing.answeredAt)
        time("streaming_at", standing.streamingAt)
        time("ended_at", standing.endedAt)
        text("plan", standing.plan?.end.rawValue)
        text("plan_detail", standing.plan?.detail)
        time("held_until", standing.heldUntil)
    }

    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
