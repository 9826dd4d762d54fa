import Call
import Testing

@testable import Dialing

@Suite struct EventOutboxTests {
    private var outbox = EventOutbox(seed: 1)

    private func at(_ seconds: Double) -> Moment { .zero + .milliseconds(Int(seconds * 1_000)) }

    @Test mutating func `events of one call go one after the other, those of others do not wait`() {
        outbox.add(call: "a", event: 1, at: .zero)
        outbox.add(call: "a", event: 2, at: .zero)
        outbox.add(call: "b", event: 3, at: .zero)
        #expect(outbox.poll(at: .zero) == .send(call: "a", event: 1))
        #expect(outbox.poll(at: .zero) == .send(call: "b", event: 3))
        #expect(outbox.poll(at: .zero) == .idle(wake: nil))
        #expect(outbox.taken(call: "a", at: .zero) == 1)
        #expect(outbox.poll(at: .zero) == .send(call: "a", event: 2))
        #expect(outbox.taken(call: "a", at: .zero) == 2)
        #expect(outbox.taken(call: "b", at: .zero) == 3)
        #expect(outbox.taken(call: "b", at: .zero) == nil)
        #expect(outbox.count == 0)
    }

    @Test mutating func `no more than eight are under way`() {
        for event in 1...20 { outbox.add(call: "call \(event)", event: UInt64(event), at: .zero) }
        var sent = 0
        while case .send = outbox.poll(at: .zero) { sent += 1 }
        #expect(sent == 8)
        _ = outbox.taken(call: "call 3", at: .zero)
        #expect(outbox.poll(at: .zero) == .send(call: "call 9", event: 9))
    }

    @Test mutating func `what is not taken comes again after pauses that double, before later events of its call`() {
        outbox.add(call: "a", event: 1, at: .zero)
        outbox.add(call: "a", event: 2, at: .zero)
        var now = Moment.zero
        var pauses: [Int64] = []
        for _ in 1...14 {
            #expect(outbox.poll(at: now) == .send(call: "a", event: 1))
            outbox.failed(call: "a", at: now)
            guard case .idle(let wake?) = outbox.poll(at: now) else { return #expect(Bool(false)) }
            pauses.append((wake - now).milliseconds)
            now = wake
        }
        for (index, pause) in pauses.enumerated() {
            let whole = min(1_000 << Int64(index), 300_000)
            #expect(pause > whole / 2 && pause <= whole)
        }
        #expect(Set(pauses.suffix(5)).count > 1)
    }

    @Test mutating func `after a day it is given up, and the next one goes out`() {
        outbox.add(call: "a", event: 1, at: .zero)
        outbox.add(call: "a", event: 2, at: at(50_000))
        #expect(outbox.poll(at: .zero) == .send(call: "a", event: 1))
        outbox.failed(call: "a", at: .zero)
        #expect(outbox.poll(at: at(86_400)) == .send(call: "a", event: 1))
        outbox.failed(call: "a", at: at(86_400))
        #expect(outbox.poll(at: at(86_400)) == .gaveUp(call: "a", event: 1))
        #expect(outbox.poll(at: at(86_400)) == .send(call: "a", event: 2))
    }

    @Test mutating func `past the limit the oldest is given up`() {
        for event in 1...EventOutbox.mostWaiting { outbox.add(call: "call \(event)", event: UInt64(event), at: .zero) }
        outbox.add(call: "new", event: 900_000, at: .zero)
        #expect(outbox.count == EventOutbox.mostWaiting)
        #expect(outbox.poll(at: .zero) == .gaveUp(call: "call 1", event: 1))
        #expect(outbox.poll(at: .zero) == .send(call: "call 2", event: 2))
    }
}
