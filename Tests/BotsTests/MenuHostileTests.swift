import Call
import Testing

@testable import Bots

/// Files and callers by chance.
@Suite struct MenuHostileTests {
    private static func seeds() throws -> [[UInt8]] {
        try Fixtures.names("menus/bad", ending: ".json").map { try Fixtures.bytes("menus/bad/\($0).json") }
            + [Fixtures.bytes("menus/tones/menu.json")]
    }

    @Test(arguments: 0..<8) func `a file with bytes changed by chance is read or refused with words`(seed: UInt64) throws {
        var chance = SplitMix64(state: seed)
        let seeds = try Self.seeds()
        let wav = try Fixtures.bytes("menus/sounds/good.wav")
        for _ in 0..<200 {
            var bytes = seeds[Int(chance.next() % UInt64(seeds.count))]
            for _ in 0..<(1 + chance.next() % 4) where !bytes.isEmpty {
                let place = Int(chance.next() % UInt64(bytes.count))
                switch chance.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: chance.next())
                case 1: bytes.removeSubrange(place..<min(place + 1 + Int(chance.next() % 20), bytes.count))
                case _: bytes.insert(contentsOf: Array(bytes[place...].prefix(30)), at: place)
                }
            }
            do throws(MenuError) {
                let plan = try MenuPlan(parsing: bytes, bots: ["echo", "drill"]) { _ in .success(wav) }
                #expect(!plan.names.isEmpty)
            } catch {
                #expect(!error.mistakes.isEmpty && !error.description.isEmpty)
            }
        }
    }

    @Test(arguments: 0..<6) func `however a caller walks, the menu never talks to itself nor gets ahead of playout`(seed: UInt64)
        throws
    {
        var chance = SplitMix64(state: seed)
        let run = try MenuRun(
            #"""
            "voice_interrupts":\#(seed.isMultiple(of: 2)),"menus":{"main":{"prompt":"1x7000.wav","timeout":2,"retries":20,
              "keys":{"1":{"do":"play","prompt":"2x300.wav","then":{"do":"play","prompt":"3x9000.wav"}},
                "2":{"do":"record","beep":true,"silence":1,"max":3,"then":{"do":"play_back"}},
                "3":{"do":"echo","max":4},"4":{"do":"menu","menu":"quiet"},"5":{"do":"bot","bot":"echo","failed":"4x100.wav"},
                "6":{"do":"transfer","to":"+12025550100","failed":"4x100.wav"},"77":{"do":"menu","menu":"main"}}},
              "quiet":{"keys":{"1":{"do":"menu","menu":"main"}},"timeout":0.5,"retries":0,"after_retries":{"do":"menu","menu":"main"}}}
            """#)
        run.confirms = seed < 3
        for _ in 0..<400 {
            switch chance.next() % 12 {
            case 0: run.push(.interruption)
            case 1: run.push(.transferAnswered(.refused("")))
            case 2: run.push(.recordingChanged(.errored))
            case 3: run.push(.error("no"))
            case 4: run.push(.botStoppedSpeaking)
            case 5: run.pass(Int(chance.next() % 200) * 20, level: 9_000)
            case 6: run.pass(Int(chance.next() % 200) * 20)
            case _: run.press(String("1234567#".randomElement(using: &chance) ?? "1"))
            }
        }
        #expect(run.mostHeld < 30_000)
        #expect(!run.lines.contains("the pipeline talks to itself"))
        run.push(.cancel(.callerHungUp))
        run.forget()
        run.pass(2_000)
        run.press("1")
        #expect(run.lines.isEmpty)
    }
}
