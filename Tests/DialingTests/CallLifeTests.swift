import Call
import Dialing
import Testing

@Suite struct CallLifeTests {
    @Test func `a call goes from the queue to its stream and its end`() throws {
        var run = DialRun()
        try run.accept()
        #expect(run.status() == .queued)
        let first = run.poll()
        #expect(first.accepted == ["c1"] && first.changes == [.dialing] && first.placed == ["c1"])
        #expect(run.handle(.placed(call: "c1", .accepted(providerCallID: "CA1"))).changes == [.dialing])
        #expect(run.dialer.call("c1")?.providerCallID == "CA1")
        #expect(run.callback(.ringing).changes == [.ringing])
        #expect(run.callback(.answered).changes == [.answered])
        #expect(run.handle(.streamBegan(call: "c1", providerCallID: "CA1")).changes == [.streaming])
        #expect(run.handle(.streamEnded(call: "c1", .callerHungUp)).isEmpty)
        #expect(run.callback(.ended(.completed)).changes == [.ended(.completed)])
        #expect(run.dialer.openCount == 0)
        #expect(run.dialer.call("c1")?.code == "word")
    }

    @Test func `a provider says nothing about another one's calls`() throws {
        var run = DialRun()
        _ = try run.dialled()
        #expect(run.callback(.ended(.completed), from: ProviderName("exotel")).isEmpty)
        #expect(run.callback(.ended(.completed), "unknown", from: ProviderName("exotel")).changes.isEmpty)
        #expect(run.status() == .dialing)
    }

    @Test func `what comes late or twice changes nothing`() throws {
        var run = DialRun()
        _ = try run.dialled()
        #expect(run.callback(.answered).changes == [.answered])
        #expect(run.callback(.answered).isEmpty)
        #expect(run.callback(.ringing).isEmpty)
        #expect(run.callback(.ended(.completed)).changes.count == 1)
        #expect(run.callback(.ended(.busy)).isEmpty)
        #expect(run.handle(.streamBegan(call: "c1", providerCallID: nil)).isEmpty)
        #expect(run.status() == .ended(.completed))
    }

    @Test func `a refusal ends the call with the provider's words`() throws {
        var run = DialRun()
        try run.accept()
        _ = run.poll()
        let refusal = ProviderRefusal(code: "21211", sentence: "twilio refused the call with 21211", kind: .badNumber)
        #expect(run.handle(.placed(call: "c1", .refused(refusal))).changes == [.ended(.failed)])
        #expect(run.dialer.call("c1")?.code == "21211")
        #expect(run.dialer.call("c1")?.detail == "twilio refused the call with 21211")
    }

    @Test func `an answered call without a stream is hung up and says so`() throws {
        var run = DialRun()
        _ = try run.dialled()
        _ = run.callback(.answered)
        #expect(run.pass(.seconds(14)).isEmpty)
        #expect(run.pass(.seconds(2)).hungUp == ["c1"])
        _ = run.handle(.hungUp(call: "c1", failure: nil))
        _ = run.callback(.ended(.completed))
        #expect(run.status() == .ended(.failed))
        #expect(run.dialer.call("c1")?.detail == "answered, but no stream opened within 15 s")
    }

    @Test func `without a stream time-out an answered call goes on`() throws {
        var rules = DialRun.rules()
        rules.streamTimeout = nil
        var run = DialRun(rules)
        _ = try run.dialled()
        _ = run.callback(.answered)
        #expect(run.pass(.seconds(3_600)).isEmpty)
        #expect(run.pass(.seconds(6)).hungUp == ["c1"])
        #expect(run.handle(.hungUp(call: "c1", failure: nil)).isEmpty)
        #expect(run.pass(.seconds(11)).changes == [.ended(.completed)])
        #expect(run.dialer.call("c1")?.detail == "ended at its maximum of 3600 s")
    }

    @Test func `a call whose stream is over is hung up if the provider leaves it open`() throws {
        var run = DialRun()
        _ = try run.streaming()
        _ = run.handle(.streamEnded(call: "c1", .botFailed))
        #expect(run.pass(.seconds(9)).isEmpty)
        #expect(run.pass(.seconds(2)).hungUp == ["c1"])
        _ = run.handle(.hungUp(call: "c1", failure: nil))
        #expect(run.pass(.seconds(11)).changes == [.ended(.failed)])
        #expect(run.dialer.call("c1")?.detail == "bot-failed")
    }

    @Test func `a hang-up that fails is tried a few times, then the lists are asked, then it ends all the same`() throws {
        var run = DialRun()
        _ = try run.streaming()
        _ = run.handle(.cancel(call: "c1"))
        var hangUps = 1, lookUps = 0
        for _ in 0..<40 {
            for output in run.handle(.hungUp(call: "c1", failure: "it answered 500")) + run.pass(.seconds(10)) {
                if case .hangUp = output { hangUps += 1 }
                if case .lookUp = output {
                    lookUps += 1
                    _ = run.handle(.found(call: "c1", .found(providerCallID: "CA1", state: .answered)))
                }
            }
        }
        #expect(hangUps == 4 && lookUps == 6)
        #expect(run.status() == .ended(.completed))
        #expect(run.dialer.call("c1")?.detail == "ended over the control API; the provider did not confirm the end")
    }

