import Audio
import Call
import Pipeline
import Testing

/// The cases of Pipecat's `tests/test_producer_consumer.py`.
struct ProducerConsumerTests {
    private static func isText(_ frame: Frame) -> Bool { frame.kind == .text }
    private static func beep(_: Frame) -> Frame { Frame(.inputAudioRaw(PCM16(samples: [0], rate: .hz8000))) }

    private static func sink(_ processors: any Processor...) -> [String] {
        let run = WorkerRun(PipelineWorker(Pipeline(processors)))
        run.start()
        run.push(.text("a"))
        return Array(run.sink.dropFirst())
    }

    @Test func `the consumer's frame leaves before the frame that passes`() {
        let producer = ProducerProcessor(filter: Self.isText)
        let marked = ConsumerProcessor(producer: producer) { _ in Frame(.text("consumed")) }
        #expect(Self.sink(producer, marked) == ["consumed", "a"])
    }

    @Test func `without passing, the consumer's frame is the only one`() {
        let producer = ProducerProcessor(filter: Self.isText, passthrough: false)
        #expect(Self.sink(producer, ConsumerProcessor(producer: producer)) == ["a"])
    }

    @Test func `every consumer gets each frame`() {
        let producer = ProducerProcessor(filter: Self.isText, passthrough: false)
        let consumers = (ConsumerProcessor(producer: producer), ConsumerProcessor(producer: producer))
        #expect(Self.sink(producer, consumers.0, consumers.1) == ["a", "a"])
    }

    @Test func `producer and consumer may be in branches, whichever comes first`() {
        let producer = ProducerProcessor(filter: Self.isText, passthrough: false)
        let consumer = ConsumerProcessor(producer: producer)
        #expect(Self.sink(ParallelPipeline([producer], [consumer])) == ["a", "a"])
        #expect(Self.sink(ParallelPipeline([consumer], [producer])) == ["a", "a"])
        #expect(Self.sink(ParallelPipeline([producer], [NullFilter(), consumer])) == ["a"])
        #expect(Self.sink(ParallelPipeline([NullFilter(), consumer], [producer])) == ["a"])
        #expect(Self.sink(producer, IdentityFilter(), ParallelPipeline([consumer])) == ["a"])
    }

    @Test func `either end may transform`() {
        let first = ProducerProcessor(filter: Self.isText, transformer: Self.beep)
        #expect(Self.sink(first, ConsumerProcessor(producer: first)) == ["in 1", "a"])
        let second = ProducerProcessor(filter: Self.isText)
        #expect(Self.sink(second, ConsumerProcessor(producer: second, transformer: Self.beep)) == ["in 1", "a"])
    }

    @Test func `a consumer before its producer gives frames upstream`() {
        let producer = ProducerProcessor(filter: Self.isText)
        let run = WorkerRun(ConsumerProcessor(producer: producer, direction: .upstream), producer)
        run.start()
        run.push(.text("a"))
        #expect(run.sink == ["start", "a"])
        #expect(run.source == ["a"])
    }

    @Test func `a consumer takes part from start to end`() {
        let producer = ProducerProcessor(filter: Self.isText)
        let run = WorkerRun(producer, ConsumerProcessor(producer: producer) { _ in Frame(.text("consumed")) })
        run.push(.text("early"))
        run.start()
        run.push(.text("a"))
        run.push(.end(.completed))
        run.push(.text("late"))
        #expect(run.sink == ["early", "start", "consumed", "a", "end completed", "late"])
    }

    @Test func `start and end pass a producer of everything that passes nothing`() {
        let producer = ProducerProcessor(filter: { _ in true }, passthrough: false)
        let run = WorkerRun(producer)
        run.start()
        run.push(.text("a"), .end(.completed))
        #expect(run.sink == ["start", "end completed"])
    }

    @Test func `a consumer that feeds its own producer ends the turn`() {
        let producer = ProducerProcessor(filter: Self.isText)
        let run = WorkerRun(ConsumerProcessor(producer: producer), producer)
        run.start()
        run.push(.text("a"))
        #expect(!run.isDone)
    }
}
