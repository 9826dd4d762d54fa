import Audio
import Call
import Testing

@testable import Pipeline

/// The cases of Pipecat's `tests/test_pipeline.py` for its `ParallelPipeline`, and those of time, interruption and nesting.
struct ParallelPipelineTests {
    private static func says(_ text: String, to kind: FrameKinds, _ direction: FrameDirection = .downstream) -> Step {
        Step { frame, way, context in
            context.push(frame, way)
            if frame.kind == kind { context.push(.text(text), direction) }
            return false
        }
    }

    @Test func `one branch passes frames on`() {
        let run = WorkerRun(ParallelPipeline([IdentityFilter()]))
        run.push(.text("a"), .end(.completed))
        #expect(run.sink == ["a", "end completed"])
    }

    @Test func `a frame that several branches pass goes out once`() {
        let run = WorkerRun(ParallelPipeline([IdentityFilter()], [], [IdentityFilter(), IdentityFilter()]))
        run.start()
        run.push(.text("a"), .text("a"), .userStartedSpeaking, .end(.completed))
        run.push(.text("up"), up: true)
        #expect(run.sink == ["start", "user started", "a", "a", "end completed"])
        #expect(run.source == ["up"])
    }

    @Test func `equal frames that branches make go out each`() {
        let run = WorkerRun(ParallelPipeline([Self.says("!", to: .inputDTMF)], [Self.says("!", to: .inputDTMF)]))
        run.push(.inputDTMF(.one))
        #expect(run.sink == ["key 1", "!", "!"])
    }

    @Test func `a frame that every branch swallows is gone, and one that any passes is not`() {
        let run = WorkerRun(ParallelPipeline([NullFilter()], [FrameFilter(types: .text)]))
        run.push(.text("a"), .mark("m"))
        #expect(run.sink == ["a"])
    }

    @Test func `what branches say to start goes out after start`() {
        let eager = Step { frame, direction, context in
            if frame.kind == .start { context.push(.userStartedSpeaking) }
            if frame.kind == .start { context.push(.text("from start")) }
            return true
        }
        let run = WorkerRun(ParallelPipeline([eager], [IdentityFilter()]))
        run.start()
        run.push(.text("a"))
        #expect(run.sink == ["start", "user started", "from start", "a"])
    }

    @Test func `start waits for the slowest branch and everything else for start`() {
        let slow = ParallelPipeline([Keeper(.start, for: .seconds(2))], [Self.says("ready", to: .start)])
        let run = WorkerRun(slow)
        run.start()
        run.push(.inputDTMF(.one), .text("a"))
        run.push(.text("up"), up: true)
        run.advance(.milliseconds(1_999))
        #expect(run.sink.isEmpty && run.source.isEmpty)
        run.advance(.milliseconds(1))
        #expect(run.sink == ["start", "key 1", "ready", "a"])
        #expect(run.source == ["up"])
    }

    @Test func `end waits for the slowest branch, and what branches say meanwhile goes before it`() {
        let run = WorkerRun(
            ParallelPipeline([IdentityFilter()], [Keeper(.text, for: .seconds(1)), Keeper(.end, for: .seconds(2))]))
        run.start()
        run.push(.text("last words"), .end(.completed), .text("after"))
        run.push(.inputDTMF(.one))
        #expect(run.sink == ["start", "last words", "key 1"])
        run.advance(.seconds(1))
        #expect(run.sink.count == 3)
        run.advance(.seconds(1))
        #expect(run.sink == ["start", "last words", "key 1", "end completed", "after"])
    }

    @Test func `what a branch says while end is under way goes out before it`() {
        let run = WorkerRun(
            ParallelPipeline([Self.says("goodbye", to: .end)], [Keeper(.end, for: .seconds(2))]))
        run.push(.end(.completed))
        #expect(run.sink.isEmpty)
        run.advance(.seconds(2))
        #expect(run.sink == ["goodbye", "end completed"])
    }

    @Test func `an end that a branch says goes out by itself, and one that goes upstream turns nothing round`() {
        let run = WorkerRun(
            ParallelPipeline(
                [
                    Step { frame, _, context in
                        if frame.kind == .inputDTMF { context.push(.end(.completed)) }
                        return true
                    }
                ], [IdentityFilter()]))
        run.push(.inputDTMF(.one))
        #expect(run.sink == ["key 1", "end completed"])
        run.push(.end(.completed), up: true)
        run.push(.text("a"))
        #expect(run.source == ["end completed"])
        #expect(run.sink.last == "a")
    }

