import Call
import Dispatch
import Foundation
import Net
import Synchronization
import Wire

/// Our own server's `/start` and `/calls?ids=` on loopback, without a provider behind them. It outlives its restarts, as the real one's
/// journal does.
final class CampaignServerDouble: Sendable {
    struct PlacedCall {
        let id: String
        let number: String
        let request: JSONValue
        let end: String
        let at: Date
    }

    enum Fault: Sendable {
        /// Placed, and the answer never leaves.
        case hold
        case answer(Int, String, retryAfter: String?)
    }

    private struct State {
        var calls: [PlacedCall] = []
        var byKey: [String: Int] = [:]
        var starts = 0
        var faults: [Int: Fault] = [:]
        var fates: [String: [String]] = [:]
        var length = 0.1
        var problems: [String] = []
        var apiKey: String?
    }

    private let state = Mutex(State())
    private let group = Mutex<EventLoopGroup?>(nil)
    private let hasHeld = DispatchSemaphore(value: 0)
    let port: Int

    init() throws {
        let free = try EventLoopGroup.start(host: "127.0.0.1") { _ in Service { nil } }
        port = free.port
        free.stop(grace: .zero)
        free.wait()
        try start()
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var calls: [PlacedCall] { state.withLock(\.calls) }
    var starts: Int { state.withLock(\.starts) }
    /// What was asked that is not in the contract.
    var problems: [String] { state.withLock(\.problems) }

    /// How the calls to a number end, one after the other; the last one again and again. Default: `completed`.
    func set(fates: [String: [String]]) { state.withLock { $0.fates = fates } }
    /// What goes wrong with the nth request for a call, from 0.
    func set(faults: [Int: Fault]) { state.withLock { $0.faults = faults } }
    func set(apiKey: String) { state.withLock { $0.apiKey = apiKey } }

    /// Returns when an answer is held back.
    func waitForHeld() -> Bool { hasHeld.wait(timeout: .now() + 10) == .success }

    func stop() {
        let group = group.withLock { group in
            defer { group = nil }
            return group
        }
        group?.stop(grace: .zero)
        group?.wait()
    }

    /// Starts again on the same port, with everything that was placed.
    func start() throws {
        let group = try EventLoopGroup.start(host: "127.0.0.1", port: port) { [weak self] _ in Service { self } }
        self.group.withLock { $0 = group }
    }

    private final class Service: LoopService {
        let double: () -> CampaignServerDouble?
        private var held: [HTTPExchange] = []
        init(_ double: @escaping () -> CampaignServerDouble?) { self.double = double }
        func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
            guard let double = double() else { return }
            if let answer = double.answer(request) { return exchange.answer(answer) }
            held.append(exchange)
            double.hasHeld.signal()
        }
        func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(404, "not_found", "no streams here")) }
        func wake(at now: Moment) {}
        func stopping() {}
    }

    private func answer(_ request: IncomingRequest) -> HTTPAnswer? {
        let key = state.withLock(\.apiKey)
        if let key, request.headers["authorization"] != "Bearer \(key)" {
            return .refusal(401, "unauthorized", "the control routes ask for Authorization: Bearer")
        }
        switch (request.method, String(request.path)) {
        case ("POST", "/start"): return start(request)
        case ("GET", "/calls"):
            let ids = (request.query ?? "").dropFirst("ids=".count).split(separator: ",").map(String.init)
            return HTTPAnswer(200, "application/json", String(decoding: calls(ids).bytes, as: UTF8.self))
        default: return .refusal(404, "not_found", "no such route")
        }
    }

    private static let fields: Set<String> = [
        "phone_number", "provider", "from", "bot", "body", "timeout_secs", "max_duration_secs", "machine_detection", "metadata",
        "priority", "queue_secs", "wait_secs",
    ]

    private func start(_ request: IncomingRequest) -> HTTPAnswer? {
        let key = request.headers["idempotency-key"]
        let value = try? JSONValue(parsing: request.body)
        return state.withLock { state -> HTTPAnswer? in
            defer { state.starts += 1 }
            guard case .object(let members)? = value, let number = value?["phone_number"]?.string, let key else {
                state.problems.append("no JSON object with a number, or no key")
                return .refusal(400, "bad_json", "bad")
            }
            if let stranger = members.keys.first(where: { !Self.fields.contains($0) }) {
                state.problems.append("field \(stranger)")
            }
            if request.headers["content-type"] != "application/json" { state.problems.append("content type") }
            let fault = state.faults[state.starts]
            if case .answer(let status, let code, let retryAfter)? = fault {
                return .refusal(status, code, "as asked", headers: retryAfter.map { [("Retry-After", $0)] } ?? [])
            }
            let known = state.byKey[key]
            let index = known ?? state.calls.count
            if known == nil {
                let nth = state.calls.count { $0.number == number }
                let fates = state.fates[number] ?? ["completed"]
                state.byKey[key] = index
                state.calls.append(
                    PlacedCall(
                        id: "call-\(index)", number: number, request: .object(members), end: fates[min(nth, fates.count - 1)],
                        at: Date()))
            } else if state.calls[index].number != number {
                return .refusal(409, "key_reused", "the key was used for another number")
            }
            if case .hold? = fault { return nil }
            let text = #"{"call_id":"call-\#(index)","provider":"twilio","provider_call_id":"CA\#(index)","status":"queued"}"#
            return HTTPAnswer(201, "application/json", text, headers: known == nil ? [] : [("Idempotency-Replayed", "true")])
        }
    }

    private func calls(_ ids: [String]) -> JSONValue {
        let state = state.withLock { ($0.calls, $0.length) }
        var found: [JSONValue] = []
        var unknown: [JSONValue] = []
        for id in ids {
            guard let call = state.0.first(where: { $0.id == id }) else {
                unknown.append(.string(id))
                continue
            }
            let begin = call.at.timeIntervalSince1970
            var members: [String: JSONValue] = [
                "call_id": .string(id), "direction": .string("outbound"), "status": .string("ringing"), "reason": .null,
                "created_at": .number(begin), "dialed_at": .number(begin), "provider_call_id": .string("CA-\(id)"),
            ]
            if Date().timeIntervalSince(call.at) >= state.1 {
                members["status"] = .string("ended")
                members["reason"] = .string(call.end)
                members["ended_at"] = .number(begin + state.1)
            }
            found.append(.object(members))
        }
        return .object(["calls": .array(found), "unknown": .array(unknown)])
    }
}
