import Call
import LibCrypto
import Testing
import Wire

@testable import Simulation

/// What each provider says over HTTP, spelt by hand from its documents.
struct WebhookPayloadTests {
    /// 2 January 2030, 03:04:05.678 UTC, a Wednesday.
    private static let time: Int64 = 1_893_553_445_678

    private func request(
        _ provider: PlayedProvider, _ notice: WebhookNotice, _ method: HTTPRequest.Method = .post,
        to url: String = "https://bot.example.test/a"
    ) throws -> HTTPRequest? {
        let desk = ProviderDesk(provider, ProviderSecrets(), .off, OpenSSLCryptography())
        let call = CallIdentity(
            streamID: "S1", callID: "C1", accountID: "A1", from: PhoneNumber("+15005550006"), to: PhoneNumber("+15005550010"))
        return desk.request(notice, of: call, to: try #require(WebAddress(url)), method, unixMilliseconds: Self.time)
    }

    private func text(_ request: HTTPRequest?) -> String? { request.map { String(decoding: $0.body, as: UTF8.self) } }

    private var order: StreamOrder {
        var order = StreamOrder(url: "wss://bot.example.test/ws", inbound: .muLaw8000, outbound: .muLaw8000)
        order.name = "leg"
        return order
    }

    @Test(arguments: [
        (
            PlayedProvider.twilio, HTTPRequest.Method.post, "https://bot.example.test/a",
            "CallSid=C1&AccountSid=A1&From=%2B15005550006&To=%2B15005550010&Caller=%2B15005550006&Called=%2B15005550010&Direction=inbound&ApiVersion=2010-04-01&CallStatus=ringing"
        ),
        (
            .telnyx, .post, "https://bot.example.test/a",
            "AccountSid=A1&CallSid=C1&CallSidLegacy=C1&ConnectionId=1234567890&From=%2B15005550006&To=%2B15005550010&CallStatus=ringing&Direction=inbound"
        ),
        (
            .plivo, .post, "https://bot.example.test/a",
            "CallUUID=C1&From=15005550006&To=15005550010&Direction=inbound&ALegUUID=C1&ParentAuthID=A1&SessionStart=2030-01-02+03%3A04%3A05&CallStatus=ringing&Event=StartApp"
        ),
        (
            .exotel, .get,
            "https://bot.example.test/a?CallSid=C1&CallFrom=%2B15005550006&CallTo=%2B15005550010&CallStatus=in-progress&Direction=incoming&Created=2030-01-02+03%3A04%3A05&From=%2B15005550006&To=%2B15005550010&CurrentTime=2030-01-02+03%3A04%3A05",
            ""
        ),
        (
            .vonage, .get,
            "https://bot.example.test/a?from=15005550006&to=15005550010&uuid=C1&conversation_uuid=CON-S1&endpoint_type=phone&region_url=https%3A%2F%2Fapi-eu-1.vonage.com",
            ""
        ),
        (
            .vonage, .post, "https://bot.example.test/a",
            #"{"from":"15005550006","to":"15005550010","uuid":"C1","conversation_uuid":"CON-S1","endpoint_type":"phone","region_url":"https://api-eu-1.vonage.com"}"#
        ),
    ])
    func `the answer document is asked for as the provider asks`(
        provider: PlayedProvider, method: HTTPRequest.Method, url: String, body: String
    ) throws {
        let request = try #require(try request(provider, .answer, method))
        #expect(request.method == method)
        #expect(request.url == url)
        #expect(text(request) == body)
    }

    @Test func `an address keeps its query and hands its credentials over as a header`() throws {
        let request = try #require(try request(.exotel, .answer, .get, to: "https://user:pass@bot.example.test/a?bot=echo"))
        #expect(request.url.hasPrefix("https://bot.example.test/a?bot=echo&CallSid=C1&"))
        #expect(request.headers.map(\.name) == ["Authorization"])
        #expect(request.headers.first?.value.exposed == "Basic dXNlcjpwYXNz")
    }

    @Test func `Twilio reports the call with numbers that give the order`() throws {
        let made = try #require(text(try request(.twilio, .call(.completed, duration: .milliseconds(61_900), sequence: 3))))
        #expect(
            made.hasSuffix(
                "&CallStatus=completed&Timestamp=Wed%2C+02+Jan+2030+03%3A04%3A05+%2B0000&CallbackSource=call-progress-events&SequenceNumber=3&CallDuration=61"
            ))
        #expect(
            text(try request(.twilio, .call(.answered, duration: .zero, sequence: 2)))?.contains("CallStatus=in-progress") == true)
    }

    @Test func `streams are reported in each provider's words`() throws {
        #expect(
            text(try request(.twilio, .stream(.started, order)))
                == "CallSid=C1&AccountSid=A1&StreamSid=S1&StreamName=leg&Timestamp=2030-01-02T03%3A04%3A05.678000Z&StreamEvent=stream-started"
        )
        #expect(
            text(try request(.telnyx, .stream(.failed("no"), order)))?.hasSuffix("&StreamEvent=stream-error&StreamError=no") == true
        )
        #expect(
            text(try request(.plivo, .stream(.stopped, order)))?
                .hasSuffix(
                    "&StreamID=S1&ServiceURL=wss%3A%2F%2Fbot.example.test%2Fws&Timestamp=2030-01-02+03%3A04%3A05&Event=StopStream")
                == true)
        #expect(text(try request(.vonage, .stream(.stopped, order)))?.contains(#""status":"completed""#) == true)
        #expect(try request(.exotel, .stream(.started, order)) == nil)
    }

    @Test(arguments: [
        (PlayedProvider.twilio, ["CallStatus=initiated", "CallStatus=ringing", "CallStatus=in-progress", "CallStatus=completed"]),
        (.telnyx, ["CallStatus=initiated", "CallStatus=ringing", "CallStatus=in-progress", "CallStatus=completed"]),
        (.plivo, [nil, "Event=Ring", nil, "Event=Hangup"]),
        (.exotel, [nil, "\r\n\r\nringing\r\n", "\r\n\r\nanswered\r\n", "\r\n\r\nterminal\r\n"]),
        (.vonage, [#""status":"started""#, #""status":"ringing""#, #""status":"answered""#, #""status":"completed""#]),
    ])
    func `a call is reported at the stages that the provider knows`(provider: PlayedProvider, words: [String?]) throws {
        for (stage, words) in zip(CallStage.allCases, words) {
            let made = text(try request(provider, .call(stage, duration: .seconds(1), sequence: 0)))
            #expect((made == nil) == (words == nil))
            if let words { #expect(made?.contains(words) == true) }
        }
    }

    @Test func `Exotel posts its reports as parts`() throws {
        let request = try #require(try request(.exotel, .call(.ringing, duration: .zero, sequence: 1)))
        let type = try #require(request.headers.first { $0.name == "Content-Type" }?.value.exposed)
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type.hasPrefix("multipart/form-data; "))
        let made = String(decoding: request.body, as: UTF8.self)
        #expect(made.hasPrefix("--\(boundary)\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\nC1\r\n--\(boundary)\r\n"))
        #expect(made.hasSuffix("\r\n--\(boundary)--\r\n"))
    }

    @Test func `addresses come apart and relative ones are resolved`() throws {
        let base = try #require(WebAddress("https://u:p@Bot.example.test:8443/a/b?c=1#d"))
        #expect(base.text == "https://Bot.example.test:8443/a/b?c=1")
        #expect(base.host == "bot.example.test")
        #expect("\(base)".contains("u:p") == false)
        let resolved = ["c": "/a/c", "../c?x=1": "/c?x=1", "/c": "/c", "./": "/a/", "../../..": "/", "//other.test/c": nil]
        for (reference, path) in resolved {
            let expected = path.map { "https://Bot.example.test:8443" + $0 } ?? "https://other.test/c"
            #expect(base.resolving(reference)?.text == expected, "\(reference)")
        }
        for wrong in ["", "bot.example.test", "https://", "https:///a", "https://a b/", "1http://a/", "https://é.test/", "://a"] {
            #expect(WebAddress(wrong) == nil, "\(wrong)")
        }
        #expect(
            try ["ws://localhost/", "ws://127.0.0.1:1/", "ws://[::1]:1/"].allSatisfy { try #require(WebAddress($0)).isLoopback })
    }
}
