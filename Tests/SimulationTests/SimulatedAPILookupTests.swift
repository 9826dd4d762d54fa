import Call
import Providers
import Simulation
import Testing
import Wire

/// Whether the server finds out what became of a create request whose answer was lost.
struct SimulatedAPILookupTests {
    /// Longer than a provider's lists may lag.
    private static let settled = Duration.seconds(20)

    /// A bench at which each call rings for long, is answered and lasts.
    private func bench(_ set: (inout SimulatedAPI.Options) -> Void = { _ in }) throws -> APIBench {
        try APIBench {
            $0.opensStreams = false
            $0.fates.ring = .seconds(30)...(.seconds(30))
            $0.fates.talk = .seconds(100)...(.seconds(100))
            set(&$0)
        }
    }

    private func isUnknown(_ outcome: DialOutcome) -> Bool { if case .unknown = outcome { true } else { false } }
    private func isLeftOpen(_ finding: DialFinding) -> Bool { if case .cannotTell = finding { true } else { false } }
    private func foundID(_ finding: DialFinding) -> String? { if case .found(let id, _) = finding { id } else { nil } }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .vonage], [Duration.zero, .seconds(20), .seconds(40)])
    func `a call in the air is found, whether it is queued, rings or is answered`(provider: PlayedProvider, later: Duration) throws
    {
        var bench = try bench { $0.faults = try! FaultPlan("500-placed=1") }
        let order = try APIBench.order(provider), since = bench.unixTime
        #expect(isUnknown(try bench.dial(order, provider)))
        bench.run(later)
        #expect(foundID(try bench.find(order, provider, since: since)) == bench.api.ledger.calls.first?.id)
    }

    @Test(arguments: [PlayedProvider.twilio, .plivo, .exotel, .vonage])
    func `a call that is over is found with its end`(provider: PlayedProvider) throws {
        var bench = try bench {
            $0.faults = try! FaultPlan("500-placed=1")
            $0.fates.weights = [.busy: 1]
        }
        let order = try APIBench.order(provider), since = bench.unixTime
        #expect(isUnknown(try bench.dial(order, provider)))
        bench.run(Self.settled)
        let id = try #require(bench.api.ledger.calls.first?.id)
        #expect(try bench.find(order, provider, since: since) == .found(providerCallID: id, state: .ended(.busy)))
    }

    @Test(arguments: [PlayedProvider.twilio, .plivo, .exotel, .vonage])
    func `a completed call is found as completed`(provider: PlayedProvider) throws {
        var bench = try bench { $0.faults = try! FaultPlan("500-placed=1") }
        let order = try APIBench.order(provider), since = bench.unixTime
        #expect(isUnknown(try bench.dial(order, provider)))
        bench.run(.seconds(140))
        let id = try #require(bench.api.ledger.calls.first?.id)
        #expect(try bench.find(order, provider, since: since) == .found(providerCallID: id, state: .ended(.completed)))
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .vonage])
    func `a call that was not placed is surely not there, once the lists have settled`(provider: PlayedProvider) throws {
        var bench = try bench { $0.faults = try! FaultPlan("500=1") }
        let order = try APIBench.order(provider), since = bench.unixTime
        #expect(isUnknown(try bench.dial(order, provider)))
        #expect(isLeftOpen(try bench.find(order, provider, since: since)))
        bench.run(Self.settled)
        #expect(try bench.find(order, provider, since: since) == .notFound)
    }

    /// A second call to somebody would come of `notFound` here.
    @Test(arguments: PlayedProvider.allCases, [0, 30, 240])
    func `a call that was placed is never said not to be there`(provider: PlayedProvider, others: Int) throws {
        for later in [Duration.zero, .seconds(20), .seconds(140)] {
            var bench = try bench { $0.listLag = .seconds(3) }
            // Calls to others, before and after: lists are longer than a page.
            for number in 0..<others / 2 {
                _ = try bench.dial(try APIBench.order(provider, to: "+1500666\(1_000 + number)"), provider)
            }
            let order = try APIBench.order(provider), since = bench.unixTime
            _ = try bench.dial(order, provider)
            for number in 0..<others / 2 {
                _ = try bench.dial(try APIBench.order(provider, to: "+1500777\(1_000 + number)"), provider)
            }
            bench.run(later)
            let own = bench.api.ledger.calls.first { $0.to == "+15005550010" }?.id
            let finding = try bench.find(order, provider, since: since)
            #expect(finding != .notFound, "\(later)")
            if let id = foundID(finding) { #expect(id == own, "\(later)") }
        }
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .vonage])
    func `among many calls a lost one is still found`(provider: PlayedProvider) throws {
        var bench = try bench()
        for number in 0..<150 { _ = try bench.dial(try APIBench.order(provider, to: "+1500666\(1_000 + number)"), provider) }
        let order = try APIBench.order(provider), since = bench.unixTime
        _ = try bench.dial(order, provider)
        for number in 0..<150 { _ = try bench.dial(try APIBench.order(provider, to: "+1500777\(1_000 + number)"), provider) }
        bench.run(Self.settled)
        let own = bench.api.ledger.calls.first { $0.to == "+15005550010" }?.id
        #expect(foundID(try bench.find(order, provider, since: since)) == own)
    }

    @Test(arguments: PlayedProvider.allCases)
    func `a list that fails leaves it open`(provider: PlayedProvider) throws {
        var bench = try bench { $0.faults = try! FaultPlan("lookup=1") }
        let order = try APIBench.order(provider)
        _ = try bench.dial(order, provider)
        bench.run(Self.settled)
        #expect(isLeftOpen(try bench.find(order, provider, since: APIBench.now)))
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .vonage, .exotel])
    func `a misspelt filter is refused`(provider: PlayedProvider) throws {
        var bench = try bench()
        let order = try APIBench.order(provider)
        let requests = try APIBench.dialect(provider).reconcile(
            order, since: APIBench.now, APIBench.settings, APIBench.cryptography, unixTime: APIBench.now)
        for request in try #require(requests) {
            #expect(bench.answer(request).status == 200)
            let parts = request.url.split(separator: "?", maxSplits: 1).map { String($0) }
            let fields = try FormEncoding.fields(parts[1])
            for index in fields.indices {
                var changed = fields
                changed[index].name += "s"
                var wrong = request
                wrong.url = "\(parts[0])?\(FormEncoding.text(changed))"
                #expect((400...422).contains(bench.answer(wrong).status), "\(fields[index].name)")
            }
        }
    }
}
