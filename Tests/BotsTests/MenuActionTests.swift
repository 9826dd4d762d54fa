import Audio
import Call
import Testing

@testable import Bots

/// Messages, echoes, other bots and telephones.
@Suite struct MenuActionTests {
    private static func menu(_ action: String) -> String {
        #""menus":{"main":{"prompt":"1x100.wav","timeout":20,"keys":{"1":\#(action),"2":{"do":"play_back","nothing":"9x100.wav"}}}}"#
    }

    private func run(_ action: String) throws -> MenuRun {
        let run = try MenuRun(Self.menu(action))
        run.pass(300)
        run.forget()
        run.press("1")
        return run
    }

    private static let record =
        ##"{"do":"record","prompt":"2x200.wav","beep":false,"silence":1,"max":5,"end":"#","failed":"3x100.wav"}"##

    @Test func `a message begins behind the prompt and ends after silence`() throws {
        let run = try run(Self.record)
        run.pass(220)
        #expect(run.lines == ["recording start"])
        run.pass(600, level: 8_000)
        run.pass(980, level: 0)
        #expect(run.lines == ["recording start"])
        run.pass(40, level: 0)
        #expect(run.lines == ["recording start", "recording stop"])
        run.pass(300)
        #expect(run.sounds == "2x200 1x100")
    }

    @Test func `a message ends by its key and no other, and at its longest`() throws {
        let run = try run(Self.record)
        run.pass(400, level: 8_000)
        run.press("5")
        run.pass(100, level: 8_000)
        #expect(run.lines == ["recording start"])
        run.press("#")
        #expect(run.lines == ["recording start", "recording stop"])
        let long = try self.run(Self.record)
        long.pass(5_160, level: 8_000)
        #expect(long.lines == ["recording start"])
        long.pass(100, level: 8_000)
        #expect(long.lines == ["recording start", "recording stop"])
    }

    @Test func `a message ends by the clock when no audio comes`() throws {
        let run = try run(Self.record)
        run.pass(2_160)
        #expect(run.lines == ["recording start"])
        run.pass(100)
        #expect(run.lines == ["recording start", "recording stop"])
    }

    @Test func `a message that cannot be kept is given up with a word about it`() throws {
        let run = try run(Self.record)
        run.pass(400, level: 8_000)
        run.push(.recordingChanged(.errored))
        run.pass(300)
        #expect(run.sounds == "2x200 3x100 1x100")
        #expect(run.lines == ["recording start"])
    }

    @Test func `the message is played back without the silence at its end, or a word that there is none`() throws {
        let run = try run(Self.record)
        run.pass(220)
        run.pass(500, level: 8_000)
        run.pass(1_500, level: 0)
        run.forget()
        run.press("2")
        run.pass(1_000)
        #expect(run.heard.contains("8000x500 0x300") || run.heard.contains("8000x520"))
        let silent = try self.run(Self.record)
        silent.pass(2_000, level: 3)
        silent.forget()
        silent.press("2")
        silent.pass(300)
        #expect(silent.sounds.hasPrefix("9x100"))
    }

