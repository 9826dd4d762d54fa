import Call
import Dialing
import Testing

@Suite struct CapTests {
    @Test func `calls of an hour are capped, and the hour slides`() throws {
        var rules = DialRun.rules()
        rules.caps.callsPerHour = 3
        var run = DialRun(rules)
        for number in 0..<3 {
            try run.accept(DialRun.request(number))
            _ = run.pass(.seconds(600))
        }
        do throws(DialRejection) {
            try run.accept()
            Issue.record("accepted")
        } catch {
            guard case .cap("3 calls per hour", let seconds) = error else { Issue.record("\(error)"); return }
            #expect((1_740...1_860).contains(seconds))
            _ = run.pass(.seconds(seconds))
        }
        try run.accept()
        #expect(throws: DialRejection.self) { try run.accept() }
    }

    @Test func `a restart does not forget what was counted`() throws {
        var rules = DialRun.rules()
        rules.caps.callsPerDay = 2
        var run = DialRun(rules)
        try run.accept()
        try run.accept()
        _ = run.poll()
        var next = run.restarted(rules)
        #expect(throws: DialRejection.self) { try next.accept() }
    }

    @Test func `minutes of live calls count as they go, and keep queued calls waiting`() throws {
        var rules = DialRun.rules()
        rules.caps.minutesPerHour = 10
        var run = DialRun(rules)
        _ = try run.streaming()
        _ = run.pass(.seconds(540))
        _ = run.handle(.pause)
        try run.accept(DialRun.request(1))
        _ = run.pass(.seconds(120))
        #expect(run.handle(.resume).placed == [])
        #expect(throws: DialRejection.self) { try run.accept(DialRun.request(2)) }
        _ = run.callback(.ended(.completed))
        #expect(run.pass(.seconds(1_800)).placed == [])
        #expect(run.pass(.seconds(1_800)).placed == ["c2"])
    }
}
