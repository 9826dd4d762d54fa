import Call
import Foundation
import Net
import Simulation
import Testing
import Wire

@testable import CLI
@testable import Server

/// `trunkline simulate --api` as it is typed, and over its socket.
@Suite struct SimulatedAPICommandTests {
    private final class Running {
        let result = SimulatedAPIResult()
        let group: EventLoopGroup

        init(_ words: String..., environment: [String: String] = [:]) throws {
            let plan = try SimulatedAPIPlan((["--api", "--port", "0"] + words)[...], environment)
            group = try SimulatedAPICommand.start(plan, result)
        }

        deinit { group.stop(grace: .zero) }

        /// Stops, and gives what was done.
        func ledger() throws -> CallLedger {
            group.stop(grace: .zero)
            group.wait()
            return try #require(result.ledger)
        }

        static let account = "AC00000000000000000000000000000001"

        /// A create request of Twilio's. - Throws: when no answer comes.
        func dial(_ document: String, status: String? = nil, to: String = "+15005550010") throws -> TestHTTP {
            var fields: [FormEncoding.Field] = [.init("To", to), .init("From", "+15005550006"), .init("Twiml", document)]
            if let status {
                fields.append(.init("StatusCallback", status))
                fields += ["initiated", "ringing", "answered", "completed"].map { .init("StatusCallbackEvent", $0) }
            }
            let credentials = Data("\(Self.account):made up".utf8).base64EncodedString()
            return try TestHTTP(
                "POST", "/2010-04-01/Accounts/\(Self.account)/Calls.json", port: group.port,
                headers: [("Authorization", "Basic \(credentials)"), ("Content-Type", "application/x-www-form-urlencoded")],
                body: FormEncoding.text(fields))
        }
    }

    private static func document(_ port: Int) -> String {
        #"<Response><Connect><Stream url="ws://127.0.0.1:\#(port)/ws/twilio"/></Connect></Response>"#
    }

    @Test func `an answered call is told and opens its stream, and the ledger says so`() throws {
        let server = try TestServer { $0.bots = .builtIn }
        let double = try RESTDouble([(200, "")], type: "text/plain")
        let running = try Running("--ring-seconds", "0", "--answer-seconds", "0.3")
        let answer = try running.dial(Self.document(server.port), status: "\(double.base)/status")
        #expect(answer.status == 201)
        let id = try JSONValue(parsing: Array(answer.body.utf8))["sid"]?.string
        let told = try (0..<4).map { _ in
            let fields = try FormEncoding.fields(String(decoding: try #require(double.next()).body, as: UTF8.self))
            return fields.first { $0.name == "CallStatus" }?.value
        }
        #expect(Set(told) == ["initiated", "ringing", "in-progress", "completed"])
        let call = try #require(try running.ledger().calls.first)
        #expect(call.id == id && call.end == .completed && call.wasStreamed)
        #expect(running.result.complaints == [:])
        double.stop()
    }

    @Test func `a document that cannot be followed is told`() throws {
        let running = try Running("--ring-seconds", "0", "--answer-seconds", "1")
        let double = try RESTDouble([(200, "")], type: "text/plain")
        _ = try running.dial("<Response><Colour/></Response>", status: "\(double.base)/status")
        for _ in 0..<4 { _ = try #require(double.next()) }
        _ = try running.ledger()
        #expect(running.result.complaints.keys.contains { $0.hasPrefix("twilio would object") })
        double.stop()
    }

    @Test func `a connection that is closed after the call was placed has no answer`() throws {
        let running = try Running("--faults", "closed-placed=1", "--no-streams")
        #expect(throws: (any Error).self) { try running.dial("<Response/>") }
        #expect(try running.ledger().calls.count == 1)
    }

    @Test func `the ledger can be asked for at any time`() throws {
        let running = try Running("--no-streams", "--numbers", "15005550010=busy")
        _ = try running.dial("<Response/>")
        let answer = try TestHTTP("GET", "/ledger", port: running.group.port)
        let ledger = try JSONValue(parsing: Array(answer.body.utf8))
        guard case .array(let calls)? = ledger["calls"] else { return #expect(Bool(false)) }
        #expect(calls.first?["to"]?.string == "+15005550010")
    }

    @Test func `a secret that is known must be right`() throws {
        let running = try Running("--no-streams", environment: ["TWILIO_AUTH_TOKEN": "another"])
        #expect(try running.dial("<Response/>").status == 401)
    }

    @Test(arguments: [
        ["--provider", "skype"], ["--fates", "late=1"], ["--fates", "answered=0"], ["--fates", "busy"], ["--faults", "429=7"],
        ["--ring-seconds", "3-1"], ["--answer-seconds", "long"], ["--numbers", "+1=gone"], ["--ledger", "/no/such/folder/l.json"],
        ["--port", "70000"], ["--seed", "x"], ["stray"],
    ])
    func `what makes no sense is bad usage`(words: [String]) {
        #expect(throws: UsageError.self) { try SimulatedAPIPlan((["--api"] + words)[...]) }
    }

    @Test func `what is asked for is what runs`() throws {
        let plan = try SimulatedAPIPlan(
            [
                "--api", "--provider", "plivo", "--fates", "busy=1,answered=3", "--ring-seconds", "0.5-2", "--patience", "4",
                "--seed", "7", "--list-lag", "2",
            ][...])
        #expect(plan.options.providers == [.plivo] && plan.options.fates.weights == [.busy: 1, .answered: 3])
        #expect(plan.options.fates.ring == .milliseconds(500)...(.seconds(2)) && plan.options.fates.patience == .seconds(4))
        #expect(plan.options.seed == 7 && plan.options.listLag == .seconds(2) && plan.options.opensStreams)
        #expect(plan.port == SimulatedAPIPlan.usualPort)
    }
}
