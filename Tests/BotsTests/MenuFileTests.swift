import Testing

@testable import Bots

/// Menu files: what is read, and how each mistake is told.
@Suite struct MenuFileTests {
    private static func plan(_ bytes: [UInt8]) throws(MenuError) -> MenuPlan {
        try MenuPlan(parsing: bytes, bots: ["drill", "echo"]) { name in
            guard let bytes = try? Fixtures.bytes("menus/sounds/\(name)") else {
                return .failure(MenuSoundError("no file \"\(name)\" in here"))
            }
            return .success(bytes)
        }
    }

    private static func plan(_ text: String) throws(MenuError) -> MenuPlan { try plan(Array(text.utf8)) }

    private static func mistakes(_ text: String) -> String {
        do throws(MenuError) {
            _ = try plan(text)
            return ""
        } catch {
            return error.description
        }
    }

    private static func menu(_ keys: String) -> String {
        #"{"trunkline_menu":1,"start":"main","menus":{"main":{"prompt":"good.wav","keys":{\#(keys)}}}}"#
    }

    @Test(arguments: Fixtures.names("menus/bad", ending: ".json")) func `every mistake of a file is told at once, by its place`(
        name: String
    ) throws {
        let error = try #require(throws: MenuError.self) { try Self.plan(try Fixtures.bytes("menus/bad/\(name).json")) }
        #expect(error.description + "\n" == (try Fixtures.text("menus/bad/\(name).txt")))
    }

