import Call
import Dialing
import Net
import Pipeline
import Wire

/// Calls as JSON, inbound and outbound. Numbers are masked: whoever lists calls is not thereby told who called.
enum CallReport {
    /// One call with its counters.
    static func answer(_ record: CallRecord, _ call: DialedCall?) -> HTTPAnswer {
        var members = members(record, call)
        members["counters"] = counters(record.counters)
        return .json(200, .object(members))
    }

    static func counters(_ counters: CallCounters) -> JSONValue {
        .object([
            "broken_messages": .number(Double(counters.brokenMessages)), "media_in": .number(Double(counters.mediaIn)),
            "media_out": .number(Double(counters.mediaOut)), "keys": .number(Double(counters.keys)),
            "interruptions": .number(Double(counters.interruptions)), "provider_errors": .number(Double(counters.providerErrors)),
            "dropped_samples": .number(Double(counters.droppedSamples)),
        ])
    }

    /// Live calls and outbound calls that have not ended, the oldest first.
    ///
    /// - Parameters:
    ///   - open: outbound calls, at least as many of the oldest as the answer takes.
    ///   - openCount: how many there are.
    ///   - limit: most calls in the answer; `count` counts them all.
    static func list(_ registry: CallRegistry, _ open: [DialedCall], _ openCount: Int, _ limit: Int) -> HTTPAnswer {

        var streams = Dictionary(registry.live.map { ($0.id, $0) }) { first, _ in first }
        let dialled = open.map { (at: $0.createdAt, call: Optional($0), record: streams.removeValue(forKey: $0.id)) }
        let inbound = streams.values.filter { !$0.isOutbound || open.count < limit }.map {
            (at: $0.startedAt, call: DialedCall?.none, record: Optional($0))
        }
        let all = (dialled + inbound).sorted { $0.at < $1.at }
        let calls = all.prefix(limit).map { JSONValue.object(members($0.record, $0.call)) }
        return .json(200, .object(["calls": .array(calls), "count": .number(Double(all.count - open.count + openCount))]))
    }

    /// The calls with these ids, ended ones too.
    static func chosen(_ ids: [String], _ registry: CallRegistry, _ find: (String) -> DialedCall?) -> HTTPAnswer {
        var calls: [JSONValue] = []
        var unknown: [JSONValue] = []
        for id in ids {
            let call = find(id), record = registry.record(id)
            if call == nil, record == nil { unknown.append(.string(id)) } else { calls.append(.object(members(record, call))) }
        }
        return .json(200, .object(["calls": .array(calls), "unknown": .array(unknown)]))
    }

    /// What is said of a call by its stream, and over it by the dialer.
    private static func members(_ record: CallRecord?, _ call: DialedCall?) -> [String: JSONValue] {
        var members = record.map { Self.members($0) } ?? [:]
        if let call { members.merge(DialReport.members(call)) { _, dialled in dialled } }
        // The dialer counts the caller's leg as streaming all the while.
        if let record, record.isTransferring, call?.status.end == nil { members["status"] = .string(status(record)) }
        return members
    }

    private static func status(_ record: CallRecord) -> String {
        record.endedAt != nil ? "ended" : record.isTransferring ? "transferring" : "streaming"
    }

    private static func members(_ record: CallRecord) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "call_id": .string(record.id), "direction": .string(record.isOutbound ? "outbound" : "inbound"),
            "provider": .string(record.provider.text), "bot": .string(record.bot),
            "status": .string(status(record)), "started_at": .number(record.startedAt),
            "provider_call_id": .init(record.start.callID), "stream_id": .init(record.start.streamID),
            "from": .init(record.from?.masked), "to": .init(record.to?.masked),
        ]
        if let endedAt = record.endedAt { members["ended_at"] = .number(endedAt) }
        if let termination = record.termination { members["termination"] = .string(termination.rawValue) }
        if let error = record.bodyError { members["body_error"] = .string(error) }
        return members
    }
}
