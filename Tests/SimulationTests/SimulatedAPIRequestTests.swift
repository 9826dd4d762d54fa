import Call
import Simulation
import Testing
import Wire

/// The simulated APIs against the create requests that the server makes: what is right is taken, one wrong thing is refused.
struct SimulatedAPIRequestTests {
    private func status(_ request: APIRequest) throws -> Int {
        var bench = try APIBench()
        guard case .answer(let response) = bench.send(request) else { return 0 }
        // Every refusal says why in the provider's JSON; only Plivo's 401 is a text.
        if response.status >= 400, response.status != 401 { _ = try JSONValue(parsing: response.body) }
        return response.status
    }

    @Test func `there are fixtures for each provider`() {
        #expect(Set(APIBench.requests.map { $0.prefix { $0 != "/" } }).count == 5)
    }

    @Test(arguments: APIBench.requests)
    func `the server's request is taken`(name: String) throws {
        let fixture = try RequestFixture(name)
        #expect([200, 201].contains(try status(fixture.request)))
    }

    @Test(arguments: APIBench.requests)
    func `a request with any one name misspelt is refused`(name: String) throws {
        for (field, request) in try RequestFixture(name).misspelt() {
            #expect((400...422).contains(try status(request)), "\(field)")
        }
    }

    @Test(arguments: APIBench.requests.filter { $0.contains("-off") })
    func `a wrong secret, method, path or content type is refused`(name: String) throws {
        let good = try RequestFixture(name).request
        var request = good
        request.headers["authorization"] = nil
        #expect(try status(request) == 401)
        request.headers["authorization"] = (good.headers["authorization"] ?? "").dropLast(6) + "QUFBQQ"
        #expect(try status(request) == 401)
        request = good
        request.method = "PATCH"
        #expect([404, 405].contains(try status(request)))
        request = good
        request.target += "x"
        #expect(try status(request) == 404)
        request = good
        request.headers["content-type"] = "text/plain"
        #expect(try status(request) == 400)
        request = good
        request.body = Array(good.body.dropLast())
        if good.headers["content-type"] == "application/json" { #expect(try status(request) == 400) }
    }

    /// Name of a fixture, a text in its body, what stands in its place, and the status and words of the refusal.
    @Test(arguments: [
        ("twilio/dial/request-stream-off.txt", "To=%2B15005550010", "To=5005550010x", 400, "21211"),
        ("twilio/dial/request-stream-off.txt", "To=%2B15005550010&", "", 400, "21201"),
        ("twilio/dial/request-stream-off.txt", "From=%2B15005550006&", "", 400, "21213"),
        ("twilio/dial/request-stream-off.txt", "Timeout=40", "Timeout=601", 400, "21208"),
        ("twilio/dial/request-stream-off.txt", "StatusCallbackEvent=ringing", "StatusCallbackEvent=rings", 400, "21626"),
        ("twilio/dial/request-document-off.txt", "Url=https", "Url=ftp", 400, "21205"),
        ("twilio/dial/request-document-detect.txt", "=Enable", "=On", 400, "21234"),
        ("telnyx/dial/request-stream-off.txt", #""+15005550010""#, #""15005550010""#, 422, "10016"),
        ("telnyx/dial/request-stream-off.txt", #""rtp""#, #""RTP""#, 422, "10032"),
        ("telnyx/dial/request-stream-off.txt", #""timeout_secs":40"#, #""timeout_secs":4"#, 422, "10033"),
        ("telnyx/dial/request-stream-off.txt", #""timeout_secs":40"#, #""timeout_secs":"40""#, 422, "10002"),
        ("telnyx/dial/request-stream-off.txt", #""connection_id":"1234567890","#, "", 422, "10004"),
        ("telnyx/dial/request-stream-off.txt", #""1234567890""#, #""1234567891""#, 422, "10015"),
        ("telnyx/dial/request-stream-off.txt", "Y2FsbC03ZjNh", "call-7f3a!", 422, "client_state"),
        ("plivo/dial/request-document-off.txt", #""+15005550010""#, #""number""#, 400, "to parameter is not valid"),
        ("plivo/dial/request-document-off.txt", #""to":"+15005550010""#, #""to":"+15005550006""#, 400, "overlap"),
        ("plivo/dial/request-document-hangup.txt", #""hangup","#, #""yes","#, 400, "machine_detection"),
        ("exotel/dial/request-stream-off.txt", "StreamType=bidirectional", "StreamType=both", 400, "StreamType"),
        ("exotel/dial/request-stream-off.txt", "wss%3A", "https%3A", 400, "StreamUrl"),
        ("exotel/dial/request-stream-off.txt", "abc.def", String(repeating: "a", count: 600), 400, "StreamUrl"),
        ("exotel/dial/request-stream-off.txt", "TimeLimit=900", "TimeLimit=14401", 400, "TimeLimit"),
        ("vonage/dial/request-stream-off.txt", #""ringing_timer":40"#, #""ringing_timer":121"#, 400, "ringing_timer"),
        ("vonage/dial/request-stream-off.txt", "15005550010\",\"type", "+15005550010\",\"type", 400, "to[0].number"),
        ("vonage/dial/request-stream-off.txt", "rate=16000", "rate=11025", 400, "ncco[0].endpoint[0].content-type"),
        ("vonage/dial/request-document-message.txt", "45", "44", 400, "advanced_machine_detection.beep_timeout"),
    ])
    func `a value that the documents forbid is refused in the provider's words`(
        name: String, text: String, wrong: String, status: Int, words: String
    ) throws {
        var request = try RequestFixture(name).request
        let body = String(decoding: request.body, as: UTF8.self)
        try #require(body.contains(text))
        request.body = Array(body.replacing(text, with: wrong, maxReplacements: 1).utf8)
        var bench = try APIBench()
        guard case .answer(let response) = bench.send(request) else { return #expect(Bool(false)) }
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self).contains(words))
    }

    @Test func `a provider that is not simulated is not there`() throws {
        var bench = try APIBench { $0.providers = [.plivo] }
        guard case .answer(let response) = bench.send(try RequestFixture("twilio/dial/request-stream-off.txt").request) else {
            return #expect(Bool(false))
        }
        #expect(response.status == 404)
    }
}
