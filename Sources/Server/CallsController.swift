import Call
import Net
import Pipeline
import Wire

/// `/calls` and `/calls/{id}`: what is live, one call, hang up.
final class CallsController {
    private let shared: SharedState
    /// Exchanges that wait for word from the loop on which the call lives.
    private var waiting: [Int: HTTPExchange] = [:]
    private var lastTicket = 0

    init(_ shared: SharedState) { self.shared = shared }

    func answer(_ request: IncomingRequest, call id: String?, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        guard let id else {
            let calls = shared.registry.live.map { JSONValue.object(Self.members($0)) }
            return exchange.answer(.json(200, .object(["calls": .array(calls), "count": .number(Double(calls.count))])))
        }
        guard let record = shared.registry.record(id) else {
            throw HTTPRefusal(.refusal(404, "unknown_call", "no call has this id; GET /calls lists the live ones"))
        }
        let isDelete = request.method == "DELETE"
        guard record.endedAt == nil else {
            if isDelete { throw HTTPRefusal(.refusal(409, "ended", "the call has ended: \(record.termination?.rawValue ?? "")")) }
            return exchange.answer(Self.report(record))
        }
        lastTicket += 1
        let ticket = lastTicket
        waiting[ticket] = exchange
        let home = loop.loop.handle
        record.loop.post { there in
            guard let server = there.service as? LoopServer else { return }
            let host = server.host(id)
            if isDelete { host?.tell(.cancel(.canceled)) }
            let counters = host?.counters
            home.post { ($0.service as? LoopServer)?.resume(ticket, record, counters) }
        }
    }

    /// Word from the call's loop has come; without counters the call ended in between.
    func resume(_ ticket: Int, _ record: CallRecord, _ counters: CallCounters?) {
        guard let exchange = waiting.removeValue(forKey: ticket) else { return }
        var record = shared.registry.record(record.id) ?? record
        if record.endedAt == nil, let counters { record.counters = counters }
        exchange.answer(Self.report(record))
    }

    private static func report(_ record: CallRecord) -> HTTPAnswer {
        var members = members(record)
        let counters = record.counters
        members["counters"] = .object([
            "broken_messages": .number(Double(counters.brokenMessages)), "media_in": .number(Double(counters.mediaIn)),
            "media_out": .number(Double(counters.mediaOut)), "keys": .number(Double(counters.keys)),
            "interruptions": .number(Double(counters.interruptions)), "provider_errors": .number(Double(counters.providerErrors)),
            "dropped_samples": .number(Double(counters.droppedSamples)),
        ])
        return .json(200, .object(members))
    }

    /// Numbers are masked: whoever lists calls is not thereby told who called.
    private static func members(_ record: CallRecord) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "call_id": .string(record.id), "provider": .string(record.provider.text), "bot": .string(record.bot),
            "status": .string(record.endedAt == nil ? "streaming" : "ended"), "started_at": .number(record.startedAt),
            "provider_call_id": .init(record.start.callID), "stream_id": .init(record.start.streamID),
            "from": .init(record.from?.masked), "to": .init(record.to?.masked),
        ]
        if let endedAt = record.endedAt { members["ended_at"] = .number(endedAt) }
        if let termination = record.termination { members["termination"] = .string(termination.rawValue) }
        if let error = record.bodyError { members["body_error"] = .string(error) }
        return members
    }
}

extension JSONValue {
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
}

extension PhoneNumber {
    /// The last two digits behind dots: enough to tell two calls apart.
    var masked: String { exposed.count < 5 ? "…" : "…" + exposed.suffix(2) }
}
