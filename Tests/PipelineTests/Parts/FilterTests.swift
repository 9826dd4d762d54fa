import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_filters.py`.
struct FilterTests {
    /// Answers a key with a text upstream.
    private static var answering: Step {
        Step { frame, direction, context in
            context.push(frame, direction)
            if case .inputDTMF = frame.content { context.push(.text("up"), .upstream) }
            return false
        }
    }

    private static func isNoText(_ frame: Frame) -> Bool { frame.kind != .text }

    @Test func `the identity filter passes everything both ways`() {
        let run = WorkerRun(IdentityFilter())
        run.push(.userStartedSpeaking, .userStoppedSpeaking, .text("a"), .end(.completed))
        run.push(.text("b"), up: true)
        #expect(run.sink == ["user started", "user stopped", "a", "end completed"])
        #expect(run.source == ["b"])
    }

    @Test func `the null filter passes system frames and end only`() {
        let run = WorkerRun(NullFilter())
        run.push(.text("a"), .ttsStarted, .mark("m"), .userStartedSpeaking, .end(.completed))
        run.push(.text("b"), up: true)
        #expect(run.sink == ["user started", "end completed"])
        #expect(run.source.isEmpty)
    }

    @Test func `a frame filter passes its kinds, system frames and end`() {
        let run = WorkerRun(FrameFilter(types: [.text, .heartbeat]))
        run.push(.text("a"), .mark("m"), .outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)), .heartbeat(.zero))
        run.push(.userStartedSpeaking, .end(.completed))
        #expect(run.sink == ["a", "heartbeat", "user started", "end completed"])
    }

    @Test func `a function filter passes what its function allows`() {
        let open = WorkerRun(FunctionFilter { _ in true })
        open.push(.text("a"))
        #expect(open.sink == ["a"])
        let shut = WorkerRun(FunctionFilter { _ in false })
        shut.push(.text("a"), .userStartedSpeaking, .end(.completed))
        #expect(shut.sink == ["user started", "end completed"])
    }

    @Test func `a function filter of system frames still passes start, end and cancel`() {
        let run = WorkerRun(FunctionFilter(filterSystemFrames: true) { _ in false })
        run.start()
        run.push(.userStartedSpeaking, .text("a"), .end(.completed))
        run.push(.cancel(.canceled))
        #expect(run.sink == ["start", "end completed", "cancel canceled"])
    }

    @Test func `downstream is what a function filter filters when nothing else is said`() {
        let run = WorkerRun(FunctionFilter(filter: Self.isNoText), Self.answering)
        run.push(.inputDTMF(.one), .text("a"))
        #expect(run.sink == ["key 1"])
        #expect(run.source == ["up"])
    }

    @Test func `an upstream filter passes what goes downstream`() {
        let run = WorkerRun(FunctionFilter(direction: .upstream, filter: Self.isNoText), Self.answering)
        run.push(.inputDTMF(.one), .text("a"))
        #expect(run.sink == ["key 1", "a"])
        #expect(run.source.isEmpty)
    }

    @Test func `a filter of no direction filters both ways`() {
        let run = WorkerRun(FunctionFilter(direction: nil, filter: Self.isNoText), Self.answering)
        run.push(.inputDTMF(.one), .text("a"))
        #expect(run.sink == ["key 1"])
        #expect(run.source.isEmpty)
    }
}
