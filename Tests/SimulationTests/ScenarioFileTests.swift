import Audio
import Call
import Simulation
import Testing

/// What a scenario file may say, and how it is told where it is wrong.
@Suite struct ScenarioFileTests {
    private func read(_ text: String, recording: (String) -> [UInt8]? = { _ in nil }) throws -> Scenario {
        try Scenario(parsing: Array(text.utf8), recording: recording)
    }

    private func mistake(_ text: String) -> ScenarioError? {
        do throws(ScenarioError) {
            _ = try Scenario(parsing: Array(text.utf8)) { _ in nil }
            return nil
        } catch {
            return error
        }
    }

    /// A file whose caller does this.
    private func step(_ text: String) -> String { #"{"name":"x","caller":[{"wait_ms":1},\#(text)]}"# }
    /// A file with this beside its caller.
    private func beside(_ text: String) -> String { #"{"name":"x","caller":[{"hang_up":true}],\#(text)}"# }

    @Test(arguments: [
        ("{", "", "is not valid JSON"), ("[]", "", "must be an object in braces"),
        (#"{"caller":[{"wait_ms":1}]}"#, "name", "is missing"),
        (#"{"name":"x"}"#, "caller", "is missing"),
        (#"{"name":"x","calls":[{}]}"#, "calls[0].caller", "is missing"),
        (#"{"name":"x","calls":[]}"#, "calls", "needs at least one call"),
        (#"{"name":"x","caller":[{"wait_ms":1}],"calls":[{"cast":1}]}"#, "calls[0].cast", "no such key"),
    ])
    func `a file that is no scenario is refused`(text: String, path: String, words: String) {
        let error = mistake(text)
        #expect(error?.path == path)
        #expect(error?.words.contains(words) == true)
    }

    @Test(arguments: [
        (#""surprise":1"#, "surprise", "no such key; here may stand name, about"),
        (#""providers":["skype"]"#, "providers[0]", "must be one of twilio, telnyx"),
        (#""options":{"greet":[1]}"#, "options.greet", "must be text, a number"),
        (#""network":{"dely_ms":4}"#, "network.dely_ms", "no such key"),
        (#""network":{"to_bot":{"bytes_per_second":4000}}"#, "network.to_bot.bytes_per_second", "no such key"),
        (#""network":{"stalls":[{"at_ms":4}]}"#, "network.stalls[0].ms", "is missing"),
        (#""network":{"delay_ms":-1}"#, "network.delay_ms", "must be a whole number from 0 to 10000"),
        (#""provider":{"swaps_media":"yes"}"#, "provider.swaps_media", "must be true or false"),
        (#""limit_ms":1.5"#, "limit_ms", "must be a whole number from 100"),
        (#""expect":{"gap":1}"#, "expect.gap", "no such key"),
        (#""expect":{"gap_ms":{}}"#, "expect.gap_ms", "needs min, max or both"),
        (#""expect":{"gap_ms":{"min":2,"max":1}}"#, "expect.gap_ms", "min is above max"),
        (#""expect":{"segments":"0-"}"#, "expect.segments", "must be like"),
        (#""expect":{"segments":"5-2"}"#, "expect.segments", "must be like"),
        (#""expect":{"voice":4}"#, "expect.voice", "must be a whole number from 0 to 3"),
        (#""expect":{"ending":"bored"}"#, "expect.ending", "must be one of caller hung up"),
        (#""expect_for":{"skype":{}}"#, "expect_for.skype", "no such key"),
        (#""expect_for":{"twilio":{"tone":{"hz":3}}}"#, "expect_for.twilio.tone.hz", "must be a number from 50"),
    ])
    func `a mistake is told by its place, with the mend`(text: String, path: String, words: String) {
        let error = mistake(beside(text))
        #expect(error?.path == path)
        #expect(error?.words.contains(words) == true, "\(error?.words ?? "read")")
    }

    @Test(arguments: [
        (#"{}"#, "caller[1]", "one action a step"), (#"{"say":{"ms":1},"press":"1"}"#, "caller[1]", "one action a step"),
        (#"{"say":{"sound":"song","ms":1}}"#, "caller[1].say.sound", "must be one of tone"),
        (#"{"say":{"sound":"noise"}}"#, "caller[1].say.ms", "is missing"),
        (#"{"say":{"sound":"cough","ms":1,"hz":300}}"#, "caller[1].say.hz", "belongs to"),
        (#"{"say":{"sound":"wav","file":"gone.wav"}}"#, "caller[1].say.file", "gone.wav cannot be read"),
        (#"{"say":{"sound":"wav","file":"a.wav","ms":3}}"#, "caller[1].say.ms", "a recording has its own"),
        (#"{"press":"12x"}"#, "caller[1].press", "must be up to 100 keys"),
        (#"{"press":""}"#, "caller[1].press", "needs at least one key"),
        (#"{"wait_ms":5,"within_ms":3}"#, "caller[1].within_ms", "means nothing to wait_ms"),
        (#"{"interrupt_at_heard_ms":5}"#, "caller[1]", "an interruption needs one of say and press"),
        (#"{"hang_up":false}"#, "caller[1].hang_up", "must be true"),
    ])
    func `a step that cannot be followed is told by its place, with the mend`(text: String, path: String, words: String) {
        let error = mistake(step(text))
        #expect(error?.path == path)
        #expect(error?.words.contains(words) == true, "\(error?.words ?? "read")")
    }

    @Test func `what a call does not say stands beside the calls`() throws {
        let scenario = try read(
            #"""
            {"name":"x","providers":["plivo","plivo"],"bot":"drill","options":{"greet":3},"caller":[{"hang_up":true}],
            "network":{"delay_ms":5,"to_caller":{"jitter_ms":7}},"expect":{"clears":0},
            "calls":[{},{"name":"b","bot":"any","options":{"voice":1},"starts_at_ms":40,"network":{}}]}
            """#)
        #expect(scenario.providers == [.plivo])
        #expect(scenario.bots == ["drill"])
        #expect(scenario.calls.map(\.name) == ["call 1", "b"])
        #expect(scenario.calls[0].options == ["greet": "3"])
        #expect(scenario.calls[0].network.toBot.delay == .milliseconds(5))
        #expect(scenario.calls[0].network.toBot.jitter == .zero)
        #expect(scenario.calls[0].network.toCaller.delay == .milliseconds(5))
        #expect(scenario.calls[0].network.toCaller.jitter == .milliseconds(7))
        #expect(scenario.calls[1].bot == nil)
        #expect(scenario.calls[1].options == ["voice": "1"])
        #expect(scenario.calls[1].network == Netem())
        #expect(scenario.calls[1].startsAt == .milliseconds(40))
        #expect(scenario.calls[1].expectations == [.bound(.clears, Bound(minimum: 0, maximum: 0))])
    }

    @Test func `an expectation for a provider stands in place of the common one, and objections are never expected`() throws {
        let scenario = try read(beside(#""expect":{"clears":1,"gap_ms":{"max":9}},"expect_for":{"exotel":{"clears":2}}"#))
        let call = try #require(scenario.calls.first)
        #expect(call.expectations(for: .twilio).map(\.name) == ["gap_ms", "clears", "complaints"])
        #expect(call.expectations(for: .exotel).contains(.bound(.clears, Bound(minimum: 2, maximum: 2))))
        #expect(call.expectations(for: .exotel).count == 3)
    }

    @Test func `a recording is said at its own level and length`() throws {
        var tone = Tone(hertz: 440, level: -10, rate: .hz8000)
        let bytes = WAV(tone.next(milliseconds: 700)).encoded()
        let text = #"{"name":"x","bot":"echo","caller":[{"wait_ms":500},{"say":{"sound":"wav","file":"a.wav"}},{"wait_ms":900}]}"#
        let scenario = try read(text) { $0 == "a.wav" ? bytes : nil }
        for provider in PlayedProvider.allCases {
            let verdict = try #require(try Rehearsals.play(scenario, provider).first)
            let heard = try #require(verdict.measures.first { $0.measure == .heard }?.value)
            #expect(abs(heard - 700) < 3)
        }
    }
}
