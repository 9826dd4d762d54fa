import Call
import Providers
import Simulation
import Testing
import Wire

/// What goes wrong when it is asked to, and what the ledger then says.
struct SimulatedAPIFaultTests {
    private func bench(_ faults: String) throws -> APIBench {
        let plan = try FaultPlan(faults)
        return try APIBench {
            $0.faults = plan
            $0.opensStreams = false
        }
    }

    private func reply(_ bench: inout APIBench, _ provider: PlayedProvider) throws -> APIReply {
        let request = try APIBench.dialect(provider).dial(
            try APIBench.order(provider), APIBench.settings, APIBench.cryptography, unixTime: bench.unixTime)
        return bench.send(APIRequest(request))
    }

    @Test(arguments: PlayedProvider.allCases)
    func `too many requests place nothing and say when to come back, or do not`(provider: PlayedProvider) throws {
        var bench = try bench("429=1")
        #expect(try bench.dial(try APIBench.order(provider), provider) == .retry(afterSeconds: 1))
        bench = try self.bench("429-bare=1")
        #expect(try bench.dial(try APIBench.order(provider), provider) == .retry(afterSeconds: nil))
        #expect(bench.api.ledger.calls.isEmpty && bench.api.ledger.requests.map(\.outcome) == ["429-bare"])
    }

    @Test(arguments: [
        ("timeout", APIReply.silence, 0), ("timeout-placed", .silence, 1), ("closed", .hangUp, 0), ("closed-placed", .hangUp, 1),
    ])
    func `no answer comes, whether the call was placed or not`(fault: String, expected: APIReply, calls: Int) throws {
        var bench = try bench("\(fault)=1")
        #expect(try reply(&bench, .twilio) == expected)
        bench.run(.seconds(20))
        #expect(bench.api.ledger.calls.count == calls)
        // Four callbacks, or none.
        #expect(bench.posts.count == 4 * calls)
    }

    @Test func `callbacks are lost, doubled, late and out of order`() throws {
        var bench = try bench("lost=1")
        _ = try reply(&bench, .vonage)
        bench.run(.seconds(60))
        #expect(bench.posts.isEmpty)
        bench = try self.bench("doubled=1")
        _ = try reply(&bench, .vonage)
        bench.run(.seconds(60))
        #expect(bench.posts.count == 8)
        bench = try self.bench("late=0.5,reordered=0.3")
        for _ in 0..<20 { _ = try reply(&bench, .vonage) }
        bench.run(.seconds(60))
        let states = try bench.events(.vonage).compactMap(\.state)
        #expect(states.count == 80)
        let firstEnd = try #require(states.firstIndex(of: .ended(.completed)))
        #expect(states[firstEnd...].contains(.ringing))
    }

    @Test func `the same seed makes the same run`() throws {
        func run(_ seed: UInt64) throws -> [UInt8] {
            let plan = try FaultPlan("429=0.2,500-placed=0.2,lost=0.2,late=0.2")
            var bench = try APIBench {
                $0.faults = plan
                $0.seed = seed
                $0.fates.weights = [.answered: 1, .busy: 1, .noAnswer: 1]
            }
            for number in 0..<50 { _ = try bench.dial(try APIBench.order(.twilio, to: "+1500666\(1_000 + number)"), .twilio) }
            bench.run(.seconds(100))
            return bench.api.ledger.json
        }
        #expect(try run(1) == run(1))
        #expect(try run(1) != run(2))
    }

    @Test func `the ledger tells who was called twice, and who twice at once`() throws {
        var bench = try bench("")
        for wait in [Duration.zero, .seconds(1), .seconds(30)] {
            bench.run(wait)
            _ = try reply(&bench, .plivo)
        }
        _ = try bench.dial(try APIBench.order(.twilio, to: "+15005550011"), .twilio)
        bench.run(.seconds(30))
        let ledger = bench.api.ledger
        #expect(ledger.repeated == ["+15005550010": 3])
        #expect(ledger.overlapping == ["+15005550010"])
        #expect(ledger.busiestSecond == 2)
        let json = try JSONValue(parsing: ledger.json)
        #expect(json["repeated"]?["+15005550010"]?.number == 3)
    }

    @Test(arguments: ["429", "500=2", "slow=0.1", "429=0.6,500=0.6", "lost=x"])
    func `a list of faults that makes no sense is refused`(text: String) {
        #expect(throws: FaultPlan.Mistake.self) { try FaultPlan(text) }
    }
}
