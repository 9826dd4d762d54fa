import Call
import Dialing
import Testing

@Suite struct ReconcileTests {
    private static func lost() throws -> DialRun {
        var run = DialRun()
        try run.accept()
        _ = run.poll()
        _ = run.handle(.placed(call: "c1", .unknown("no answer within 10 s")))
        return run
    }

    @Test func `a call whose answer was lost is looked up once it must show, and never sent again unseen`() throws {
        var run = try Self.lost()
        #expect(run.pass(.seconds(14)).isEmpty)
        #expect(run.pass(.seconds(2)).lookedUp == ["c1"])
        #expect(run.handle(.found(call: "c1", .found(providerCallID: "CA1", state: .answered))).changes == [.answered])
        #expect(run.dialer.call("c1")?.attempts == 1)
    }

    @Test func `a call that the provider surely has not is sent again`() throws {
        var run = try Self.lost()
        _ = run.pass(.seconds(16))
        let outputs = run.handle(.found(call: "c1", .notFound))
        #expect(outputs.changes == [.queued, .dialing] && outputs.placed == ["c1"])
        #expect(run.dialer.call("c1")?.attempts == 2)
    }

    @Test func `what cannot be known ends as unknown and keeps the number taken`() throws {
        var run = try Self.lost()
        try run.accept()
        var lookUps = 0
        for _ in 0..<60 {
            let outputs = run.pass(.seconds(5))
            #expect(outputs.placed == [])
            guard !outputs.lookedUp.isEmpty else { continue }
            lookUps += 1
            _ = run.handle(.found(call: "c1", .cannotTell("the lists are down")))
        }
        #expect(lookUps == 6)
        #expect(run.status() == .ended(.unknown))
        #expect(run.dialer.call("c1")?.detail == "it cannot be known whether the call was placed: the lists are down")
        #expect(run.status("c2") == .queued)
        #expect(run.pass(.seconds(3_600)).placed == ["c2"])
    }

    @Test func `a callback corrects an unknown end once`() throws {
        var run = try Self.lost()
        for _ in 0..<60 {
            if !run.pass(.seconds(5)).lookedUp.isEmpty { _ = run.handle(.found(call: "c1", .cannotTell("down"))) }
        }
        try run.accept()
        _ = run.poll()
        let outputs = run.callback(.ended(.busy))
        #expect(outputs.changes.first == .ended(.busy))
        #expect(outputs.placed == ["c2"])
        #expect(run.callback(.ended(.completed)).changes.isEmpty)
        #expect(run.status() == .ended(.busy))
    }

    @Test func `a callback that comes before the answer settles the call`() throws {
        var run = DialRun()
        try run.accept()
        _ = run.poll()
        #expect(run.callback(.ringing).changes == [.ringing])
        #expect(run.handle(.placed(call: "c1", .unknown("no answer"))).isEmpty)
        #expect(run.handle(.placed(call: "c1", .retry(afterSeconds: 1))).isEmpty)
        #expect(run.dialer.call("c1")?.providerCallID == "CA1")
    }

    @Test func `an earlier attempt's end does not end a later one`() throws {
        var run = try Self.lost()
        _ = run.pass(.seconds(16))
        _ = run.handle(.found(call: "c1", .notFound))
        #expect(run.callback(.ended(.failed), id: "CA0").isEmpty)
        _ = run.handle(.placed(call: "c1", .accepted(providerCallID: "CA1")))
        #expect(run.status() == .dialing)
        #expect(run.callback(.ended(.failed), id: "CA0").isEmpty)
        #expect(run.callback(.answered).changes == [.answered])
    }

    @Test func `an earlier attempt that was placed after all is the call when the later one was not`() throws {
        var run = try Self.lost()
        _ = run.pass(.seconds(16))
        _ = run.handle(.found(call: "c1", .notFound))
        _ = run.callback(.answered, id: "CA0")
        #expect(run.handle(.placed(call: "c1", .retry(afterSeconds: 1))).changes == [.answered])
        #expect(run.dialer.call("c1")?.providerCallID == "CA0")
    }

    @Test func `a list's call that is another of ours is not taken`() throws {
        var run = DialRun()
        _ = try run.dialled(DialRun.request(7))
        try run.accept()
        _ = run.poll()
        _ = run.handle(.placed(call: "c2", .unknown("no answer")))
        let outputs = run.pass(.seconds(16))
        guard case .lookUp(_, let since, let others)? = outputs.first else { Issue.record("no look-up"); return }
        #expect(others == ["CA1"] && since == 1_790_000_002)
        #expect(run.handle(.found(call: "c2", .found(providerCallID: "CA1", state: .answered))).changes.isEmpty)
        #expect(run.status("c2") == .dialing)
    }

    @Test func `a clock that was set back is not looked from`() throws {
        var run = try Self.lost()
        run.setClock(by: -100)
        guard case .lookUp(_, let since, _)? = run.pass(.seconds(16)).first else { Issue.record("no look-up"); return }
        #expect(since == 1_790_000_000 - 100)
    }

    @Test func `a call of which nothing more is heard is looked up and ends`() throws {
        var run = DialRun()
        _ = try run.dialled()
        #expect(run.pass(.seconds(74)).isEmpty)
        #expect(run.pass(.seconds(2)).lookedUp == ["c1"])
        #expect(
            run.handle(.found(call: "c1", .found(providerCallID: "CA1", state: .ended(.noAnswer)))).changes == [.ended(.noAnswer)])
    }
}
