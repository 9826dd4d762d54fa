import Audio
import Bots
import Call
import Testing

@testable import Pipeline

struct CallEndTests {
    private let goodbye = Frame.Content.outputAudioRaw(PCM16(samples: Array(repeating: 1_000, count: 4_000), rate: .hz8000))

    // MARK: The far end goes

    @Test
    func `a stop is the caller hanging up and the paid leg is over by itself`() {
        let run = CallRun.started()
        run.receive("stop")
        #expect(run.ending == ["close 1000 caller-hung-up", "finished caller-hung-up"])
    }

    @Test
    func `a close without a stop is the caller hanging up`() {
        let run = CallRun.started()
        run.handle(.closed(code: 1000))
        #expect(run.ending == ["close 1000 caller-hung-up", "finished caller-hung-up"])
    }

    @Test
    func `a lost connection hangs the paid leg up`() {
        let run = CallRun.started()
        run.handle(.closed(code: nil))
        #expect(run.ending == ["hangUp", "close 1000 connection-lost", "finished connection-lost"])
    }

    @Test
    func `a connection lost before the host has answered hangs up too`() {
        let run = CallRun()
        run.admits = false
        run.receive("start")
        run.handle(.closed(code: nil))
        #expect(run.ending == ["hangUp", "close 1000 connection-lost", "finished connection-lost"])
    }

