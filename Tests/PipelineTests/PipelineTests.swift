import Audio
import Call
import Testing

@testable import Pipeline

struct PipelineTests {
    private struct Watch: PipelineObserver {
        let notes: Notes
        mutating func pushed(_ frame: Frame, _ direction: FrameDirection, from source: Int, to destination: Int, at now: Moment) {
            notes.lines.append("\(frame.word) \(source)->\(destination)")
        }
    }

    private func run(_ pipeline: inout Pipeline, at now: Moment = .zero) -> (sink: [String], source: [String], isDone: Bool) {
        var sink: [Frame] = []
        var source: [Frame] = []
        let isDone = pipeline.run(at: now, sink: &sink, source: &source)
        return (sink.map(\.word), source.map(\.word), isDone)
    }

    @Test
    func `an empty pipeline passes frames from head to end`() {
        var pipeline = Pipeline([])
        pipeline.push(Frame(.text("a")), at: .zero)
        #expect(run(&pipeline).sink == ["a"])
    }

    @Test
    func `system frames overtake and data and control frames keep their order`() {
        var pipeline = Pipeline([Step(), Step()])
        pipeline.push(Frame(.text("a")), at: .zero)
        pipeline.push(Frame(.ttsStopped), at: .zero)
        pipeline.push(Frame(.inputDTMF(.five)), at: .zero)
        pipeline.push(Frame(.text("b")), at: .zero)
        pipeline.push(Frame(.error("e")), at: .zero)
        #expect(run(&pipeline).sink == ["key 5", "error e", "a", "stopped", "b"])
    }

    @Test
    func `a custom frame goes by the class that it names`() {
        struct Own: CustomFrame { let `class`: Frame.Class }
        var pipeline = Pipeline([Step()])
        pipeline.push(Frame(.text("a")), at: .zero)
        pipeline.push(Frame(.custom(Own(class: .system))), at: .zero)
        #expect(run(&pipeline).sink == ["custom", "a"])
        #expect(!Frame(.custom(Own(class: .system))).isInterruptible)
        #expect(Frame(.custom(Own(class: .control))).isInterruptible)
    }

    @Test
    func `an interruption drops what waits except what is uninterruptible`() {
        var pipeline = Pipeline([Step(), Step()])
        pipeline.push(Frame(.text("dropped")), at: .zero)
        pipeline.push(Frame(.text("kept"), isInterruptible: false), at: .zero)
        pipeline.push(Frame(.end(.completed)), at: .zero)
        pipeline.push(Frame(.interruption), at: .zero)
        pipeline.push(Frame(.text("after")), at: .zero)
        #expect(run(&pipeline).sink == ["interruption", "kept", "end completed", "after"])
    }

    @Test
    func `the answer to an interruption is kept on its whole way`() {
        let answering = Step { frame, direction, context in
            guard case .interruption = frame.content else { return true }
            context.push(.text("before"))
            context.push(frame, direction)
            context.push(.text("sorry?"))
            return false
        }
        var pipeline = Pipeline([Step(), answering, Step(), Step()])
        pipeline.push(Frame(.interruption), at: .zero)
        #expect(run(&pipeline).sink == ["interruption", "sorry?"])
    }

    @Test
    func `a broadcast interruption goes both ways and drops what waits for the one that interrupts`() {
        let listener = Step { frame, _, context in
            guard case .inputDTMF = frame.content else { return true }
            context.broadcastInterruption()
            context.push(.text("yes?"))
            return false
        }
        let talker = Step { frame, _, context in
            guard case .inputDTMF = frame.content else { return true }
            context.push(.text("stale"))
            return true
        }
        var pipeline = Pipeline([talker, listener, Step()])
        pipeline.push(Frame(.inputDTMF(.one)), at: .zero)
        let result = run(&pipeline)
        #expect(result.sink == ["interruption", "yes?"])
        #expect(result.source == ["interruption"])
    }

    @Test
    func `frames pushed upstream leave at the head`() {
        let up = Step { frame, direction, context in
            guard direction == .downstream else { return true }
            context.push(frame, .upstream)
            return false
        }
        var pipeline = Pipeline([Step(), Step(), up])
        pipeline.push(Frame(.text("a")), at: .zero)
        let result = run(&pipeline)
        #expect(result.source == ["a"])
        #expect(result.sink.isEmpty)
    }

    @Test
    func `observers see each hop`() {
        let notes = Notes()
        let back = Step { frame, direction, context in
            if case .text = frame.content { context.push(.error("e"), .upstream) }
            return true
        }
        var pipeline = Pipeline([Step(), back], observers: [Watch(notes: notes)])
        pipeline.push(Frame(.text("a")), at: .zero)
        _ = run(&pipeline)
        #expect(notes.lines == ["a -1->0", "a 0->1", "error e 1->0", "a 1->2", "error e 0->-1"])
    }

