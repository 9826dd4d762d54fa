import Bots
import Call
import Dialing
import Foundation
import Net
import Providers
import Synchronization
import Testing

@testable import Server

/// A host on loopback that a test answers for: a provider's REST API, or a receiver of events.
final class AnsweringDouble: Sendable {
    /// - Returns: `nil` to leave the request without an answer.
    typealias Answer = @Sendable (IncomingRequest, _ number: Int) -> (status: Int, body: String)?

    private let requests = Mutex<[IncomingRequest]>([])
    private let answer: Answer
    private let group: Mutex<EventLoopGroup?> = Mutex(nil)

    init(_ answer: @escaping Answer) throws {
        self.answer = answer
        let group = try EventLoopGroup.start(host: "127.0.0.1", port: 0) { _ in Service(double: self) }
        self.group.withLock { $0 = group }
    }

    var base: String { "http://127.0.0.1:\(group.withLock { $0?.port ?? 0 })" }
    func stop() { group.withLock { $0?.stop(grace: .zero) } }
    /// All requests so far.
    var asked: [IncomingRequest] { requests.withLock(\.self) }
    var placed: [IncomingRequest] { asked.filter { $0.method == "POST" && $0.target.hasSuffix("/Calls.json") } }

    /// Takes calls as Twilio does, each under a new id, and lists none.
    static func twilio() throws -> AnsweringDouble {
        try AnsweringDouble { request, number in
            request.method == "POST" ? (201, #"{"sid":"CA\#(number)","status":"queued"}"#) : (200, #"{"calls":[]}"#)
        }
    }

    private final class Service: LoopService {
        let double: AnsweringDouble
        /// Requests that stay without an answer.
        var held: [HTTPExchange] = []
        init(double: AnsweringDouble) { self.double = double }

        func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
            let number = double.requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            guard let answer = double.answer(request, number) else { return held.append(exchange) }
            exchange.answer(
                HTTPAnswer(status: answer.status, headers: [("content-type", "application/json")], body: Array(answer.body.utf8)))
        }

        func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(404, "not_found", "no streams here")) }
        func wake(at now: Moment) {}
        func stopping() {}
    }
}

/// A folder for one journal. Goes away with its last reference.
final class JournalPlace {
    let path = NSTemporaryDirectory() + "trunkline-journal-\(UUID().uuidString)"
    var file: String { path + "/journal.jsonl" }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var text: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
}

/// A server that places calls with a double of Twilio.
struct DialBench {
    let double: AnsweringDouble
    let place: JournalPlace
    let server: TestServer
    var port: Int { server.port }

    init(
        _ double: AnsweringDouble? = nil, place: JournalPlace = JournalPlace(), _ change: (inout Configuration) -> Void = { _ in }
    ) throws {
        let double = try double ?? .twilio()
        self.double = double
        self.place = place
        server = try TestServer {
            $0.journal = place.path
            $0.secret = Secret("a secret of thirty-two characters")
            $0.dial.rate.all = 1_000
            $0.dial.concurrency.all = 1_000
            $0.settings = Self.settings(double.base)
            change(&$0)
        }
    }

    /// An API key in place of the auth token: callbacks are not signed then.
    static func settings(_ base: String, _ more: [String: String] = [:]) -> ProviderSettings {
        var values = [
            "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "secret-1",
            "TWILIO_PHONE_NUMBER": "+12025550100", "TWILIO_API_BASE": base,
        ]
        values.merge(more) { _, new in new }
        return ProviderSettings(values.mapValues { Secret($0) })
    }

    func start(
        _ body: String = #"{"phone_number":"+12025550123","provider":"twilio"}"#, path: String = "/start",
        headers: [(String, String)] = []
    ) throws -> TestHTTP {
        try TestHTTP("POST", path, port: port, headers: [("Content-Type", "application/json")] + headers, body: body)
    }

    func call(_ id: String) throws -> [String: Any] { try TestHTTP("GET", "/calls/\(id)", port: port).json }

    func status(_ id: String, _ form: String) throws -> TestHTTP {
        try TestHTTP(
            "POST", "/status/twilio/\(id)", port: port, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: form
        )
    }

    /// Asks until the call stands as wanted; an answer on loopback takes far less than the tries.
    func wait(_ id: String, for status: String) throws -> [String: Any] {
        for _ in 1...5_000 {
            let call = try call(id)
            if call["status"] as? String == status { return call }
        }
        throw TestSocket.Broken(what: "the call is \(try call(id)["status"] ?? "unknown"), not \(status)")
    }

    /// Asks until it is so.
    func wait(until isSo: () throws -> Bool) throws {
        for _ in 1...5_000 {
            if try isSo() { return }
            _ = try TestHTTP("GET", "/healthz", port: port)
        }
        throw TestSocket.Broken(what: "it did not come to be")
    }

    /// Path of the stream that the placed call opens.
    func streamPath(of request: IncomingRequest) throws -> String {
        let text = String(decoding: request.body, as: UTF8.self).removingPercentEncoding ?? ""
        guard let range = text.range(of: #"/ws/[A-Za-z0-9._-]+"#, options: .regularExpression) else {
            throw TestSocket.Broken(what: "no stream address in \(text)")
        }
        return String(text[range])
    }
}