    @Test func `a branch that holds a frame back sends it no second time`() {
        let run = WorkerRun(ParallelPipeline([IdentityFilter()], [Keeper(.text, for: .seconds(1))]))
        run.push(.text("a"))
        run.advance(.seconds(5))
        #expect(run.sink == ["a"])
        let lone = WorkerRun(ParallelPipeline([NullFilter()], [Keeper(.text, for: .seconds(1))]))
        lone.push(.text("a"))
        #expect(lone.sink.isEmpty)
        lone.advance(.seconds(5))
        #expect(lone.sink == ["a"])
    }

    @Test func `a frame that comes back upstream passes`() {
        let back = Step { frame, direction, context in
            if direction == .downstream, frame.kind == .text {
                context.push(frame, .upstream)
                return false
            }
            return true
        }
        let run = WorkerRun(ParallelPipeline([IdentityFilter()], [IdentityFilter()]), back)
        run.push(.text("a"))
        #expect(run.source == ["a"])
        #expect(run.sink.isEmpty)
    }

    @Test func `a frame that is pushed twice goes out twice, held back or not`() {
        let twice = Step { frame, direction, context in
            if frame.kind == .text { context.push(frame, direction) }
            return true
        }
        // The first one numbers the frame.
        let first = ParallelPipeline([], [])
        let held = Keeper(.text, for: .seconds(1))
        let run = WorkerRun(first, twice, ParallelPipeline([held, IdentityFilter()], [held]))
        run.push(.text("a"))
        run.advance(.seconds(1))
        #expect(run.sink == ["a", "a"])
    }

    /// Branches that pass, keep, swallow and answer as chance has it.
    @Test(arguments: 0..<40)
    func `whatever branches do, start is first, end is last, and no frame that came in goes out twice`(seed: UInt64) {
        var chance = SplitMix64(state: seed)
        func branch() -> [any Processor] {
            (0..<Int.random(in: 0...3, using: &chance)).map { _ -> any Processor in
                switch Int.random(in: 0..<5, using: &chance) {
                case 0: Keeper(.text, for: .milliseconds(Int.random(in: 1...500, using: &chance)))
                case 1: Keeper([.start, .end], for: .milliseconds(Int.random(in: 1...500, using: &chance)))
                case 2: NullFilter()
                case 3: ParallelPipeline([], [Keeper(.mark, for: .milliseconds(30))])
                default: Self.says("made", to: .mark)
                }
            }
        }
        // One branch passes everything.
        let run = WorkerRun(ParallelPipeline(branch(), branch(), [IdentityFilter()]))
        run.start()
        for number in 0..<50 {
            if number % 7 == 3 { run.push(.mark("m\(number)")) } else { run.push(.text("t\(number)")) }
            if number % 5 == 0 { run.push(.inputDTMF(.one)) }
            run.advance(.milliseconds(Int.random(in: 0...60, using: &chance)))
        }
        // An end overtakes what a Keeper of texts keeps: nothing is kept any more.
        run.advance(.seconds(10))
        run.push(.end(.completed))
        run.advance(.seconds(10))
        #expect(run.isDone && run.source.isEmpty)
        #expect(run.sink.first == "start" && run.sink.filter { $0 == "start" }.count == 1)
        #expect(run.sink.last == "end completed" && run.sink.filter { $0 == "end completed" }.count == 1)
        let own = run.sink.filter { $0.hasPrefix("t") || $0.hasPrefix("mark") }
        #expect(own.count == 50 && Set(own).count == 50)
        #expect(run.sink.filter { $0 == "key 1" }.count == 10)
    }

    @Test func `parallel pipelines may lie in each other and after each other`() {
        let inner = ParallelPipeline([Self.says("!", to: .inputDTMF)], [IdentityFilter()])
        let outer = ParallelPipeline([inner, IdentityFilter()], [ParallelPipeline([], [])])
        let run = WorkerRun(outer, ParallelPipeline([IdentityFilter()], [IdentityFilter()]))
        run.start()
        run.push(.text("a"), .inputDTMF(.one), .text("b"), .end(.completed))
        #expect(run.sink == ["start", "key 1", "!", "a", "b", "end completed"])
    }

    @Test func `an interruption drops what waits for end and goes out once`() {
        let run = WorkerRun(ParallelPipeline([Self.says("goodbye", to: .end)], [Keeper(.end, for: .seconds(2))]))
        run.push(.end(.completed))
        run.push(.text("dropped"))
        run.push(.interruption)
        run.push(.text("kept"))
        #expect(run.sink == ["interruption"])
        run.advance(.seconds(2))
        #expect(run.sink == ["interruption", "end completed", "kept"])
    }

    @Test func `an interruption that a branch says drops what waits at the entry`() {
        let interrupting = Step { frame, _, context in
            if frame.kind == .inputDTMF {
                context.broadcastInterruption()
                context.push(.text("yes?"))
            }
            return true
        }
        let talker = Step { frame, _, context in
            if frame.kind == .inputDTMF { context.push(.text("stale")) }
            return true
        }
        let run = WorkerRun(talker, ParallelPipeline([interrupting], [IdentityFilter()]))
        run.push(.inputDTMF(.one))
        #expect(run.sink == ["interruption", "key 1", "yes?"])
        #expect(run.source == ["interruption"])
    }