    @Test
    func `each processor has a wake of its own and a later one replaces an earlier`() {
        let notes = Notes()
        func sleeper(_ name: String, _ first: Int, _ second: Int?) -> Step {
            Step(
                onFrame: { _, _, context in
                    context.wake(at: .zero + .milliseconds(first))
                    if let second { context.wake(at: .zero + .milliseconds(second)) }
                    return true
                }, onWake: { notes.lines.append("\(name) \(($0.now - .zero).milliseconds)") })
        }
        var pipeline = Pipeline([sleeper("a", 30, nil), sleeper("b", 5, 10), sleeper("c", 20, nil)])
        pipeline.push(Frame(.text("t")), at: .zero)
        _ = run(&pipeline)
        while let wake = pipeline.wake { pipeline.wakeProcessors(at: wake) }
        #expect(notes.lines == ["b 10", "c 20", "a 30"])
    }

    @Test
    func `a wake is dropped by nil and before its moment nothing is woken`() {
        let notes = Notes()
        let step = Step(
            onFrame: { frame, _, context in
                if case .inputDTMF = frame.content { context.wake(at: nil) } else { context.wake(at: .zero + .seconds(1)) }
                return true
            }, onWake: { _ in notes.lines.append("woken") })
        var pipeline = Pipeline([step])
        pipeline.push(Frame(.text("t")), at: .zero)
        _ = run(&pipeline)
        pipeline.wakeProcessors(at: .zero + .milliseconds(999))
        #expect(pipeline.wake == .zero + .seconds(1))
        pipeline.push(Frame(.inputDTMF(.one)), at: .zero)
        _ = run(&pipeline)
        #expect(pipeline.wake == nil)
        #expect(notes.lines.isEmpty)
    }

    @Test
    func `a processor that wants to be woken at once for ever is woken once a moment`() {
        let notes = Notes()
        let restless = Step(
            onFrame: { _, _, context in
                context.wake(at: context.now); return true
            },
            onWake: {
                notes.lines.append("woken"); $0.wake(at: $0.now)
            })
        var pipeline = Pipeline([restless])
        pipeline.push(Frame(.text("t")), at: .zero)
        _ = run(&pipeline)
        #expect(pipeline.wake == .zero)
        pipeline.wakeProcessors(at: .zero)
        #expect(notes.lines.count == 1)
        #expect(pipeline.wake == .zero + .milliseconds(1))
    }

    @Test
    func `a pipeline that talks to itself says that it is not done`() {
        let echo = Step { frame, _, context in
            context.push(frame, .upstream); return false
        }
        let back = Step { frame, _, context in
            context.push(frame, .downstream); return false
        }
        var pipeline = Pipeline([back, echo])
        pipeline.push(Frame(.text("a")), at: .zero)
        #expect(!run(&pipeline).isDone)
    }

    @Test
    func `a minute of speech handed over at once through ten processors is no endless loop`() {
        var pipeline = Pipeline((0..<10).map { _ in Step() })
        for _ in 0..<3_000 { pipeline.push(Frame(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000))), at: .zero) }
        let result = run(&pipeline)
        #expect(result.isDone)
        #expect(result.sink.count == 3_000)
    }

    @Test(arguments: [FrameDirection.downstream, .upstream])
    func `a cancel from the middle reaches every processor once, even past one that swallows it`(direction: FrameDirection) {
        let notes = Notes()
        func witness(_ name: String, swallows: Bool) -> Step {
            Step { frame, _, context in
                notes.lines.append("\(name) \(frame.word)")
                if case .cancel = frame.content { context.push(.text("too late")) }
                if case .text = frame.content, name == "b" {
                    context.push(.text("dropped"))
                    context.push(.cancel(.canceled), direction)
                    context.push(.text("dropped"))
                    return false
                }
                return !swallows
            }
        }
        var pipeline = Pipeline([witness("a", swallows: false), witness("b", swallows: true), witness("c", swallows: true)])
        pipeline.push(Frame(.text("go")), at: .zero)
        let result = run(&pipeline)
        #expect(notes.lines == ["a go", "b go", "a cancel canceled", "b cancel canceled", "c cancel canceled"])
        #expect(result.sink == ["cancel canceled"])
        pipeline.push(Frame(.text("after")), at: .zero)
        #expect(run(&pipeline).sink.isEmpty)
        #expect(pipeline.wake == nil)
    }
}
