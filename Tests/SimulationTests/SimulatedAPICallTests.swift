import Call
import Providers
import Simulation
import Testing
import Wire

/// Calls that the simulated APIs place, read by the server's own dialects.
struct SimulatedAPICallTests {
    private static let number = "+15005550010"

    private func placed(_ outcome: DialOutcome) throws -> String {
        guard case .accepted(let id) = outcome else {
            Issue.record("\(outcome)")
            return ""
        }
        return id
    }

    @Test(arguments: PlayedProvider.allCases)
    func `an answered call is told in order, opens its stream and ends`(provider: PlayedProvider) throws {
        var bench = try APIBench()
        let id = try placed(try bench.dial(try APIBench.order(provider), provider))
        bench.run(.seconds(2))
        if let fetch = bench.fetches.first {
            #expect(fetch.request.url.hasPrefix("https://bot.example.test/answer/\(provider.rawValue)/call-7f3a"))
            let request = AnswerRequest(streamURL: "wss://bot.example.test/ws/abc.def", from: nil, to: nil)
            let document = try APIBench.dialect(provider).answer(request)
            bench.fetched(
                fetch.call,
                HTTPResponse(status: 200, headers: ["content-type": document.contentType], body: Array(document.text.utf8)))
        }
        #expect(bench.complaints == [])
        let stream = try #require(bench.streams.first)
        #expect(stream.order.url == "wss://bot.example.test/ws/abc.def" && stream.identity.callID == id)
        #expect(stream.order.unheard == nil)
        bench.run(.seconds(10))
        #expect(bench.closed == [stream.call])
        let events = try bench.events(provider)
        #expect(events.allSatisfy { $0.providerCallID == id })
        let states = events.compactMap(\.state)
        let expected: [DialState] =
            switch provider {
            case .twilio, .vonage: [.dialing, .ringing, .answered, .ended(.completed)]
            case .telnyx: [.dialing, .answered, .ended(.completed)]
            case .plivo: [.ringing, .ended(.completed)]
            case .exotel: [.ringing, .answered, .ended(.completed)]
            }
        #expect(states == expected)
        if provider == .telnyx || provider == .exotel { #expect(events.allSatisfy { $0.callID == "call-7f3a" }) }
    }

    /// What a declined call is called where the provider has no word for it.
    private static func ends(_ fate: CallFate, _ provider: PlayedProvider) -> DialEnd {
        switch fate {
        case .answered, .machine: .completed
        case .busy: .busy
        case .noAnswer: .noAnswer
        case .rejected: provider == .exotel ? .busy : .rejected
        case .failed: .failed
        }
    }

    @Test(arguments: PlayedProvider.allCases, CallFate.allCases)
    func `each end is told in the provider's words`(provider: PlayedProvider, fate: CallFate) throws {
        var bench = try APIBench {
            $0.fates.numbers = [Self.number: fate]
            $0.opensStreams = false
        }
        _ = try placed(try bench.dial(try APIBench.order(provider), provider))
        bench.run(.seconds(70))
        let last = try bench.events(provider).compactMap(\.state).last
        // Nothing answers the fetch of a document: the call goes on until the callee has had enough.
        #expect(last == .ended(Self.ends(fate, provider)))
        #expect(bench.api.ledger.calls.first?.endedAt != nil)
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .vonage, .plivo], [CallFate.answered, .machine])
    func `who answered is told`(provider: PlayedProvider, fate: CallFate) throws {
        var bench = try APIBench { $0.fates.weights = [fate: 1] }
        _ = try placed(try bench.dial(try APIBench.order(provider, .detect), provider))
        bench.run(.seconds(4))
        let heard = try bench.events(provider).compactMap(\.machine)
        // Plivo tells of machines only.
        let human: [MachineVerdict] = provider == .plivo ? [] : [.human]
        #expect(heard == (fate == .machine ? [.machine] : human))
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .vonage])
    func `the beep is told`(provider: PlayedProvider) throws {
        var bench = try APIBench { $0.fates.weights = [.machine: 1] }
        _ = try placed(try bench.dial(try APIBench.order(provider, .message), provider))
        bench.run(.seconds(5))
        #expect(try bench.events(provider).compactMap(\.machine).last == .beep)
    }

    @Test(arguments: [PlayedProvider.plivo, .vonage])
    func `a machine's call is ended where the provider ends it`(provider: PlayedProvider) throws {
        var bench = try APIBench { $0.fates.weights = [.machine: 1] }
        _ = try placed(try bench.dial(try APIBench.order(provider, .hangup), provider))
        bench.run(.seconds(3))
        #expect(bench.api.ledger.calls.first?.end == .machine)
    }

    @Test(arguments: [PlayedProvider.twilio, .telnyx, .plivo, .vonage], [false, true])
    func `a hang-up ends the call once`(provider: PlayedProvider, isAnswered: Bool) throws {
        var bench = try APIBench { $0.opensStreams = false }
        let id = try placed(try bench.dial(try APIBench.order(provider), provider))
        bench.run(isAnswered ? .seconds(2) : .milliseconds(500))
        let dialect = try APIBench.dialect(provider)
        func hangUp() -> HangUpOutcome? {
            dialect.hangUp(
                dialled: id, isAnswered: isAnswered, APIBench.settings, APIBench.cryptography, unixTime: bench.unixTime
            ).map { dialect.outcome(ofHangUp: bench.answer($0)) }.last
        }
        #expect(hangUp() == .ended)
        let end = bench.api.ledger.calls.first?.end
        #expect(end == (isAnswered ? .completed : .canceled))
        #expect(hangUp() == .ended)
        bench.run(.seconds(20))
        let ends = try bench.events(provider).compactMap(\.state).filter { if case .ended = $0 { true } else { false } }
        #expect(ends == [.ended(isAnswered ? .completed : .canceled)])
    }

    @Test func `Exotel has no request that ends a call`() throws {
        var bench = try APIBench()
        let id = try placed(try bench.dial(try APIBench.order(.exotel), .exotel))
        var request = try RequestFixture("exotel/dial/request-stream-off.txt").request
        for (method, path) in [("DELETE", "/v1/Accounts/acme1/Calls/\(id).json"), ("POST", "/v1/Accounts/acme1/Calls/\(id).json")] {
            request.method = method
            request.target = path
            guard case .answer(let response) = bench.send(request) else { return #expect(Bool(false)) }
            #expect(response.status == 404)
        }
    }
}