    @Test
    func `a caller who hangs up in the middle of the goodbye has hung up`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(100))
        run.receive("stop")
        #expect(run.lines.last == "finished caller-hung-up")
    }

    @Test
    func `a caller who hangs up after the goodbye has played ends a completed call`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(520))
        run.receive("stop")
        #expect(run.lines.last == "finished completed")
    }

    // MARK: The bot goes

    @Test
    func `an end drains, asks whether it was heard, and then hangs up`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(500))
        #expect(run.audio.count == 4_000)
        #expect(run.lines.last == "mark:trunkline-end")
        #expect(run.ending.isEmpty)
        run.receive("mark:trunkline-end")
        #expect(run.ending == ["hangUp", "close 1000 completed", "finished completed"])
    }

    @Test
    func `a provider that never confirms costs the confirmation time and no more`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(1_499))
        #expect(run.ending.isEmpty)
        run.advance(.milliseconds(1))
        #expect(run.ending == ["hangUp", "close 1000 completed", "finished completed"])
    }

    @Test
    func `a provider that cannot confirm gets no mark and the time to play what it holds`() {
        var dialect = FakeDialect()
        dialect.profile = PlayoutProfile(packetSamples: 1_600, lead: .milliseconds(220), confirmsPlayback: false)
        let run = CallRun.started(dialect: dialect)
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(1_599))
        #expect(run.lines == ["admit", "audio 1600", "audio 1600", "audio 1600"])
        run.advance(.milliseconds(1))
        #expect(run.ending == ["hangUp", "close 1000 completed", "finished completed"])
    }

    @Test
    func `an end right after the last word has played by our clock still asks whether it was heard`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.advance(.milliseconds(510))
        run.push(.end(.completed))
        #expect(run.lines.last == "mark:trunkline-end")
        run.receive("mark:trunkline-end")
        #expect(run.lines.last == "finished completed")
    }

    @Test
    func `an end with nothing to play ends at once`() {
        let silent = CallRun.started()
        silent.push(.end(.completed))
        #expect(silent.ending == ["hangUp", "close 1000 completed", "finished completed"])
        let quiet = CallRun.started()
        quiet.push(goodbye)
        quiet.advance(.seconds(5))
        quiet.push(.end(.completed))
        #expect(quiet.lines.last == "finished completed")
    }

    @Test
    func `an end mark that a peer made up does not cut the goodbye off`() {
        let run = CallRun.started()
        run.receive("mark:trunkline-end")
        run.push(goodbye)
        run.push(.end(.completed))
        run.receive("mark:trunkline-end")
        run.advance(.milliseconds(500))
        #expect(run.audio.count == 4_000)
        #expect(run.ending.isEmpty)
    }

    @Test
    func `an end pushed upstream turns round at the head`() {
        let notes = Notes()
        let first = Step { frame, _, _ in
            notes.lines.append(frame.word); return true
        }
        let last = Step { frame, _, context in
            guard case .inputDTMF = frame.content else { return true }
            context.push(.end(.completed), .upstream)
            return false
        }
        let run = CallRun.started([first, last])
        run.receive("key:1")
        #expect(notes.lines.suffix(3) == ["end completed", "end completed", "cancel completed"])
        #expect(run.lines.last == "finished completed")
    }

    @Test
    func `nothing that is said after the end is sent`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.push(goodbye)
        run.push(.mark("late"))
        run.advance(.seconds(2))
        #expect(run.audio.count == 4_000)
        #expect(!run.lines.contains("mark:late"))
    }

    @Test
    func `an interruption after everything was sent ends the wait for the goodbye`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.push(.end(.completed))
        run.advance(.milliseconds(450))
        run.push(.interruption)
        #expect(run.lines.contains("clear"))
        run.advance(.milliseconds(1_000))
        #expect(run.lines.last == "finished completed")
    }

    @Test
    func `a cancel ends the call at once with what waits unsaid`() {
        let run = CallRun.started()
        run.push(goodbye)
        run.handle(.cancel(.canceled))
        #expect(run.audio.count == 480)
        #expect(run.ending == ["hangUp", "close 1000 canceled", "finished canceled"])
    }

    @Test
    func `after finished nothing is sent and nothing is asked`() {
        let run = CallRun.started()
        run.handle(.cancel(.canceled))
        let lines = run.lines
        run.receive("audio:1,160")
        run.push(goodbye)
        run.handle(.cancel(.shutdown))
        run.handle(.closed(code: 1000))
        run.advance(.seconds(5 * 3_600))
        #expect(run.lines == lines)
        #expect(run.wake == nil)
    }

    // MARK: Time goes

    @Test
    func `silence does not keep a call alive, even echoed silence`() {
        let run = CallRun.started()
        for _ in 0..<15_100 {
            run.receive("level:100")
            run.advance(.milliseconds(20))
        }
        #expect(run.lines.last == "finished idle-timeout")
        #expect(run.departures.count >= 14_999 && run.departures.count <= 15_001)
        #expect(run.ending.first == "hangUp")
    }

    @Test(arguments: ["level:3000", "key:5"])
    func `speech and keys keep a call alive`(message: String) {
        let run = CallRun.started([Step()])
        for _ in 0..<3 {
            run.advance(.seconds(200))
            run.receive(message)
        }
        run.advance(.seconds(298))
        #expect(run.ending.isEmpty)
        run.advance(.seconds(3))
        #expect(run.lines.last == "finished idle-timeout")
    }

    @Test
    func `a bot that speaks keeps a call alive for as long as it is heard`() {
        var limits = CallLimits()
        limits.idle = .seconds(10)
        let run = CallRun.started([Step()], limits: limits)
        run.push(.outputAudioRaw(PCM16(samples: Array(repeating: 1_000, count: 8_000 * 25), rate: .hz8000)))
        run.advance(.seconds(33))
        #expect(run.ending.isEmpty)
        run.advance(.seconds(3))
        #expect(run.lines.last == "finished idle-timeout")
    }

    @Test
    func `a goodbye longer than the idle time is played to its end without a spin`() {
        var limits = CallLimits()
        limits.idle = .seconds(5)
        let run = CallRun.started([Step()], limits: limits)
        run.push(.outputAudioRaw(.silence(milliseconds: 20_000, rate: .hz8000)))
        run.push(.end(.completed))
        run.now = run.now + .seconds(6)
        run.handle(.tick)
        #expect((run.wake ?? .zero) > run.now)
        run.advance(.seconds(30))
        #expect(run.lines.last == "finished completed")
    }

    @Test
    func `no call is longer than four hours`() {
        let run = CallRun.started([Step()])
        for _ in 0..<143 {
            run.advance(.seconds(100))
            run.receive("level:3000")
        }
        run.advance(.milliseconds(99_999))
        #expect(run.ending.isEmpty)
        run.advance(.milliseconds(1))
        #expect(run.ending == ["hangUp", "close 1000 maximum-duration", "finished maximum-duration"])
    }

    @Test
    func `limits of for ever never come`() {
        var limits = CallLimits()
        limits.idle = .seconds(Int64.max)
        limits.duration = .seconds(Int64.max)
        let run = CallRun.started([Step()], limits: limits)
        run.advance(.seconds(100 * 86_400))
        #expect(run.ending.isEmpty)
    }
}
