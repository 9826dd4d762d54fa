import Call
import Dialing
import Testing

@Suite struct DialQueueTests {
    private static let plivo = ProviderName("plivo")

    @Test func `higher priority goes first, then who came first`() throws {
        var run = DialRun(DialRun.rules { $0.concurrency = 1 })
        _ = run.handle(.pause)
        for (number, priority) in [5, 2, 9, 5].enumerated() {
            var request = DialRun.request(number)
            request.priority = priority
            try run.accept(request)
        }
        var order = run.handle(.resume).placed
        for _ in 0..<3 {
            let id = try #require(order.last)
            order += run.handle(.placed(call: id, .refused(ProviderRefusal(code: nil, sentence: "no", kind: .other)))).placed
            order += run.pass(.seconds(1)).placed
        }
        #expect(order == ["c3", "c1", "c4", "c2"])
    }

    @Test func `one number has one call in the air, over all providers, and does not hold up others`() throws {
        var rules = DialRun.rules()
        rules.providers[Self.plivo] = .init(callsPerSecond: 100, concurrency: 100)
        var run = DialRun(rules)
        try run.accept()
        try run.accept()
        try run.accept(DialRun.request(0, Self.plivo))
        try run.accept(DialRun.request(1))
        let first = run.pass(.seconds(1)).placed
        #expect(first.count == 2 && first.contains("c4"))
        var callee = Set(["c1", "c2", "c3"])
        for _ in 0..<3 {
            let inTheAir = callee.filter { run.status($0) == .dialing }
            #expect(inTheAir.count == 1)
            guard let id = inTheAir.first else { return }
            _ = run.handle(.placed(call: id, .accepted(providerCallID: id)))
            _ = run.callback(.ended(.busy), id, id: id, from: id == "c3" ? Self.plivo : DialRun.twilio)
            _ = run.pass(.seconds(1))
            callee.remove(id)
        }
    }

    @Test func `a call that waited behind a cancelled one for the same number is placed`() throws {
        var run = DialRun()
        for _ in 0..<3 { try run.accept() }
        #expect(run.poll().placed == ["c1"])
        _ = run.pass(.seconds(1))
        _ = run.handle(.cancel(call: "c2"))
        _ = run.handle(.placed(call: "c1", .accepted(providerCallID: "CA1")))
        _ = run.callback(.ended(.busy))
        _ = run.pass(.seconds(1))
        #expect(run.status("c3") == .dialing)
    }

    @Test func `no more calls are in the air than the provider and all together allow`() throws {
        var rules = DialRun.rules { $0.concurrency = 3 }
        rules.providers[Self.plivo] = .init(callsPerSecond: 100, concurrency: 100)
        rules.concurrency = 5
        var run = DialRun(rules)
        for number in 0..<10 { try run.accept(DialRun.request(number)) }
        #expect(run.pass(.seconds(5)).placed.count == 3)
        for number in 10..<20 { try run.accept(DialRun.request(number, Self.plivo)) }
        #expect(run.pass(.seconds(5)).placed.count == 2)
        #expect(run.dialer.inTheAir == 5 && run.dialer.queued == 15)
    }

    @Test func `a full queue refuses and says when to come back`() throws {
        var rules = DialRun.rules { $0.callsPerSecond = 0.1 }
        rules.queue = 2
        var run = DialRun(rules)
        _ = run.handle(.pause)
        try run.accept()
        try run.accept()
        #expect(throws: DialRejection.queueFull(limit: 2, retryAfter: 60)) { try run.accept() }
        _ = run.handle(.resume)
        try run.accept()
        #expect(throws: DialRejection.queueFull(limit: 2, retryAfter: 11)) { try run.accept() }
        #expect(throws: DialRejection.unknownProvider) { try run.accept(DialRun.request(1, Self.plivo)) }
    }

    @Test func `pausing stops what is about to go out, and is on disk`() throws {
        var run = DialRun()
        run.syncs = false
        try run.accept()
        #expect(run.poll().isEmpty)
        #expect(run.status() == .dialing)
        _ = run.handle(.pause)
        run.syncs = true
        #expect(run.poll().placed == [])
        #expect(run.status() == .queued && run.dialer.call("c1")?.attempts == 0)
        var next = run.restarted()
        #expect(next.dialer.isPaused)
        #expect(next.pass(.seconds(60)).placed == [])
        #expect(next.handle(.resume).placed == ["c1"])
    }

    // MARK: Pace

    /// The moments of placing, in seconds.
    private static func places(_ run: inout DialRun, seconds: Int, late: Duration = .zero) -> [Double] {
        var places: [Double] = []
        let step = Duration.milliseconds(1)
        var due: Moment?
        for _ in 0..<seconds * 1_000 {
            run.skip(step)
            guard due.map({ run.now.moment >= $0 + late }) ?? true else { continue }
            for id in run.handle(.tick).placed {
                places.append(Double(run.now.moment.nanoseconds) / 1e9)
                _ = run.handle(.placed(call: id, .accepted(providerCallID: id)))
            }
            due = run.wake
        }
        return places
    }

