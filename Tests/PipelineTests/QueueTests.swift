import Call
import Testing

@testable import Pipeline

struct QueueTests {
    @Test(arguments: UInt64(0)..<10)
    func `a queue does what an array does`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var queue = Queue<Int>()
        var model: [Int] = []
        for step in 0..<3_000 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0..<6:
                queue.append(step)
                model.append(step)
            case 6..<9: #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            case 9 where !model.isEmpty:
                let index = Int.random(in: 0..<model.count, using: &random)
                queue.remove(at: index)
                model.remove(at: index)
            case 10 where !model.isEmpty:
                queue.replaceFirst(with: -step)
                model[0] = -step
            case 11 where step % 50 == 0:
                queue.removeAll { $0 % 3 == 0 }
                model.removeAll { $0 % 3 == 0 }
            default: break
            }
            #expect(queue.count == model.count)
            #expect(queue.first == model.first)
        }
        #expect((0..<queue.count).map { queue[$0] } == model)
    }

    @Test
    func `an element that was taken out is let go`() {
        final class Witness {}
        var queue = Queue<Witness>()
        weak var first: Witness?
        do {
            let witness = Witness()
            first = witness
            queue.append(witness)
        }
        queue.append(Witness())
        #expect(first != nil)
        _ = queue.popFirst()
        #expect(first == nil)
        queue.removeAll { _ in true }
        #expect(queue.isEmpty)
    }
}
