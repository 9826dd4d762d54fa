import Call
import Dialing
import Net
import Pipeline
import Wire

/// `/calls` and `/calls/{id}`: what is live, outbound calls, one call, hang up.
final class CallsController {
    private let shared: SharedState
    /// Outbound calls whose counters are asked for, by the ticket of the request.
    private var outbound: [Int: DialedCall] = [:]

    init(_ shared: SharedState) { self.shared = shared }

    func answer(_ request: IncomingRequest, call id: String?, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        guard let id else { return try list(request, exchange, on: loop) }
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        let isDelete = request.method == "DELETE"
        let obstacle = shared.dialing.post { dial in
            if isDelete, dial.cancel(id, reply) { return }
            let call = isDelete ? nil : dial.call(id)
            reply.home.post { ($0.service as? LoopServer)?.calls.found(call, id, isDelete: isDelete, reply) }
        }
        guard let obstacle else { return }
        if placesCalls { reply(DialReport.noJournal(obstacle)) } else { found(nil, id, isDelete: isDelete, reply) }
    }

    /// Whether there are calls that only the dial loop knows: while it cannot be asked, no call is unknown.
    private var placesCalls: Bool {
        switch shared.dialing.access {
        case .closed: false
        case .opening, .open: true
        }
    }

    /// The dial loop has said whether it is an outbound call. A stream of ours has more to tell.
    private func found(_ call: DialedCall?, _ id: String, isDelete: Bool, _ reply: Reply) {
        guard let record = shared.registry.record(id) else {
            guard let call else {
                return reply(.refusal(404, "unknown_call", "no call has this id; GET /calls lists the live ones"))
            }
            return reply(.json(200, .object(DialReport.members(call))))
        }
        guard record.endedAt == nil else {
            if isDelete { return reply(.refusal(409, "ended", "the call has ended: \(record.termination?.rawValue ?? "")")) }
            return reply(CallReport.answer(record, call))
        }
        if let call { outbound[reply.ticket] = call }
        record.loop.post { there in
            guard let server = there.service as? LoopServer else { return }
            let host = server.host(id)
            if isDelete {
                if let host { host.tell(.cancel(.canceled)) } else { server.streams.endTransferred(id, .canceled, hangsUp: true) }
            }
            let counters = host?.counters
            reply.home.post { ($0.service as? LoopServer)?.calls.resume(reply, record, counters) }
        }
    }

    /// Word from the call's loop has come; without counters the call ended in between.
    private func resume(_ reply: Reply, _ record: CallRecord, _ counters: CallCounters?) {
        var record = shared.registry.record(record.id) ?? record
        if record.endedAt == nil, let counters { record.counters.add(counters) }
        reply(CallReport.answer(record, outbound.removeValue(forKey: reply.ticket)))
    }

    // MARK: Lists

    /// Calls that one answer lists, unless the request says another number.
    static let usualLimit = 1_000
    /// Most calls that one answer lists. Ten thousand are 5 MB of JSON.
    static let mostListed = 10_000
    /// Most ids that one request asks for.
    static let mostIDs = 100

    private func list(_ request: IncomingRequest, _ exchange: HTTPExchange, on loop: LoopServer) throws(HTTPRefusal) {
        let query = try FormFields.query(Target(request.target))
        let limit = try limit(query["limit"])
        let ids = query["ids"].map { $0.split(separator: ",").map { String($0) } }
        if let ids, !(1...Self.mostIDs).contains(ids.count) {
            throw HTTPRefusal(.refusal(400, "bad_request", "`ids` takes 1 to \(Self.mostIDs) ids with commas between them"))
        }
        let reply = loop.tickets.hold(exchange, on: loop.loop)
        let registry = shared.registry
        let obstacle = shared.dialing.post { dial in
            reply(
                ids.map { CallReport.chosen($0, registry) { dial.call($0) } }
                    ?? CallReport.list(registry, dial.dialer.open(limit: limit), dial.dialer.openCount, limit))
        }
        guard let obstacle else { return }
        guard !placesCalls else { return reply(DialReport.noJournal(obstacle)) }
        reply(ids.map { CallReport.chosen($0, registry) { _ in nil } } ?? CallReport.list(registry, [], 0, limit))
    }

    private func limit(_ text: String?) throws(HTTPRefusal) -> Int {
        guard let text else { return Self.usualLimit }
        guard let limit = Int(text), (1...Self.mostListed).contains(limit) else {
            throw HTTPRefusal(.refusal(400, "bad_request", "`limit` is a whole number from 1 to \(Self.mostListed)"))
        }
        return limit
    }
}

extension JSONValue {
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
}

extension PhoneNumber {
    /// The last two digits behind dots: enough to tell two calls apart.
    var masked: String { exposed.count < 5 ? "…" : "…" + exposed.suffix(2) }
}
