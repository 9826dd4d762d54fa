import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_idle_frame_processor.py`.
struct IdleFrameProcessorTests {
    private static func run(_ types: FrameKinds? = nil) -> (run: WorkerRun, notes: Notes) {
        let notes = Notes()
        let processor = IdleFrameProcessor(timeout: .milliseconds(200), types: types) { context in
            notes.lines.append("idle \((context.now - .zero).milliseconds)")
            context.push(.text("still there?"))
        }
        return (WorkerRun(IdentityFilter(), processor), notes)
    }

    @Test func `the callback is called after the timeout, again and again, and may push`() {
        let (run, notes) = Self.run()
        run.start()
        run.advance(.milliseconds(199))
        #expect(notes.lines.isEmpty)
        run.advance(.milliseconds(400))
        #expect(notes.lines == ["idle 200", "idle 400"])
        #expect(run.sink == ["start", "still there?", "still there?"])
    }

    @Test func `nothing is idle before start`() {
        let (run, notes) = Self.run()
        run.push(.text("a"))
        run.advance(.seconds(10))
        #expect(notes.lines.isEmpty)
    }

    @Test func `frames both ways begin the time anew`() {
        let (run, notes) = Self.run()
        run.start()
        for index in 0..<10 {
            run.advance(.milliseconds(150))
            run.push(.text("a"), up: index % 2 == 0)
        }
        #expect(notes.lines.isEmpty)
        run.advance(.milliseconds(200))
        #expect(notes.lines == ["idle 1700"])
    }

    @Test func `only the listed kinds begin it anew`() {
        let (run, notes) = Self.run([.transcription, .inputDTMF])
        run.start()
        run.advance(.milliseconds(100))
        run.push(.text("no matter"))
        run.advance(.milliseconds(50))
        run.push(.inputDTMF(.one))
        run.advance(.milliseconds(100))
        run.push(.text("no matter"))
        run.advance(.milliseconds(150))
        #expect(notes.lines == ["idle 350"])
    }

    @Test(arguments: [Frame.Content.end(.completed), .cancel(.canceled)])
    func `nothing is idle after end or cancel`(last: Frame.Content) {
        let (run, notes) = Self.run()
        run.start()
        run.push(last)
        run.advance(.seconds(10))
        #expect(notes.lines.isEmpty)
    }
}
