import Audio
import Bots
import Simulation
import Testing

/// Menus walked by keys, as each provider sends keys and plays prompts. The prompts are numbered tones.
@Suite struct MenuWalkTests {
    private static func plan(_ folder: String) throws -> MenuPlan {
        try MenuPlan(parsing: Fixtures.bytes("\(folder)/menu.json"), bots: BotCatalog.builtIn.names) { name in
            guard let bytes = try? Fixtures.bytes("\(folder)/\(name)") else { return .failure(MenuSoundError("no file \(name)")) }
            return .success(bytes)
        }
    }

    @Test(arguments: Fixtures.names("menus/scenarios", ending: ".json")) func `a menu is walked by keys with every provider`(
        name: String
    ) throws {
        let bots = BotCatalog.builtIn.adding(MenuBot(try Self.plan("menus/tones")))
        let scenario = try Scenario(parsing: try Fixtures.bytes("menus/scenarios/\(name).json")) { _ in nil }
        for provider in scenario.providers {
            for verdict in try Rehearsals.play(scenario, provider, bots: bots) {
                #expect(verdict.failures.map(\.sentence) == [], "\(name), \(provider.rawValue) \(verdict.call)")
            }
        }
    }

    @Test(arguments: PlayedProvider.allCases) func `the demo menu answers, and a key of each action is heard`(
        provider: PlayedProvider
    ) throws {
        let bots = BotCatalog.builtIn.adding(MenuBot(try Self.plan("../../Sources/CLI/DemoMenu")))
        let text = """
            {"name": "demo", "bot": "menu", "limit_ms": 120000, "caller": [
              {"interrupt_at_heard_ms": 2000, "press": "1"}, {"wait_ms": 3000},
              {"press": "2"}, {"wait_ms": 1000}, {"press": "5"}, {"wait_ms": 500},
              {"say": {"sound": "tone", "hz": 1300, "ms": 1000}}, {"wait_ms": 500}, {"press": "#"}, {"wait_ms": 800},
              {"press": "3"}, {"wait_ms": 500}, {"press": "0"}, {"wait_ms": 800},
              {"say": {"sound": "tone", "hz": 1700, "ms": 1000}}, {"wait_ms": 300}, {"press": "#"}, {"wait_ms": 500},
              {"press": "1"}, {"wait_ms": 2000}, {"press": "*"}, {"wait_ms": 500}, {"press": "9"}, {"await_end": true}
            ], "expect": {"ending": "server closed", "tone": {"hz": 1300, "level_db": {"min": -45}}}}
            """
        let scenario = try Scenario(parsing: Array(text.utf8)) { _ in nil }
        for verdict in try Rehearsals.play(scenario, provider, bots: bots) {
            #expect(verdict.failures.map(\.sentence) == [])
            // Each of a second: the one in the echo, the other in the message that is played back.
            for pitch in [1_300.0, 1_700.0] {
                #expect((8...13).contains(Self.tenths(of: pitch, in: verdict.heard)), "\(pitch) Hz, \(provider.rawValue)")
            }
        }
    }

    /// How many tenths of a second are filled by a tone.
    private static func tenths(of pitch: Double, in audio: PCM16) -> Int {
        let meter = ToneMeter(hertz: pitch, rate: audio.rate)
        let tenth = audio.rate.samples(inMilliseconds: 100)
        return stride(from: 0, to: audio.samples.count - tenth, by: tenth).count { start in
            let piece = PCM16(samples: Array(audio.samples[start..<start + tenth]), rate: audio.rate)
            return meter.level(of: piece) > Loudness(piece).rms - 1 && meter.level(of: piece) > -30
        }
    }
}