    @Test func `calls go out evenly`() throws {
        var run = DialRun(DialRun.rules { $0.callsPerSecond = 4 })
        for number in 0..<60 { try run.accept(DialRun.request(number)) }
        let places = Self.places(&run, seconds: 5)
        #expect(places.count == 20)
        for (earlier, later) in zip(places, places.dropFirst()) { #expect(later - earlier > 0.249) }
    }

    @Test func `fifty a second are fifty although every wake comes late`() throws {
        var run = DialRun(DialRun.rules { ($0.callsPerSecond, $0.concurrency) = (50, 1_000) })
        for number in 0..<300 { try run.accept(DialRun.request(number)) }
        #expect((248...254).contains(Self.places(&run, seconds: 5, late: .milliseconds(40)).count))
    }

    @Test func `an idle time saves nothing up`() throws {
        var run = DialRun()
        try run.accept(DialRun.request(99))
        _ = run.pass(.seconds(10))
        for number in 0..<5 { try run.accept(DialRun.request(number)) }
        #expect(run.poll().placed == ["c2"])
        #expect(run.pass(.milliseconds(40)).placed == ["c3", "c4", "c5", "c6"])
    }

    // MARK: Back-off

    @Test func `a provider that asks to be left alone is, and is then tried with one call`() throws {
        var run = DialRun()
        for number in 0..<5 { try run.accept(DialRun.request(number)) }
        #expect(run.pass(.milliseconds(25)).placed.count == 3)
        for id in ["c1", "c2", "c3"] { _ = run.handle(.placed(call: id, .retry(afterSeconds: 10))) }
        #expect(run.pass(.milliseconds(9_900)).placed == [])
        let probe = run.pass(.seconds(2)).placed
        #expect(probe.count == 1)
        let id = try #require(probe.first)
        #expect(run.handle(.placed(call: id, .accepted(providerCallID: "CA1"))).placed.count <= 1)
        #expect(run.pass(.seconds(1)).placed.count >= 3)
    }

    @Test func `one answer that says nothing is a call's own trouble, three in a row are the provider's`() throws {
        var run = DialRun(DialRun.rules { $0.callsPerSecond = 10 })
        for number in 0..<9 { try run.accept(DialRun.request(number)) }
        #expect(run.pass(.milliseconds(250)).placed == ["c1", "c2", "c3"])
        for id in ["c1", "c2"] { _ = run.handle(.placed(call: id, .unknown("it answered 500"))) }
        #expect(run.pass(.milliseconds(60)).placed == ["c4"])
        _ = run.handle(.placed(call: "c3", .unknown("it answered 500")))
        #expect(run.pass(.seconds(2)).placed == ["c5"])
        let rest = run.handle(.placed(call: "c5", .accepted(providerCallID: "CA5"))) + run.pass(.seconds(1))
        #expect(rest.placed.count == 4)
    }

    @Test func `a call that is turned away without a time waits alone`() throws {
        var run = DialRun()
        try run.accept(DialRun.request(1))
        #expect(run.poll().placed == ["c1"])
        #expect(run.handle(.placed(call: "c1", .retry(afterSeconds: nil))).placed.isEmpty)
        #expect(run.status() == .queued)
        try run.accept(DialRun.request(2))
        #expect(run.pass(.milliseconds(20)).placed == ["c2"])
        _ = run.handle(.placed(call: "c2", .accepted(providerCallID: "CA2")))
        #expect(run.pass(.seconds(2)).placed == ["c1"])
        #expect(run.dialer.call("c1")?.attempts == 2)
    }

    @Test func `a call that is turned away with a time waits that long, and two in a row stop their provider`() throws {
        var run = DialRun()
        for number in 0..<4 { try run.accept(DialRun.request(number)) }
        #expect(run.poll().placed == ["c1"])
        _ = run.handle(.placed(call: "c1", .retry(afterSeconds: 5)))
        #expect(run.pass(.milliseconds(10)).placed == ["c2"])
        _ = run.handle(.placed(call: "c2", .accepted(providerCallID: "CA2")))
        #expect(run.pass(.milliseconds(10)).placed == ["c3"])
        _ = run.handle(.placed(call: "c3", .retry(afterSeconds: 5)))
        #expect(run.pass(.milliseconds(10)).placed == ["c4"])
        _ = run.handle(.placed(call: "c4", .retry(afterSeconds: 8)))
        #expect(run.pass(.milliseconds(7_900)).placed == [])
        #expect(run.pass(.milliseconds(500)).placed.count == 1)
    }

    @Test func `without a time named the waits grow, and a call has its attempts`() throws {
        var run = DialRun()
        try run.accept()
        var attempts = run.poll().placed.count
        for _ in 0..<600 where run.status() != .ended(.failed) {
            _ = run.handle(.notSent(call: "c1", "connection refused"))
            attempts += run.pass(.seconds(1)).placed.count
        }
        #expect(attempts == 8)
        #expect(run.dialer.call("c1")?.detail == "not placed in 8 attempts; the last one: connection refused")
        #expect(run.now.moment > Moment.zero + .seconds(10))
    }
}
