import Call
import Wire

/// Why a line of the journal was left out.
struct JournalProblem: Error, Equatable {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// Reads lines one by one; the memory is kept.
struct JournalLineReader: Sendable {
    private var scanner = JSONScanner()

    init() {}

    /// - Parameter line: without its line break.
    mutating func read(_ line: [UInt8]) throws(JournalProblem) -> (number: UInt64, record: JournalRecord) {
        let span = line.span
        let root: JSONScanner.Node
        do throws(WireError) {
            root = try scanner.scanObject(span)
        } catch {
            throw JournalProblem(error.description)
        }
        let fields = JournalFields(scanner: scanner, root: root, bytes: line)
        guard let number = fields.integer("n").flatMap({ UInt64(exactly: $0) }) else {
            throw JournalProblem("`n`, the number of the record, is missing")
        }
        return (number, try fields.record())
    }
}

/// The members of one line.
private struct JournalFields {
    let scanner: JSONScanner
    let root: JSONScanner.Node
    let bytes: [UInt8]

    /// Times outside are no times: 1970 to 5138. Units: seconds since 1970.
    private static let times = 0.0...1e11

    func text(_ name: String) -> String? { scanner.text(name, of: root, in: bytes.span) }
    func integer(_ name: String) -> Int? { scanner.integer(name, of: root, in: bytes.span) }

    private func required(_ name: String) throws(JournalProblem) -> String {
        guard let text = text(name) else { throw JournalProblem("`\(name)` is missing") }
        return text
    }

    private func count(_ name: String) throws(JournalProblem) -> Int {
        guard let value = integer(name), (0...1_000_000_000).contains(value) else {
            throw JournalProblem("`\(name)` is missing or no number")
        }
        return value
    }

    private func time(_ name: String) -> Double? {
        text(name).flatMap { Double($0) }.flatMap { Self.times.contains($0) ? $0 : nil }
    }

    /// Any JSON, as text: so it may hold and nest as much as a body may, whatever a line may.
    private func value(_ name: String) throws(JournalProblem) -> JSONValue? {
        guard let text = text(name) else { return nil }
        do throws(WireError) {
            return try JSONValue(parsing: Array(text.utf8), at: name)
        } catch {
            throw JournalProblem(error.description)
        }
    }

    private func word<Word: RawRepresentable<String>>(_ name: String) throws(JournalProblem) -> Word? {
        guard let text = text(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw JournalProblem("`\(name)` is a word that this version does not know") }
        return word
    }

    func record() throws(JournalProblem) -> JournalRecord {
        switch try required("k") {
        case "journal":
            guard text("format") == JournalRecord.format else { throw JournalProblem("`format` is not `\(JournalRecord.format)`") }
            return .opened(version: try count("version"))
        case "accepted": return .accepted(try facts())
        case "state":
            let event = scanner.member("event", of: root, in: bytes.span)
            return .state(id: try required("id"), try standing(), event: event?.kind == .yes)
        case "call": return .call(try facts(), try standing())
        case "event": return .event(id: try required("id"), try standing())
        case "delivered":
            guard let event = integer("event").flatMap({ UInt64(exactly: $0) }) else { throw JournalProblem("`event` is missing") }
            return .delivered(event: event)
        case "paused": return .paused
        case "resumed": return .resumed
        default: throw JournalProblem("its kind `k` is not known to this version")
        }
    }

    private func facts() throws(JournalProblem) -> CallFacts {
        guard let created = time("created_at") else { throw JournalProblem("`created_at` is missing or no time") }
        let request = DialRequest(
            provider: ProviderName(try required("provider")), to: PhoneNumber(try required("to")),
            from: PhoneNumber(try required("from")), bot: text("bot"), body: try value("body"), metadata: try value("metadata"),
            ringTimeout: try count("timeout_secs"), maximumDuration: try count("max_duration_secs"),
            machineDetection: try word("machine_detection") ?? .off, priority: min(try count("priority"), 9),
            queueTime: try count("queue_secs"))
        return CallFacts(id: try required("id"), key: text("key"), request: request, createdAt: created)
    }

    private func standing() throws(JournalProblem) -> CallStanding {
        var call = DialedCall(
            id: "", request: DialRequest(provider: ProviderName(""), to: PhoneNumber(""), from: PhoneNumber("")), createdAt: 0)
        call.status = try status()
        call.providerCallID = text("provider_call_id")
        call.machine = try word("machine")
        call.detail = text("detail")
        call.code = text("code")
        call.attempts = try count("attempts")
        call.dialedAt = time("dialed_at")
        call.answeredAt = time("answered_at")
        call.streamingAt = time("streaming_at")
        call.endedAt = time("ended_at")
        let end: DialEnd? = try word("plan")
        return CallStanding(
            call, plan: end.map { CallLife.Plan(end: $0, detail: text("plan_detail")) }, heldUntil: time("held_until"))
    }

    private func status() throws(JournalProblem) -> DialStatus {
        switch try required("status") {
        case "queued": return .queued
        case "dialing": return .dialing
        case "ringing": return .ringing
        case "answered": return .answered
        case "streaming": return .streaming
        case "ended":
            guard let end: DialEnd = try word("reason") else { throw JournalProblem("`reason` is missing") }
            return .ended(end)
        default: throw JournalProblem("`status` is a word that this version does not know")
        }
    }
}
