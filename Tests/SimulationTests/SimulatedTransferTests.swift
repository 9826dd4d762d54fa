import Call
import Foundation
import Providers
import Simulation
import Testing
import Wire

/// What the simulated APIs take and refuse of transfers, and what they do with the documents.
struct SimulatedTransferTests {
    static let providers: [PlayedProvider] = [.twilio, .telnyx, .plivo, .vonage]

    private static func request(_ provider: PlayedProvider, _ id: String, isOutbound: Bool = true) throws -> HTTPRequest {
        let dialect = try #require(try APIBench.dialect(provider) as? any TransferringDialect)
        let host = "https://bot.example.test"
        let transfer = TransferRequest(
            stream: StreamStart(provider: provider.name, callID: id), callID: id,
            webhook: isOutbound ? [:] : ["AccountSid": "acc-1", "CallSid": id], isOutbound: isOutbound,
            dial: TransferDial(
                to: PhoneNumber("+15005550077"), callerID: PhoneNumber("+15005550006"), timeout: 20, limit: 600,
                actionURL: "\(host)/done"),
            documentURL: "\(host)/document", statusURL: "\(host)/status/call-7f3a", tag: "tag-1")
        return try dialect.transfer(transfer, APIBench.settings, APIBench.cryptography, unixTime: APIBench.now).request
    }

    /// A bench with a live call that has its stream.
    private static func live(_ provider: PlayedProvider, _ fate: CallFate = .busy) throws -> (APIBench, id: String) {
        var bench = try APIBench {
            $0.fates.numbers["+15005550077"] = fate
            $0.fates.talk = .seconds(600)...(.seconds(600))
        }
        guard case .accepted(let id) = try bench.dial(try APIBench.order(provider), provider) else {
            throw CocoaError(.featureUnsupported)
        }
        bench.run(.seconds(2))
        if let fetch = bench.fetches.first {
            let document = try APIBench.dialect(provider).answer(AnswerRequest(streamURL: "wss://bot.example.test/ws/abc.def"))
            bench.fetched(fetch.call, Self.response(document))
        }
        #expect(bench.streams.count == 1)
        return (bench, id)
    }

