import Bots
import Call
import Foundation
import Providers
import Simulation
import Testing

@testable import CLI
@testable import Server

/// `trunkline simulate --scenario` as it is typed.
@Suite struct ScenarioCommandTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/scenarios").path

    /// A scenario file that is gone when the test is over.
    private final class File {
        let path = FileManager.default.temporaryDirectory.appending(path: "scenario-\(UUID().uuidString).json").path
        init(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func plan(_ words: String...) throws -> ScenarioPlan { try ScenarioPlan(words[...], .builtIn) }

    private func run(_ words: String...) throws -> Int32 {
        try ScenarioCommand.run(words[...], .builtIn, Provider.all)
    }

    @Test func `a virtual run exits 0 when everything was heard and 1 when something was not`() throws {
        #expect(try run("--scenario", "\(folder)/greeting-whole.json", "--virtual", "--provider", "twilio") == 0)
        let file = try File(#"{"name":"x","bot":"drill","caller":[{"await_sound":true}],"expect":{"segments":"5"}}"#)
        #expect(try run("--scenario", file.path, "--virtual", "--json") == 1)
    }

    @Test func `a mistake in a file is bad usage and names file and place`() throws {
        let file = try File(#"{"name":"x","caller":[{"wait_ms":"long"}]}"#)
        let error = #expect(throws: UsageError.self) { try plan("--scenario", file.path) }
        #expect(error?.message.contains("\(file.path): caller[0].wait_ms: must be a whole number") == true)
        #expect(throws: UsageError.self) { try plan("--scenario", "/no/such/file") }
        #expect(throws: UsageError.self) { try plan("--scenario", folder, "--virtual", "--url", "ws://x") }
        #expect(throws: UsageError.self) { try plan("--scenario", folder, "--virtual", "--bot", "nobody") }
        #expect(throws: UsageError.self) { try plan("--scenario", folder, "--provider", "skype") }
    }

    @Test func `a bot and its options are asked for in the query`() throws {
        let file = try File(#"{"name":"x","bot":"drill","options":{"greet":3,"a b":"c&d"},"caller":[{"hang_up":true}]}"#)
        let plan = try plan("--scenario", file.path, "--url", "ws://h/ws?k=1")
        let call = try #require(plan.scenarios.first?.scenario.calls.first)
        #expect(plan.opening(of: call, .twilio)?.url == "ws://h/ws?k=1&bot=drill&a%20b=c%26d&greet=3")
    }

    @Test(arguments: ["http://h:1/answer/{provider}", "http://h:1/answer/{provider}?"])
    func `the answer document's address names the provider, and bot and options in its query`(answer: String) throws {
        let file = try File(#"{"name":"x","bot":"drill","options":{"greet":3},"caller":[{"hang_up":true}]}"#)
        let plan = try plan("--scenario", file.path, "--answer", answer, "--status", "http://h:1/status/{provider}?a=b")
        let call = try #require(plan.scenarios.first?.scenario.calls.first)
        for provider in PlayedProvider.allCases {
            let opening = try #require(plan.opening(of: call, provider))
            #expect(opening.answer?.text == "http://h:1/answer/\(provider.rawValue)?bot=drill&greet=3")
            #expect(opening.status?.text == "http://h:1/status/\(provider.rawValue)?a=b")
        }
        let more = try self.plan("--scenario", file.path, "--answer", "http://h/a?k=1", "--provider", "plivo")
        #expect(more.opening(of: call, .plivo)?.answer?.text == "http://h/a?k=1&bot=drill&greet=3")
        #expect(more.opening(of: call, .twilio) == nil)
    }

    @Test(arguments: [
        ["--virtual", "--answer", "http://h/a"], ["--virtual", "--sign", "off"], ["--url", "ws://h/ws", "--answer", "http://h/a"],
        ["--answer", "ws://h/a"], ["--status", "http://h/s"], ["--answer", "http://h/a", "--method", "PUT"],
        ["--answer", "http://h/a", "--sign", "maybe"],
    ])
    func `flags of the answer document that make no sense are bad usage`(flags: [String]) throws {
        #expect(throws: UsageError.self) { try ScenarioPlan((["--scenario", folder] + flags)[...], .builtIn) }
    }

    @Test func `what ends because the run was stopped is not judged`() {
        let results = ScenarioResults(count: 2)
        results.add(.failure(RehearsalFailure("before")), at: 0)
        results.stop()
        results.add(.failure(RehearsalFailure("after")), at: 1)
        results.wait { _ in }
        #expect(results.isStopped && results.ends[0] != nil && results.ends[1] == nil)
    }

    /// Tokens of made-up secrets that server and provider share.
    private static let secrets = ["TWILIO_AUTH_TOKEN": "made up", "PLIVO_AUTH_TOKEN": "made up too"]

    @Test func `a scenario begins with the answer document, signed, with every provider`() throws {
        let server = try TestServer {
            $0.bots = .builtIn
            $0.settings = ProviderSettings(Self.secrets.mapValues { Secret($0) })
        }
        let file = try File(
            #"""
            {"name":"x","bot":"drill","options":{"greet":3,"voice":2},
             "caller":[{"await_sound":true},{"await_silence_ms":600}],"expect":{"voice":2,"heard_ms":{"min":500}}}
            """#)
        let words = ["--scenario", file.path, "--answer", "http://127.0.0.1:\(server.port)/answer/{provider}"]
        #expect(try ScenarioCommand.run(words[...], .builtIn, Provider.all, Self.secrets) == 0)
        let refused = words + ["--sign", "wrong", "--provider", "twilio"]
        #expect(try ScenarioCommand.run(refused[...], .builtIn, Provider.all, Self.secrets) == 1)
    }

    @Test func `a document that the provider objects to fails the scenario, and callbacks are sent`() throws {
        let server = try TestServer { $0.bots = .builtIn }
        let document = """
            <Response><Connect><Stream url="ws://127.0.0.1:\(server.port)/ws/twilio"STRAY/></Connect></Response>
            """
        let file = try File(#"{"name":"x","providers":["twilio"],"caller":[{"wait_ms":200}]}"#)
        for (stray, status) in [("", Int32(0)), (" colour='red'", 1)] {
            let double = try RESTDouble([(200, document.replacing("STRAY", with: stray))], type: "text/xml")
            let words = ["--scenario", file.path, "--answer", "\(double.base)/answer", "--status", "\(double.base)/status"]
            #expect(try ScenarioCommand.run(words[...], .builtIn, Provider.all) == status)
            let targets = (0..<5).compactMap { _ in double.next()?.target }
            #expect(targets.sorted() == ["/answer", "/status", "/status", "/status", "/status"])
            double.stop()
        }
    }

    @Test func `what makes no sense is left out, with the reason`() throws {
        let url = ["--url", "ws://h/ws"]
        let echo = try ScenarioPlan((["--scenario", folder, "--bot", "echo"] + url)[...], .builtIn)
        for file in echo.scenarios {
            let (providers, obstacle) = echo.providers(of: file.scenario, .builtIn)
            #expect((obstacle == nil) == file.scenario.bots.allSatisfy { $0 == "echo" }, "\(file.path)")
            #expect(providers.isEmpty == (obstacle != nil))
        }
        let any = try ScenarioPlan((["--scenario", folder, "--provider", "exotel"] + url)[...], .builtIn)
        let obstacles = any.scenarios.map { (name: $0.stem, obstacle: any.providers(of: $0.scenario, .builtIn).obstacle) }
        #expect(obstacles.first { $0.name == "hour-long" }?.obstacle == "it takes up to 3700 s; --longest 3700 lets it run")
        #expect(obstacles.first { $0.name == "out-of-order" }?.obstacle == "it makes no sense with exotel")
        #expect(obstacles.first { $0.name == "cough" }?.obstacle == nil)
    }

    @Test func `what was heard is written`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "heard-\(UUID().uuidString).wav").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try run("--scenario", "\(folder)/silence.json", "--virtual", "--provider", "vonage", "--heard", path) == 0)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        // Two seconds of greeting at 16 kHz, 16 bits.
        #expect(size > 2 * 32_000)
    }
}