    @Test func `the beep is heard before the message begins`() throws {
        let run = try run(#"{"do":"record","keep":false,"silence":1}"#)
        run.pass(200)
        run.press("2")
        run.pass(40)
        #expect(run.lines.isEmpty && !run.sounds.isEmpty)
        run.pass(500, level: 9_000)
        run.pass(1_100, level: 0)
        run.forget()
        run.press("2")
        run.pass(300)
        #expect(run.sounds.hasPrefix("9000x"))
        #expect(run.lines.isEmpty)
    }

    @Test func `an echo lasts until its key or its longest time`() throws {
        let run = try run(##"{"do":"echo","prompt":"2x100.wav","end":"#","max":3}"##)
        run.pass(100, level: 700)
        run.pass(500, level: 800)
        run.press("4")
        run.pass(100, level: 800)
        run.press("#")
        run.pass(200, level: 800)
        #expect(run.sounds.hasPrefix("2x100 800x"))
        #expect(run.sounds.hasSuffix("1x100"))
        #expect(!run.sounds.contains("700x"))
        let long = try self.run(#"{"do":"echo","max":3}"#)
        long.pass(2_980, level: 800)
        long.pass(200)
        #expect(long.sounds.hasSuffix("1x100"))
    }

    @Test func `another bot takes the call once the prompt was heard`() throws {
        let run = try run(#"{"do":"bot","bot":"echo","prompt":"2x200.wav","failed":"3x100.wav"}"#)
        run.pass(180)
        #expect(run.lines.isEmpty)
        run.pass(40)
        #expect(run.lines == ["hand over to echo"])
        run.push(.cancel(.callerHungUp))
    }

    @Test(arguments: [true, false]) func `when no other bot comes the caller is back in the menu`(isTold: Bool) throws {
        let run = try run(#"{"do":"bot","bot":"echo","failed":"3x100.wav"}"#)
        #expect(run.lines == ["hand over to echo"])
        if isTold { run.push(.error("no bot is named echo")) } else { run.pass(5_000) }
        run.pass(300)
        #expect(run.sounds == "3x100 1x100")
    }

    private static let transfer =
        #"{"do":"transfer","to":"+12025550100","caller_id":"+12025550101","timeout":20,"prompt":"2x200.wav","failed":"3x100.wav","#
        + #""busy":"4x100.wav","hold":"5x400.wav","then":{"do":"hangup","prompt":"6x100.wav"}}"#

    @Test func `the provider is asked to connect once the prompt was heard`() throws {
        let run = try run(Self.transfer)
        run.press("123")
        run.pass(180)
        #expect(run.lines.isEmpty)
        run.pass(40)
        #expect(
            run.transfers == [
                TransferOrder(
                    to: PhoneNumber("+12025550100"), callerID: PhoneNumber("+12025550101"), timeout: 20, resumeAt: "main.keys.1")
            ])
    }

    @Test func `a transfer that is refused says so and goes on`() throws {
        let run = try run(Self.transfer)
        run.pass(300)
        run.push(.transferAnswered(.refused("no")))
        run.press("1")
        run.pass(400)
        #expect(run.sounds == "2x200 3x100 6x100" || run.sounds == "2x200 6x100")
        #expect(run.lines.last == "end completed")
    }

    @Test func `a transfer that nobody answers counts as refused`() throws {
        let run = try run(Self.transfer)
        run.pass(30_100)
        #expect(run.sounds == "2x200")
        run.pass(300)
        #expect(run.sounds == "2x200 3x100 6x100")
    }

    @Test func `the hold sound is played for as long as the stream lives, whatever is pressed`() throws {
        let run = try run(Self.transfer)
        run.pass(300)
        run.push(.transferAnswered(.accepted))
        run.pass(600_000)
        run.press("1#")
        run.pass(1_000)
        #expect(run.sounds == "2x200 5x601000")
        #expect(run.mostHeld < 10_000)
        run.push(.transferAnswered(.refused("after all not")))
        run.pass(400)
        #expect(run.sounds.hasSuffix("3x100 6x100"))
    }

    @Test func `without a sound of the file's own the hold sound is soft`() throws {
        let run = try run(#"{"do":"transfer","to":"+12025550100"}"#)
        run.push(.transferAnswered(.accepted))
        run.pass(5_000)
        let level = Loudness(MenuTones.hold.parts[0]).rms
        #expect(!run.sounds.isEmpty && level < -30 && level > -40)
    }

    @Test(arguments: [
        (DialEnd.busy, "4x100 6x100"), (.noAnswer, "3x100 6x100"), (.failed, "3x100 6x100"), (.completed, "6x100"),
    ]) func `a call that comes back hears how it ended and goes on at the place`(outcome: DialEnd, sounds: String) throws {
        let run = try MenuRun(Self.menu(Self.transfer), resumption: Resumption(place: "main.keys.1", outcome: outcome))
        run.pass(500)
        #expect(run.sounds == sounds)
    }

    @Test func `a call that comes back to a place that is gone begins anew`() throws {
        let run = try MenuRun(Self.menu(Self.record), resumption: Resumption(place: "main.keys.1", outcome: .busy))
        run.pass(300)
        #expect(run.sounds == "1x100")
    }
}