    @Test func `all that may stand in a file is read`() throws {
        let plan = try Self.plan(
            #"""
            {"trunkline_menu": 1, "about": "x", "start": "main", "voice_interrupts": true, "menus": {
              "main": {"about": "x", "prompt": ["good.wav", "stereo.wav"], "timeout": 0.5, "between_keys": 0.2, "retries": 0,
                "invalid": "good.wav", "no_input": "good.wav", "after_retries": {"do": "menu", "menu": "sub"}, "interruptible": false,
                "keys": {
                  "1": {"do": "menu", "menu": "sub"}, "2": {"do": "play", "prompt": "good.wav", "interruptible": false},
                  "3": {"do": "record", "prompt": "good.wav", "beep": false, "max": 60, "silence": 2.5, "end": "#*", "keep": false,
                    "failed": "good.wav", "then": {"do": "play_back", "nothing": "good.wav", "then": {"do": "hangup"}}},
                  "4": {"do": "echo", "prompt": "good.wav", "max": 5, "end": "any", "then": {"do": "hangup"}, "about": "x"},
                  "5": {"do": "bot", "bot": "drill", "prompt": "good.wav", "failed": "good.wav"},
                  "0": {"do": "transfer", "to": "+12025550100", "caller_id": "+12025550101", "timeout": 20, "prompt": "good.wav",
                    "hold": "good.wav", "failed": "good.wav", "busy": "good.wav", "no_answer": "good.wav", "then": {"do": "hangup"}},
                  "*9d": {"do": "hangup", "prompt": "good.wav"}}},
              "sub": {"prompt": "good.wav", "keys": {"1": {"do": "hangup"}}}}}
            """#)
        #expect(plan.names == ["main", "sub"])
        #expect(plan.warnings.isEmpty)
        #expect(plan.honoursVoice && plan.holdsMessages)
        let main = plan.places[plan.start]
        #expect(main.prompt.parts.map(\.samples.count) == [800, 800])
        #expect(main.actions.keys.sorted() == ["*9D", "0", "1", "2", "3", "4", "5"])
        #expect(main.beginnings == ["*", "*9"])
        #expect(plan.transfers.keys.sorted() == ["main.keys.0"])
    }

    @Test func `what is odd is told and no mistake`() throws {
        let plan = try Self.plan(
            #"""
            {"trunkline_menu":1,"start":"a","menus":{
              "a":{"prompt":"good.wav","keys":{"1":{"do":"hangup"}},"after_retries":{"do":"menu","menu":"a"}},
              "b":{"keys":{"1":{"do":"hangup"}}}}}
            """#)
        #expect(
            plan.warnings.map(\.description) == [
                "menus.b: no key leads here",
                "menus.a.after_retries: a caller who presses nothing goes round until the call's longest time is over (a → a)",
                "menus.b.prompt: is missing: a caller who comes here hears nothing",
            ])
    }

    @Test func `a number that is wrong is not repeated in the message`() {
        let text = Self.mistakes(Self.menu(#""1":{"do":"transfer","to":"12025550199"}"#))
        #expect(text.contains("menus.main.keys.1.to: must be a telephone number") && !text.contains("12025550199"))
    }

    @Test func `limits are told with their numbers`() {
        func nested(_ depth: Int) -> String {
            (0..<depth).reduce(#"{"do":"hangup"}"#) { inner, _ in #"{"do":"play","prompt":"good.wav","then":\#(inner)}"# }
        }
        #expect(Self.mistakes(Self.menu("\"1\":" + nested(15))).isEmpty)
        #expect(Self.mistakes(Self.menu("\"1\":" + nested(16))).contains("is the action number 17 in a row"))
        #expect(Self.mistakes(Self.menu("\"1\":" + nested(70))).contains("more than 64 inside each other"))
        #expect(Self.mistakes(String(repeating: "[", count: 100_000)).contains("more than 64 inside each other"))
        let keys = (0..<300).map { "\"\($0)\":{\"do\":\"hangup\"}" }.joined(separator: ",")
        #expect(Self.mistakes(Self.menu(keys)).contains("has 300 keys, at most 256 are taken"))
        let many = (0..<10_000).map { "\"\($0)\":{\"do\":\"hangup\"}" }.joined(separator: ",")
        #expect(Self.mistakes(Self.menu(many)).contains("more than 16384 values"))
        let menus = (0..<300).map { #""m\#($0)":{"keys":{"1":{"do":"hangup"}}}"# }.joined(separator: ",")
        #expect(Self.mistakes(#"{"trunkline_menu":1,"start":"m1","menus":{\#(menus)}}"#).contains("has 300 menus, 1 to 256"))
        #expect(Self.mistakes(String(repeating: " ", count: 2_000_000)).contains("the file has 2000000 bytes, at most 1048576"))
        let names = (0..<17).map { _ in "\"good.wav\"" }.joined(separator: ",")
        #expect(Self.mistakes(Self.menu(#""1":{"do":"play","prompt":[\#(names)]}"#)).contains("a list of 1 to 16 names"))
        let long = Self.menu(#""1":{"do":"play","prompt":"\#(String(repeating: "a", count: 300)).wav"}"#)
        #expect(Self.mistakes(long).contains("has more than 255 bytes"))
    }

    @Test func `a file of nothing but mistakes does not fill the terminal`() {
        let strangers = (0..<500).map { "\"x\($0)\":1" }.joined(separator: ",")
        let lines = Self.mistakes("{\(strangers)}").split(separator: "\n")
        #expect(lines.count == MenuError.mostTold + 1)
        #expect(lines.last == "and 403 mistakes more")
    }

    @Test func `somebody's words cannot steer the terminal`() {
        let text = Self.mistakes(##"{"trunkline_menu":1,"start":"\u001b[2J\n","men\u0007us":{}}"##)
        #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
        #expect(text.contains("men?us: no such key; is menus meant?"))
    }

    @Test func `a sound is read once however often it is named`() throws {
        var reads = 0
        let wav = try Fixtures.bytes("menus/sounds/good.wav")
        _ = try MenuPlan(
            parsing: Array(Self.menu(#""1":{"do":"play","prompt":["good.wav","good.wav"]}"#).utf8), bots: [String]()
        ) { _ in
            reads += 1
            return .success(wav)
        }
        #expect(reads == 1)
    }
}
