import Simulation
import Testing

/// Every scenario that is shipped, on a virtual clock, with the engine as far end.
@Suite struct ScenarioTests {
    @Test(arguments: Fixtures.names("scenarios", ending: ".json")) func `the engine passes every scenario with every provider`(
        name: String
    ) throws {
        let scenario = try Rehearsals.scenario(name)
        for provider in scenario.providers {
            for verdict in try Rehearsals.play(scenario, provider) {
                #expect(verdict.failures.map(\.sentence) == [], "\(name), \(provider.rawValue) \(verdict.call)")
            }
        }
    }

    @Test func `there are at least twenty scenarios`() { #expect(Fixtures.names("scenarios", ending: ".json").count >= 20) }

    @Test(arguments: ["barge-in-early", "jittery-network"]) func `a rehearsal is the same on every run, byte for byte`(
        name: String
    ) throws {
        let scenario = try Rehearsals.scenario(name)
        #expect(try Rehearsals.report(scenario, .twilio) == Rehearsals.report(scenario, .twilio))
    }

    @Test func `a caller who waits in vain says for what, and hangs up`() throws {
        let text =
            #"{"name":"x","bot":"drill","options":{"greet":0},"caller":[{"await_sound":true,"within_ms":700},{"wait_ms":5000}]}"#
        let verdict = try #require(try Rehearsals.play(try Scenario(parsing: Array(text.utf8)) { _ in nil }, .twilio).first)
        #expect(!verdict.hasPassed)
        #expect(verdict.failures.first?.sentence.contains("no sound was heard within 0.70 s") == true)
        #expect(verdict.duration == .milliseconds(700))
    }

    @Test func `a call that is not over at its limit has failed`() throws {
        let text = #"{"name":"x","bot":"echo","limit_ms":500,"caller":[{"wait_ms":5000}]}"#
        let verdict = try #require(try Rehearsals.play(try Scenario(parsing: Array(text.utf8)) { _ in nil }, .vonage).first)
        #expect(verdict.failures.map(\.name) == ["script"])
        #expect(verdict.duration == .milliseconds(500))
    }
}