    @Test func `each processor of each branch has its own wake`() {
        let notes = Notes()
        func sleeper(_ name: String, _ milliseconds: Int) -> Step {
            Step(
                onFrame: { frame, _, context in
                    if frame.kind == .mark { context.wake(at: .zero + .milliseconds(milliseconds)) }
                    return true
                },
                onWake: {
                    notes.lines.append("\(name) \(($0.now - .zero).milliseconds)")
                    $0.push(.text(name))
                })
        }
        let run = WorkerRun(ParallelPipeline([sleeper("a", 30), sleeper("b", 10)], [sleeper("c", 20)]))
        run.push(.mark("m"))
        run.advance(.seconds(1))
        #expect(notes.lines == ["b 10", "c 20", "a 30"])
        #expect(run.sink == ["mark m", "b", "c", "a"])
        #expect(run.worker.wake == nil)
    }

    @Test func `a cancel reaches every processor of every branch once, also during start`() {
        let notes = Notes()
        func witness(_ name: String) -> Step {
            Step { frame, _, context in
                if frame.kind == .cancel {
                    notes.lines.append(name)
                    context.push(.text("too late"))
                }
                return false
            }
        }
        let run = WorkerRun(ParallelPipeline([witness("a"), witness("b")], [witness("c")]), witness("d"))
        run.start()
        run.push(.text("waits"))
        run.push(.cancel(.canceled))
        #expect(notes.lines == ["a", "b", "c", "d"])
        #expect(run.sink == ["cancel canceled"])
    }

    @Test func `a branch can end the call`() {
        let run = WorkerRun(
            ParallelPipeline(
                [
                    Step { frame, _, context in
                        if frame.kind == .inputDTMF { context.push(.cancel(.botFailed)) }
                        return true
                    }
                ], [IdentityFilter()]))
        run.start()
        run.push(.inputDTMF(.one))
        #expect(run.sink == ["start", "cancel bot-failed"])
    }

    @Test func `a branch that never passes start on ends the call before the memory`() {
        let run = WorkerRun(ParallelPipeline([Step { _, _, _ in false }], [IdentityFilter()]))
        run.start()
        for _ in 0..<ParallelPipeline.mostWaiting + 10 { run.push(.text("a")) }
        run.advance(.zero)
        #expect(run.source == ["error parallel pipeline: frames wait for a branch to pass on start or end"])
        #expect(run.sink == ["cancel bot-failed"])
    }

    @Test func `a branch that talks to itself ends the call`() {
        let back = Step { frame, _, context in
            context.push(frame, .downstream)
            return false
        }
        let forth = Step { frame, _, context in
            context.push(frame, .upstream)
            return false
        }
        let run = WorkerRun(ParallelPipeline([back, forth], [IdentityFilter()]))
        run.push(.text("a"))
        #expect(run.source.count == 1)
        run.advance(.zero)
        #expect(run.sink == ["a", "cancel bot-failed"])
    }

    @Test func `a branch has observers of its own`() {
        struct Watch: PipelineObserver {
            let notes: Notes
            mutating func pushed(_ frame: Frame, _: FrameDirection, from source: Int, to destination: Int, at now: Moment) {
                notes.lines.append("\(frame.word) \(source)->\(destination)")
            }
        }
        let inside = Notes(), outside = Notes()
        let branch = Pipeline([IdentityFilter(), IdentityFilter()], observers: [Watch(notes: inside)])
        let run = WorkerRun(ParallelPipeline(branch, [Pipeline([])]), observers: [Watch(notes: outside)])
        run.push(.text("a"))
        #expect(inside.lines == ["a -1->0", "a 0->1", "a 1->2"])
        #expect(outside.lines == ["a -1->0", "a 0->1"])
    }

    @Test func `a frame is no larger for its number`() {
        struct Bare {
            let content: Frame.Content
            let isInterruptible: Bool
        }
        #expect(MemoryLayout<Frame>.stride == MemoryLayout<Bare>.stride)
    }

    @Test func `the window knows the latest numbers and forgets those long past`() {
        let length = NumberWindow.length
        var window = NumberWindow()
        // Each with whether it is new.
        let steps: [(UInt32, Bool)] = [
            (1, true), (1, false), (length, true), (1, false), (2, true), (length + 1, true), (1, true), (1, true), (2, false),
            (.max, true), (.max, false),
        ]
        for (number, isNew) in steps {
            let found = window.insert(number)
            #expect(found == isNew, "\(number)")
        }
        #expect(window.contains(.max) && !window.contains(2) && !window.contains(.max - 1))
    }
}