    @Test func `a call that is cancelled before its id is known is hung up as soon as it is`() throws {
        var run = DialRun()
        try run.accept()
        _ = run.poll()
        #expect(run.handle(.cancel(call: "c1")).isEmpty)
        #expect(run.handle(.placed(call: "c1", .accepted(providerCallID: "CA1"))).hungUp == ["c1"])
        _ = run.handle(.hungUp(call: "c1", failure: nil))
        #expect(run.callback(.ended(.noAnswer)).changes == [.ended(.canceled)])
    }

    @Test func `a queued call is cancelled at once, and one that waits too long ends`() throws {
        var run = DialRun()
        _ = run.handle(.pause)
        var request = DialRun.request()
        request.queueTime = 60
        try run.accept(request)
        try run.accept(DialRun.request(1))
        #expect(run.handle(.cancel(call: "c2")).changes == [.ended(.canceled)])
        #expect(run.pass(.seconds(59)).isEmpty)
        #expect(run.pass(.seconds(2)).changes == [.ended(.canceled)])
        #expect(run.dialer.call("c1")?.detail == "not placed within 60 s")
        #expect(run.handle(.resume).placed == [])
    }

    // MARK: Machines

    @Test func `the bot is told who answered, also when that is known before its stream`() throws {
        var run = DialRun()
        _ = try run.dialled()
        _ = run.callback(.answered)
        #expect(run.callback(nil, machine: .machine).verdicts == [])
        #expect(run.handle(.streamBegan(call: "c1", providerCallID: nil)).verdicts == [.machine])
        #expect(run.callback(nil, machine: .machine).isEmpty)
        #expect(run.callback(nil, machine: .beep).verdicts == [.beep])
        #expect(run.callback(nil, machine: .machine).isEmpty)
        #expect(run.dialer.call("c1")?.machine == .beep)
    }

    @Test func `behind a machine the bot is told once that no beep will come, and the call still is a machine's`() throws {
        var run = DialRun()
        _ = try run.streaming()
        #expect(run.callback(nil, machine: .machine).verdicts == [.machine])
        #expect(run.callback(nil, machine: .unknown).verdicts == [.unknown])
        #expect(run.callback(nil, machine: .unknown).isEmpty)
        #expect(run.dialer.call("c1")?.machine == .machine)
        #expect(run.callback(nil, machine: .beep).verdicts == [.beep])
        #expect(run.callback(nil, machine: .unknown).isEmpty)
    }

    @Test func `a machine's call is ended if that was asked for`() throws {
        var run = DialRun()
        var request = DialRun.request()
        request.machineDetection = .hangup
        _ = try run.streaming(request)
        #expect(run.callback(nil, machine: .machine).hungUp == ["c1"])
        #expect(run.callback(.ended(.completed)).changes == [.ended(.machine)])
    }

    @Test func `a provider that ends machines itself is left to do so`() throws {
        var run = DialRun(DialRun.rules { $0.endsMachines = true })
        var request = DialRun.request()
        request.machineDetection = .hangup
        _ = try run.dialled(request)
        _ = run.callback(.answered)
        #expect(run.callback(nil, machine: .machine).hungUp == [])
        #expect(run.callback(.ended(.completed)).changes == [.ended(.machine)])
    }

    @Test(arguments: [true, false])
    func `a machine's call that its provider ended is a machine's, whichever of verdict and stream's end comes first`(
        isVerdictFirst: Bool
    ) throws {
        var run = DialRun(DialRun.rules { $0.endsMachines = true })
        var request = DialRun.request()
        request.machineDetection = .hangup
        _ = try run.streaming(request)
        if isVerdictFirst { _ = run.callback(nil, machine: .machine) }
        _ = run.handle(.streamEnded(call: "c1", .callerHungUp))
        if !isVerdictFirst { _ = run.callback(nil, machine: .machine) }
        #expect(run.callback(.ended(.completed)).changes == [.ended(.machine)])
        #expect(run.dialer.call("c1")?.detail == "a machine answered")
    }

    @Test func `a call that no request can end loses its stream at its maximum, and the lists are asked for its end`() throws {
        var run = DialRun(DialRun.rules { $0.canHangUp = false })
        var request = DialRun.request()
        request.maximumDuration = 60
        _ = try run.streaming(request)
        let outputs = run.pass(.seconds(66))
        #expect(outputs.hungUp == ["c1"])
        #expect(run.handle(.hungUp(call: "c1", failure: "there is no such request")).hungUp == [])
        #expect(run.handle(.streamEnded(call: "c1", .canceled)).hungUp == [])
        #expect(run.callback(.ended(.completed)).changes == [.ended(.completed)])
        #expect(run.dialer.call("c1")?.detail == "ended at its maximum of 60 s")
    }
}
