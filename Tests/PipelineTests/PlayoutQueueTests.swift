import Testing

@testable import Pipeline

struct PlayoutQueueTests {
    private func front(_ queue: PlayoutQueue) -> [Int16] {
        if case .audio(let samples, _, _)? = queue.first { Array(samples) } else { [] }
    }

    @Test
    func `very short runs share an entry and keep their order`() {
        var queue = PlayoutQueue(longest: 1_000)
        for sample in 0..<10 { queue.append(Ramp.samples(from: sample, count: 1)[...], isInterruptible: true) }
        #expect(front(queue) == Ramp.samples(from: 0, count: 10))
        queue.removeFirst()
        #expect(queue.isEmpty)
    }

    @Test
    func `runs that may be dropped and runs that may not are never joined`() {
        var queue = PlayoutQueue(longest: 1_000)
        queue.append([1], isInterruptible: true)
        queue.append([2], isInterruptible: false)
        queue.append([3], isInterruptible: true)
        queue.interrupt()
        #expect(front(queue) == [2])
        queue.removeFirst()
        #expect(queue.isEmpty)
    }

    @Test
    func `an utterance ends once however often that is said`() {
        var run = PlayoutRun()
        run.say([1, 2, 3])
        for _ in 0..<5 { run.playout.endUtterance() }
        #expect(run.playout.queue.commands == 1)
    }

    @Test
    func `the oldest samples are dropped past the marks in front of them`() {
        var queue = PlayoutQueue(longest: 200)
        queue.append(.mark(Mark(kind: .named("m"), isInterruptible: true)))
        queue.append(Ramp.samples(from: 0, count: 150)[...], isInterruptible: true)
        queue.append(Ramp.samples(from: 150, count: 150)[...], isInterruptible: true)
        #expect(queue.droppedSamples == 100)
        #expect(queue.commands == 1)
        queue.removeFirst()
        #expect(front(queue) == Ramp.samples(from: 100, count: 50))
    }
}
