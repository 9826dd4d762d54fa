import Audio
import Call
import Testing

@testable import Pipeline

struct MisbehavingBotTests {
    @Test
    func `an endless loop ends the call as a failure of the bot`() {
        let echo = Step { frame, _, context in
            if case .text = frame.content { context.push(frame, .upstream); return false }; return true
        }
        let back = Step { frame, _, context in
            if case .text = frame.content { context.push(frame); return false }; return true
        }
        let run = CallRun.started([back, echo])
        run.push(.text("a"))
        #expect(run.ending == ["hangUp", "close 1011 bot-failed", "finished bot-failed"])
        #expect(run.logs.count == 1)
    }

    @Test
    func `a loop round the head ends the call as a failure of the bot`() {
        let bot = Step { frame, _, context in
            if case .end = frame.content { context.push(frame, .upstream); return false }; return true
        }
        let run = CallRun.started([bot])
        run.push(.end(.completed))
        #expect(run.lines.last == "finished bot-failed")
    }

    @Test
    func `a processor that wants to be woken for ever does not hang the call`() {
        let notes = Notes()
        let bot = Step(
            onFrame: { _, _, context in
                context.wake(at: context.now); return true
            },
            onWake: {
                notes.lines.append("woken"); $0.wake(at: .zero)
            })
        let run = CallRun.started([bot])
        #expect(notes.lines.count == 1)
        #expect(run.wake == .zero + .milliseconds(1))
        run.advance(.milliseconds(10))
        #expect(notes.lines.count == 11)
    }

    @Test
    func `two processors that wake each other at once do not hang the call`() {
        func waker() -> Step {
            Step(
                onFrame: { frame, _, context in
                    guard case .text = frame.content else { return true }
                    context.wake(at: context.now)
                    return false
                },
                onWake: {
                    $0.push(.text("up"), .upstream); $0.push(.text("down"), .downstream)
                })
        }
        let run = CallRun.started([waker(), waker()])
        run.push(.text("go"))
        #expect((run.wake ?? .zero) > run.now)
    }

    @Test
    func `a processor that swallows cancel cannot keep the call alive`() {
        let swallow = Step { frame, _, context in
            switch frame.content {
            case .cancel, .end: return false
            case .inputDTMF: context.push(.cancel(.canceled), .upstream); return false
            default: return true
            }
        }
        let run = CallRun.started([swallow, swallow])
        run.receive("key:1")
        #expect(run.ending == ["hangUp", "close 1000 canceled", "finished canceled"])
        let other = CallRun.started([swallow])
        other.handle(.cancel(.shutdown))
        #expect(other.ending == ["hangUp", "close 1001 shutdown", "finished shutdown"])
    }

    @Test
    func `every processor sees cancel as its last frame when the caller hangs up`() {
        let notes = Notes()
        func bot(_ name: String) -> Step {
            Step { frame, _, context in
                notes.lines.append("\(name) \(frame.word)")
                if case .cancel = frame.content { context.push(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000))) }
                return false
            }
        }
        let run = CallRun.started([bot("a"), bot("b")])
        run.receive("stop")
        #expect(notes.lines == ["a start", "a cancel caller-hung-up", "b cancel caller-hung-up"])
        #expect(run.audio.isEmpty)
    }
}
