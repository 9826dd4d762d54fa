import Bots
import Foundation
import Providers
import Simulation
import Testing

@testable import CLI

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
        #expect(plan.address(of: call) == "ws://h/ws?k=1&bot=drill&a%20b=c%26d&greet=3")
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
