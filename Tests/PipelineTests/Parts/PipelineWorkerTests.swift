import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_pipeline.py` for its `PipelineWorker`.
struct PipelineWorkerTests {
    private struct Count: PipelineObserver {
        let notes: Notes
        mutating func pushed(_ frame: Frame, _: FrameDirection, from source: Int, to _: Int, at _: Moment) {
            if source == 0, case .text(let text) = frame.content { notes.lines.append(text) }
        }
    }

    private let notes = Notes()

    /// Notes each event with its time.
    private func params(_ change: (inout PipelineWorker.Params) -> Void = { _ in }) -> PipelineWorker.Params {
        let notes = notes
        func note(_ word: String) -> PipelineEvents.Handler {
            { notes.lines.append("\(word) \(($0.now - .zero).milliseconds)") }
        }
        var params = PipelineWorker.Params()
        params.events.onPipelineStarted = { notes.lines.append("started: \($0.word) \(($1.now - .zero).milliseconds)") }
        params.events.onPipelineFinished = { frame, _ in notes.lines.append("finished: \(frame.word)") }
        params.events.onPipelineError = { frame, _ in notes.lines.append(frame.word) }
        params.events.onPipelineTimeout = note("timeout")
        params.events.onIdleTimeout = note("idle")
        params.events.onHeartbeatTimeout = note("stalled")
        change(&params)
        return params
    }

    private static func swallow(_ kinds: FrameKinds) -> Step { Step { frame, _, _ in !kinds.contains(frame.kind) } }

    @Test func `the defaults are Pipecat's`() {
        let params = PipelineWorker.Params()
        #expect(!params.enableHeartbeats && params.cancelOnIdleTimeout)
        #expect(params.heartbeatsPeriod == .seconds(1) && params.heartbeatsMonitor == .seconds(10))
        #expect(params.idleTimeout == .seconds(300) && params.startTimeout == .seconds(20))
    }

    @Test func `started and finished are told once each`() {
        let run = WorkerRun(IdentityFilter(), params: params())
        run.start()
        run.push(.text("a"), .end(.completed))
        run.push(.cancel(.callerHungUp))
        #expect(notes.lines == ["started: start 0", "finished: end completed"])
        #expect(run.sink == ["start", "a", "end completed", "cancel caller-hung-up"])
    }

    @Test func `a cancel finishes, before start too`() {
        let run = WorkerRun(IdentityFilter(), params: params())
        run.push(.cancel(.callerHungUp))
        run.advance(.seconds(1_000))
        #expect(notes.lines == ["finished: cancel caller-hung-up"])
    }

    @Test func `a start that does not come out in 20 seconds ends the call`() {
        let run = WorkerRun(Self.swallow(.start), params: params())
        run.start()
        run.advance(.milliseconds(19_999))
        #expect(notes.lines.isEmpty)
        run.advance(.seconds(100))
        #expect(notes.lines == ["timeout 20000"])
        #expect(run.sink == ["cancel bot-failed"])
    }

    @Test func `errors are told from both ends`() {
        let run = WorkerRun(IdentityFilter(), params: params())
        run.push(.error("down"))
        run.push(.error("up"), up: true)
        #expect(notes.lines == ["error down", "error up"])
    }

    @Test func `frames that reached an end are told when their kind is asked for, and a handler may answer`() {
        let notes = notes
        let run = WorkerRun(
            IdentityFilter(),
            params: params {
                $0.events.reachedDownstreamFilter = .text
                $0.events.reachedUpstreamFilter = .text
                $0.events.onFrameReachedDownstream = { frame, context in
                    notes.lines.append("down \(frame.word)")
                    context.push(.text("answer"), .upstream)
                }
                $0.events.onFrameReachedUpstream = { frame, _ in notes.lines.append("up \(frame.word)") }
            })
        run.push(.text("a"), .mark("m"))
        #expect(notes.lines == ["down a", "up answer"])
        #expect(run.source == ["answer"])
    }

    @Test func `frames put in upstream pass every processor from the last to the first`() {
        let notes = notes
        func witness(_ name: String) -> Step {
            Step { frame, direction, _ in
                notes.lines.append("\(name) \(frame.word) \(direction)")
                return true
            }
        }
        let run = WorkerRun(witness("a"), witness("b"))
        run.push(.text("first"), .text("second"), up: true)
        #expect(notes.lines == ["b first upstream", "b second upstream", "a first upstream", "a second upstream"])
        #expect(run.source == ["first", "second"])
        let empty = WorkerRun()
        empty.push(.text("a"), up: true)
        #expect(empty.source == ["a"])
    }

    @Test func `a handler that answers its own answers ends the turn`() {
        let run = WorkerRun(
            params: params {
                $0.events.reachedDownstreamFilter = .text
                $0.events.onFrameReachedDownstream = { frame, context in context.push(frame) }
            })
        run.push(.text("a"))
        #expect(!run.isDone)
    }

    @Test func `observers come and go while the pipeline runs`() {
        let first = Notes(), second = Notes(), third = Notes()
        let run = WorkerRun(IdentityFilter(), observers: [Count(notes: first)])
        let early = run.worker.addObserver(Count(notes: second))
        run.start()
        let late = run.worker.addObserver(Count(notes: third))
        run.push(.text("a"))
        #expect(run.worker.removeObserver(early) is Count)
        run.worker.removeObserver(late)
        #expect(run.worker.removeObserver(late) == nil)
        run.push(.text("b"))
        #expect(first.lines == ["a", "b"])
        #expect(second.lines == ["a"])
        #expect(third.lines == ["a"])
    }

    // MARK: Heartbeats

    @Test func `a heartbeat a period passes the pipeline from start to end`() {
        let run = WorkerRun(IdentityFilter(), params: params { $0.enableHeartbeats = true })
        run.advance(.seconds(5))
        run.start()
        run.advance(.milliseconds(2_999))
        #expect(run.sink == ["start", "heartbeat", "heartbeat", "heartbeat"])
        run.push(.end(.completed))
        run.advance(.seconds(5))
        #expect(run.sink.count == 5)
        #expect(notes.lines == ["started: start 5000", "finished: end completed"])
    }

    @Test func `no heartbeats are sent when nobody asked`() {
        let run = WorkerRun(IdentityFilter(), params: params())
        run.start()
        run.advance(.seconds(100))
        #expect(run.sink == ["start"])
    }

    @Test func `a pipeline that keeps heartbeats is told of again and again`() {
        let run = WorkerRun(Self.swallow(.heartbeat), params: params { $0.enableHeartbeats = true })
        run.start()
        run.advance(.seconds(35))
        #expect(notes.lines == ["started: start 0", "stalled 10000", "stalled 20000", "stalled 30000"])
    }

    @Test func `the monitor time can be set and its handler can end the call`() {
        let notes = notes
        let run = WorkerRun(
            Self.swallow(.heartbeat),
            params: params {
                $0.enableHeartbeats = true
                $0.heartbeatsPeriod = .milliseconds(100)
                $0.heartbeatsMonitor = .milliseconds(300)
                $0.events.onHeartbeatTimeout = {
                    notes.lines.append("stalled \(($0.now - .zero).milliseconds)")
                    $0.push(.cancel(.botFailed))
                }
            })
        run.start()
        run.advance(.seconds(10))
        #expect(notes.lines == ["started: start 0", "stalled 300", "finished: cancel bot-failed"])
        #expect(run.worker.wake == nil)
    }

    @Test func `after a stall of the loop one heartbeat is sent`() {
        var monitor = HeartbeatMonitor()
        monitor.begin(at: .zero)
        guard case .push? = monitor.poll(at: .zero) else { return #expect(Bool(false), "the first is due at once") }
        monitor.reached(at: .zero)
        let late = Moment.zero + .seconds(5)
        guard case .push? = monitor.poll(at: late) else { return #expect(Bool(false), "one is due") }
        #expect(monitor.poll(at: late) == nil)
        #expect(monitor.wake == late + .seconds(1))
    }

    // MARK: Idle

    @Test func `an idle pipeline is told of after 300 seconds and canceled, whatever audio comes`() {
        let run = WorkerRun(IdentityFilter(), params: params { $0.enableHeartbeats = true })
        run.start()
        for _ in 0..<299 {
            run.advance(.seconds(1))
            run.push(.inputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)), .text("a"))
        }
        #expect(notes.lines.count == 1)
        run.advance(.seconds(1))
        #expect(notes.lines == ["started: start 0", "idle 300000", "finished: cancel idle-timeout"])
        #expect(run.sink.last == "cancel idle-timeout")
    }

    @Test func `without cancelOnIdleTimeout it is told again each time`() {
        let run = WorkerRun(
            IdentityFilter(),
            params: params {
                $0.idleTimeout = .milliseconds(200)
                $0.cancelOnIdleTimeout = false
            })
        run.start()
        run.advance(.milliseconds(650))
        #expect(notes.lines == ["started: start 0", "idle 200", "idle 400", "idle 600"])
    }

    @Test func `frames of the listed kinds count even when they are swallowed, and which way they go is no matter`() {
        let run = WorkerRun(
            Self.swallow([.userStoppedSpeaking, .mark]),
            params: params {
                $0.idleTimeout = .seconds(1)
                $0.idleTimeoutFrames = [.mark]
            })
        run.start()
        run.advance(.milliseconds(900))
        run.push(.mark("m"))
        run.advance(.milliseconds(900))
        run.push(.mark("m"), up: true)
        run.advance(.milliseconds(999))
        #expect(notes.lines.count == 1)
        run.advance(.milliseconds(1))
        #expect(notes.lines.contains("idle 2800"))
    }

    @Test(arguments: [
        (Frame.Content.botStartedSpeaking, Frame.Content.botStoppedSpeaking), (.userStartedSpeaking, .userStoppedSpeaking),
    ])
    func `nobody is idle who speaks for long`(began: Frame.Content, stopped: Frame.Content) {
        let run = WorkerRun(IdentityFilter(), params: params())
        run.start()
        run.push(began)
        run.advance(.seconds(1_000))
        run.push(stopped)
        run.advance(.seconds(299))
        #expect(notes.lines.count == 1)
        run.advance(.seconds(1))
        #expect(notes.lines.contains("idle 1300000"))
    }

    @Test func `a worker of a bot takes its processors, observers and what it wants watched`() {
        let seen = Notes()
        var bot = BotPipeline([IdentityFilter()], observers: [Count(notes: seen)])
        bot.worker = params { $0.idleTimeout = nil }
        let run = WorkerRun(PipelineWorker(bot))
        run.start()
        run.push(.text("a"))
        run.advance(.seconds(10_000))
        #expect(seen.lines == ["a"])
        #expect(notes.lines == ["started: start 0"])
    }
}