    private static func response(_ document: AnswerDocument) -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["content-type": document.contentType], body: Array(document.text.utf8))
    }

    @Test(arguments: providers)
    func `a transfer of a live call is taken, and of one that has ended or was not answered it is not`(provider: PlayedProvider)
        throws
    {
        var (bench, id) = try Self.live(provider)
        #expect((200..<300).contains(bench.answer(try Self.request(provider, id)).status))
        var early = try APIBench()
        guard case .accepted(let young) = try early.dial(try APIBench.order(provider), provider) else { return }
        #expect((400..<500).contains(early.answer(try Self.request(provider, young)).status))
        #expect((400..<500).contains(bench.answer(try Self.request(provider, "no-such-call")).status))
        bench.run(.seconds(700))
        #expect((400..<500).contains(bench.answer(try Self.request(provider, id)).status))
    }

    @Test(arguments: providers)
    func `a misspelt field of a transfer is refused`(provider: PlayedProvider) throws {
        let (live, id) = try Self.live(provider)
        let request = try Self.request(provider, id)
        let text = String(decoding: request.body, as: UTF8.self)
        let names: [String] =
            switch provider {
            case .twilio: ["Url", "Method"]
            case .telnyx: ["to", "timeout_secs", "time_limit_secs", "target_leg_client_state", "webhook_url", "command_id"]
            case .plivo: ["legs", "aleg_url", "aleg_method"]
            case .vonage: ["action", "destination", "type", "url"]
            case .exotel: []
            }
        for name in names {
            var bench = live
            var wrong = request
            let spelt = text.replacing("\"\(name)\":", with: "\"\(name)x\":").replacing("\(name)=", with: "\(name)x=")
            #expect(spelt != text)
            wrong.body = Array(spelt.utf8)
            #expect((400..<500).contains(bench.answer(wrong).status), "\(name)")
        }
    }

    @Test(arguments: [PlayedProvider.twilio, .plivo, .vonage])
    func `the stream is left, the document dials, and its action is asked once`(provider: PlayedProvider) throws {
        var (bench, id) = try Self.live(provider)
        let fetches = bench.fetches.count
        _ = bench.answer(try Self.request(provider, id))
        // Vonage's socket is a leg of its own.
        #expect(bench.closed == (provider == .vonage ? [] : [0]))
        #expect(
            bench.fetches.count == fetches + 1
                && bench.fetches.last?.request.url.hasPrefix("https://bot.example.test/document") == true)
        let dialect = try #require(try APIBench.dialect(provider) as? any TransferringDialect)
        let dial = TransferDial(
            to: PhoneNumber("+15005550077"), callerID: PhoneNumber("+15005550006"), timeout: 20, limit: 600,
            actionURL: "https://bot.example.test/done")
        bench.fetched(0, Self.response(dialect.document(dial)))
        bench.streamEnded(0)
        bench.run(.seconds(30))
        #expect(bench.fetches.count == fetches + 2)
        let action = try #require(bench.fetches.last?.request)
        #expect(action.url == "https://bot.example.test/done" && bench.complaints == [])
        #expect(String(decoding: action.body, as: UTF8.self).contains("busy"))
        // The answer opens the second stream of the call.
        let answer = try APIBench.dialect(provider).answer(AnswerRequest(streamURL: "wss://bot.example.test/ws/second.one"))
        bench.fetched(0, Self.response(answer))
        #expect(bench.streams.map(\.order.url).last == "wss://bot.example.test/ws/second.one" && bench.streams.count == 2)
        #expect(bench.streams.last?.identity.callID == id)
    }

    @Test(arguments: [
        (
            PlayedProvider.twilio,
            #"<Response><Dial timeout="20" acton="https://a.test/"><Number>+15005550077</Number></Dial></Response>"#
        ),
        (.twilio, #"<Response><Dial timeout="20"><Number>+15005550077</Number></Dial></Response>"#),
        (.twilio, #"<Response><Dial action="/d" timeout="900"><Number>+15005550077</Number></Dial></Response>"#),
        (.plivo, #"<Response><Dial action="/d" ringTone="us"><Number>15005550077</Number></Dial></Response>"#),
        (.plivo, #"<Response><Dial action="/d">15005550077</Dial></Response>"#),
        (
            .vonage,
            #"[{"action":"connect","timeout":20,"endpoint":[{"type":"phone","number":"15005550077"}],"from":"15005550006"}]"#
        ),
        (
            .vonage,
            #"[{"action":"connect","timeout":20,"endpoint":[{"type":"phone","number":"+15005550077"}],"from":"15005550006"}]"#
        ),
    ])
    func `a document that cannot be followed ends the call with a complaint`(provider: PlayedProvider, text: String) throws {
        var (bench, id) = try Self.live(provider)
        _ = bench.answer(try Self.request(provider, id))
        let type = provider == .vonage ? "application/json" : "application/xml"
        bench.fetched(0, HTTPResponse(status: 200, headers: ["content-type": type], body: Array(text.utf8)))
        #expect(bench.complaints.count == 1)
        #expect(bench.api.ledger.calls.first?.endedAt != nil)
    }

    @Test func `keys that are sent over Telnyx's API are in the ledger`() throws {
        var (bench, id) = try Self.live(.telnyx)
        let dialect = try #require(try APIBench.dialect(.telnyx) as? any KeySendingDialect)
        let stream = StreamStart(provider: PlayedProvider.telnyx.name, callID: id)
        let request = try #require(dialect.send([.one, .pound], on: stream, APIBench.settings))
        #expect(bench.answer(request).status == 200)
        var long = request
        long.body = Array(String(decoding: request.body, as: UTF8.self).replacing(":250", with: ":900").utf8)
        #expect(bench.answer(long).status == 422)
        #expect(bench.api.ledger.calls.first?.keys == "1#")
    }
}
