import Audio
import Call
import Testing

@testable import Bots

@Suite struct MenuTests {
    private static let two = #"""
        "menus":{
          "main":{"prompt":["1x400.wav","2x200.wav"],"timeout":2,"retries":1,"no_input":"3x100.wav","invalid":"4x100.wav",
            "after_retries":{"do":"hangup","prompt":"5x200.wav"},
            "keys":{"1":{"do":"play","prompt":"6x500.wav"},"2":{"do":"menu","menu":"sub"},"9":{"do":"hangup","prompt":"5x200.wav"},
              "31":{"do":"play","prompt":"7x100.wav"},"3":{"do":"play","prompt":"8x100.wav"}}},
          "sub":{"prompt":"9x300.wav","keys":{"1":{"do":"menu","menu":"main"}},"timeout":1,"retries":0}}
        """#

    @Test func `the prompt's parts are heard in order and without a gap`() throws {
        let run = try MenuRun(Self.two)
        run.pass(1_000)
        #expect(run.heard == "1x400 2x200 0x400")
        #expect(run.notes == [["menu": "main"]])
    }

    @Test func `a key silences the prompt at once and leads on`() throws {
        let run = try MenuRun(Self.two)
        run.pass(200)
        run.press("2")
        #expect(run.lines == ["interruption"])
        run.pass(500)
        #expect(run.heard == "1x200 9x300 0x200")
        #expect(run.notes == [["menu": "main"], ["menu": "main", "key": "2"], ["menu": "sub"]])
    }

    @Test(arguments: [true, false]) func `the time for a key runs from the moment at which the prompt was heard`(confirms: Bool)
        throws
    {
        let run = try MenuRun(Self.two)
        run.confirms = confirms
        // 600 ms of prompt, two seconds for a key; without a word two seconds more.
        let wait = 600 + 2_000 + (confirms ? 0 : 2_000)
        run.pass(wait - 40)
        #expect(run.sounds == "1x400 2x200")
        run.pass(200)
        #expect(run.sounds.hasPrefix("1x400 2x200 3x100"))
    }

    @Test func `silence brings the prompt again as often as there are retries, then what comes after them`() throws {
        let run = try MenuRun(Self.two)
        run.pass(10_000)
        #expect(run.sounds == "1x400 2x200 3x100 1x400 2x200 3x100 5x200")
        #expect(run.lines == ["end completed"])
    }

    @Test func `a fumble of wrong keys costs one try`() throws {
        let run = try MenuRun(Self.two)
        run.pass(1_000)
        run.press("7")
        for _ in 0..<20 {
            run.pass(60)
            run.press("8")
        }
        run.pass(1_000)
        #expect(run.sounds == "1x400 2x200 4x100 1x400 2x200")
        #expect(run.lines.isEmpty)
        run.press("2")
        run.pass(200)
        #expect(run.notes.last == ["menu": "sub"])
    }

    @Test func `a storm of keys neither grows nor ends the call's logic`() throws {
        let run = try MenuRun(Self.two)
        run.pass(100)
        for _ in 0..<5_000 { run.press("8") }
        run.pass(2_000)
        #expect(run.sounds == "1x100 4x100 1x400 2x200")
        #expect(run.lines == ["interruption"])
    }

    @Test func `a key that begins another waits for it`() throws {
        let run = try MenuRun(Self.two)
        run.pass(1_000)
        run.press("3")
        run.pass(1_960)
        #expect(run.sounds == "1x400 2x200")
        run.pass(200)
        #expect(run.sounds.hasPrefix("1x400 2x200 8x100"))
        let other = try MenuRun(Self.two)
        other.pass(1_000)
        other.press("3")
        other.pass(500)
        other.press("1")
        other.pass(100)
        #expect(other.sounds == "1x400 2x200 7x100")
        let wrong = try MenuRun(Self.two)
        wrong.pass(1_000)
        wrong.press("32")
        wrong.pass(100)
        #expect(wrong.sounds == "1x400 2x200 4x100")
    }

    @Test func `a key while something is played is a key of the menu that follows`() throws {
        let run = try MenuRun(Self.two)
        run.pass(1_000)
        run.press("1")
        run.pass(100)
        run.press("2")
        run.pass(400)
        #expect(run.sounds == "1x400 2x200 6x100 9x300")
    }

    @Test func `the last words are heard whole whatever is pressed, and the end stands behind them`() throws {
        let run = try MenuRun(Self.two)
        run.pass(1_000)
        run.press("9")
        run.press("12345")
        run.push(.interruption)
        run.pass(1_000)
        #expect(run.sounds == "1x400 2x200 5x200")
        #expect(run.lines.filter { $0 != "interruption" } == ["end completed"])
    }

    @Test func `a prompt of a minute is handed over piece by piece`() throws {
        let run = try MenuRun(#""menus":{"main":{"prompt":["1x60000.wav"],"keys":{"1":{"do":"hangup","prompt":"2x45000.wav"}}}}"#)
        run.pass(70_000)
        #expect(run.sounds.hasPrefix("1x60000"))
        run.press("1")
        run.pass(50_000)
        #expect(run.sounds.hasSuffix("2x45000"))
        #expect(run.mostHeld <= 7_000)
        #expect(run.lines.last == "end completed")
    }

    @Test func `keys count for nothing in a prompt that may not be interrupted`() throws {
        let run = try MenuRun(
            #""menus":{"main":{"prompt":"1x400.wav","interruptible":false,"keys":{"1":{"do":"play","prompt":"2x100.wav"}}}}"#)
        run.pass(200)
        run.press("1")
        run.pass(400)
        #expect(run.sounds == "1x400" && run.lines.isEmpty)
        run.press("1")
        run.pass(200)
        #expect(run.sounds.hasPrefix("1x400 2x100"))
    }

    @Test func `another's interruption reaches nobody, unless voice may interrupt`() throws {
        let menus =
            #""menus":{"main":{"prompt":"1x1000.wav","timeout":1,"retries":1,"keys":{"1":{"do":"play","prompt":"2x100.wav"}}}}"#
        let deaf = try MenuRun(menus)
        deaf.pass(200)
        deaf.push(.interruption)
        deaf.pass(1_000)
        #expect(deaf.sounds == "1x1000" && deaf.lines.isEmpty)
        let run = try MenuRun(#""voice_interrupts":true,"# + menus)
        run.pass(200)
        run.push(.interruption)
        run.pass(1_500)
        #expect(run.sounds == "1x200 1x520")
        run.press("1")
        run.pass(100)
        #expect(run.sounds == "1x200 1x520 2x100")
    }

    @Test func `a late word about the prompt before does not start the time for a key`() throws {
        let run = try MenuRun(Self.two)
        run.pass(100)
        run.press("2")
        run.push(.botStoppedSpeaking)
        run.pass(1_200)
        #expect(run.lines == ["interruption"])
        run.pass(200)
        #expect(run.lines == ["interruption", "end completed"])
    }

    @Test func `nothing is said or done once the call is over`() throws {
        let run = try MenuRun(Self.two)
        run.pass(100)
        run.push(.cancel(.callerHungUp))
        run.press("2")
        run.pass(5_000)
        #expect(run.lines.isEmpty)
        #expect(run.notes == [["menu": "main"]])
    }

    @Test(arguments: ["", "2", "1", "3", "9"]) func `the caller may hang up anywhere`(keys: String) throws {
        for moment in stride(from: 0, through: 3_000, by: 500) {
            let run = try MenuRun(Self.two)
            run.press(keys)
            run.pass(moment)
            run.forget()
            run.push(.cancel(.callerHungUp))
            run.pass(5_000)
            #expect(run.lines.isEmpty)
        }
    }
}
