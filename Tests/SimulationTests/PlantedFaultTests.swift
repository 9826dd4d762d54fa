import Simulation
import Testing

/// A far end that does one thing wrong fails the expectation that is about it.
@Suite struct PlantedFaultTests {
    private func failures(_ name: String, _ fault: Fault, _ provider: PlayedProvider = .twilio) throws -> [Finding] {
        let scenario = try Rehearsals.scenario(name)
        return try Rehearsals.play(scenario, provider) { _, inner in FaultyFarEnd(inner, fault) }.flatMap(\.failures)
    }

    @Test(arguments: ["barge-in-early", "barge-in-late", "barge-in-after-all-was-sent", "barge-in-by-key", "resume"])
    func `a clear that is 300 ms late is seen, and heard`(name: String) throws {
        let names = try failures(name, .lateClear(300)).map(\.name)
        #expect(names.contains("clear_ms"))
        #expect(names.contains("stop_ms"))
    }

    @Test(arguments: ["barge-in-early", "barge-in-late", "barge-in-after-all-was-sent", "barge-in-by-key", "resume"])
    func `a clear that never comes is seen`(name: String) throws {
        let failures = try failures(name, .noClear)
        #expect(failures.map(\.name).contains("clear_ms"))
        #expect(failures.first { $0.name == "clear_ms" }?.got == "no clear after the interruption")
    }

    @Test func `a mark that counts as played when it was dropped costs words`() throws {
        let failures = try failures("resume-with-much-under-way", .marksAtOnce)
        #expect(failures.map(\.name) == ["whole_once"])
    }

    @Test(arguments: [("greeting-whole", 1_800), ("bot-hangs-up", 1_640)]) func `a lost tail is heard, and where`(
        name: String, end: Int
    ) throws {
        let failure = try #require(try failures(name, .audioEnds(end)).first { $0.name == "segments" })
        #expect(failure.sentence.contains(" for "))
        #expect(try #require(failure.at) > 1_400)
    }

    @Test(arguments: ["greeting-whole", "silence", "cough", "key-during-greeting"]) func `a gap of 100 ms is heard, and where`(
        name: String
    ) throws {
        for fault in [Fault.silence(100), .stall(100)] {
            let failure = try #require(try failures(name, fault).first { $0.name == "gap_ms" })
            #expect(abs(try #require(failure.at) - 1_130) < 60)
        }
    }

    @Test func `two calls whose audio is swapped are heard`() throws {
        let crossing = Crossing()
        let scenario = try Rehearsals.scenario("two-calls")
        let verdicts = try Rehearsals.play(scenario, .twilio) { FaultyFarEnd($1, .crossed(crossing, $0)) }
        for verdict in verdicts {
            let failure = try #require(verdict.failures.first { $0.name == "voice" })
            #expect(failure.got.contains("of another call"))
            #expect(try #require(failure.at) > 700)
        }
    }

    @Test func `a packet that is said twice and one that is lost are heard in the length of a word`() throws {
        let twice = try #require(try failures("greeting-whole", .repeatedPacket).first { $0.name == "segments" })
        #expect(twice.got.contains(/^0-3, 4 for 2(69|70|71) ms, 5-7$/))
        let lost = try #require(try failures("greeting-whole", .lostPacket).first { $0.name == "segments" })
        #expect(lost.got.contains(/^0-3, 4 for 2(29|30|31) ms, 5-7$/))
        let heard = try #require(try failures("echo-whole", .lostPacket).first { $0.name == "exact_echo" })
        #expect(heard.got.contains(" samples in a row"))
    }

    @Test func `a wrong codec is heard in the level`() throws {
        #expect(try failures("greeting-whole", .wrongCodec).map(\.name).contains("level_db"))
        #expect(try failures("echo-whole", .wrongCodec).map(\.name).contains("tone"))
    }

    @Test func `a reply that is a second late is heard`() throws {
        #expect(try failures("reply-latency", .late(1_000)).map(\.name).contains("reply_ms"))
        #expect(try failures("greeting-whole", .late(1_000)).map(\.name) == ["first_sound_ms"])
    }

    @Test func `a frame of an odd size is objected to`() throws {
        let names = try failures("greeting-whole", .oddSize, .vonage).map(\.name)
        #expect(names.contains("complaints"))
        #expect(names.contains("ending"))
    }
}
