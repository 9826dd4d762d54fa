import Call
import Foundation
import Providers
import Testing
import Wire

@Suite struct `Requests and documents of a transfer` {
    static let providers = ["twilio", "telnyx", "plivo", "vonage"]

    private func dialect(_ name: String) throws -> any TransferringDialect {
        try #require(Provider.all.first { $0.name.text == name } as? any TransferringDialect)
    }

    private static func dial(_ name: String, timeout: Int = 25, limit: Int = 600, callerID: String? = "+15005550010")
        -> TransferDial
    {
        TransferDial(
            to: PhoneNumber("+15005550077"), callerID: callerID.map { PhoneNumber($0) }, timeout: timeout, limit: limit,
            actionURL: "https://bot.example.test/answer/\(name)/transfer/abc.def/done")
    }

    private static func request(_ name: String, call: String? = "call-1", isOutbound: Bool = false, to: String = "+15005550077")
        -> TransferRequest
    {
        var dial = dial(name)
        dial.to = PhoneNumber(to)
        return TransferRequest(
            stream: StreamStart(provider: ProviderName(name), callID: call, accountID: "AC00000000000000000000000000000001"),
            callID: nil,
            webhook: name == "telnyx" ? ["AccountSid": "acc-1", "CallSid": "v3:abc"] : [:], isOutbound: isOutbound, dial: dial,
            documentURL: "https://bot.example.test/answer/\(name)/transfer/abc.def",
            statusURL: "https://bot.example.test/status/\(name)/call-7f3a", tag: "tag-1")
    }

    private func plan(_ name: String, _ request: TransferRequest, _ settings: ProviderSettings = DialFixture.settings) throws
        -> TransferPlan
    {
        try dialect(name).transfer(request, settings, DialFixture.cryptography, unixTime: DialFixture.now)
    }

    @Test(arguments: providers)
    func `the document that dials is the one in TwiML`(name: String) throws {
        let isJSON = name == "vonage"
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "TwiML/\(name)-transfer.\(isJSON ? "json" : "xml")")
        var expected = try String(contentsOf: file, encoding: .utf8)
        let plus = name == "twilio" || name == "telnyx" ? "+" : ""
        for (key, value) in [
            ("host", "bot.example.test"), ("token", "abc.def"), ("timeout", "25"), ("limit", "600"), ("To", plus + "15005550010"),
            ("number", plus + "15005550077"),
        ] { expected = expected.replacing("{{\(key)}}", with: value) }
        let document = try dialect(name).document(Self.dial(name))
        if isJSON {
            #expect(try JSONValue(parsing: Array(document.text.utf8)) == JSONValue(parsing: Array(expected.utf8)))
            #expect(document.contentType == "application/json")
        } else {
            #expect(document == AnswerDocument(contentType: "application/xml", text: expected))
        }
    }

    @Test(arguments: providers)
    func `a caller id that is no number is left out, and times are those that the provider takes`(name: String) throws {
        let dialect = try dialect(name)
        for callerID in ["anonymous", "sip:a@b.test", "", nil] {
            let text = dialect.document(Self.dial(name, callerID: callerID)).text
            #expect(!text.contains("callerId") && !text.contains(#""from""#))
        }
        let text = dialect.document(Self.dial(name, timeout: 1, limit: 1_000_000)).text
        #expect(text.contains(name == "vonage" ? #""timeout":5"# : #"timeout="5""#))
        #expect(text.contains("1000000") == (name == "plivo"))
    }

    @Test func `Twilio is asked for the call of the stream's account`() throws {
        let request = try plan("twilio", Self.request("twilio")).request
        #expect(request.method == .post)
        #expect(request.url == "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls/call-1.json")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Url=https%3A%2F%2Fbot.example.test%2Fanswer%2Ftwilio%2Ftransfer%2Fabc.def&Method=POST")
    }

    @Test func `Plivo is asked for the A leg`() throws {
        let request = try plan("plivo", Self.request("plivo")).request
        #expect(request.method == .post)
        #expect(request.url == "https://api.plivo.com/v1/Account/MAMADEUPMADEUPMADEUP/Call/call-1/")
        let body = try JSONValue(parsing: request.body)
        #expect(body["legs"]?.string == "aleg" && body["aleg_method"]?.string == "POST")
        #expect(body["aleg_url"]?.string == "https://bot.example.test/answer/plivo/transfer/abc.def")
    }

    @Test func `Vonage is given the address of an NCCO`() throws {
        let request = try plan("vonage", Self.request("vonage")).request
        #expect(request.method == .put && request.url == "https://api.nexmo.com/v1/calls/call-1")
        let body = try JSONValue(parsing: request.body)
        #expect(body["action"]?.string == "transfer" && body["destination"]?["type"]?.string == "ncco")
        #expect(body["destination"]?["url"] == .array([.string("https://bot.example.test/answer/vonage/transfer/abc.def")]))
    }

    @Test func `Telnyx's TeXML call is updated under the webhook's account`() throws {
        let plan = try plan("telnyx", Self.request("telnyx"))
        #expect(!plan.isBridged)
        #expect(plan.request.url == "https://api.telnyx.com/v2/texml/Accounts/acc-1/Calls/v3%3Aabc")
        #expect(String(decoding: plan.request.body, as: UTF8.self).hasSuffix("transfer%2Fabc.def&Method=POST"))
        var bare = Self.request("telnyx")
        bare.webhook = [:]
        #expect(throws: TransferRefusal.self) { try self.plan("telnyx", bare) }
    }

    @Test func `Telnyx's Call Control call is bridged, and its telephone's webhooks are told apart`() throws {
        let plan = try plan("telnyx", Self.request("telnyx", call: "v3:xyz", isOutbound: true))
        #expect(plan.isBridged)
        #expect(plan.request.url == "https://api.telnyx.com/v2/calls/v3%3Axyz/actions/transfer")
        let body = try JSONValue(parsing: plan.request.body)
        #expect(body["to"]?.string == "+15005550077" && body["from"]?.string == "+15005550010")
        #expect(body["timeout_secs"]?.number == 25 && body["time_limit_secs"]?.number == 600)
        #expect(body["webhook_url"]?.string == "https://bot.example.test/status/telnyx/call-7f3a")
        let telnyx = try dialect("telnyx")
        func news(_ type: String, _ cause: String = "", state: String?) -> (tag: String, news: TransferNews)? {
            var payload: [String: JSONValue] = ["hangup_cause": .string(cause)]
            if let state { payload["client_state"] = .string(state) }
            return telnyx.news(
                ofCallback: .object(["data": .object(["event_type": .string(type), "payload": .object(payload)])]))
        }
        let state = try #require(body["target_leg_client_state"]?.string)
        #expect(news("call.bridged", state: state)?.tag == "tag-1")
        #expect(news("call.bridged", state: state)?.news == .connected)
        #expect(news("call.hangup", "user_busy", state: state)?.news == .ended(.busy))
        #expect(news("call.hangup", "timeout", state: state)?.news == .ended(.noAnswer))
        #expect(news("call.initiated", state: state)?.news == .progress)
        // The call's own webhooks are not its telephone's.
        #expect(news("call.hangup", state: Base64.text(Array("call-7f3a".utf8))) == nil)
        #expect(news("call.hangup", state: nil) == nil && news("call.hangup", state: "%") == nil)
    }

    @Test(arguments: providers)
    func `without credentials, a call or a number nothing is asked`(name: String) throws {
        #expect(throws: TransferRefusal.self) { try plan(name, Self.request(name), ProviderSettings()) }
        if name != "telnyx" { #expect(throws: TransferRefusal.self) { try plan(name, Self.request(name, call: nil)) } }
        for number in ["15005550077", "+0150055500", "+1", "tel:+15005550077", "+1500555007७"] {
            let refusal = #expect(throws: TransferRefusal.self) { try plan(name, Self.request(name, to: number)) }
            #expect(refusal?.sentence.contains(number) == false)
        }
    }

    @Test(arguments: ["twilio", "telnyx"])
    func `what TwiML and TeXML say of a dial is read`(name: String) throws {
        let dialect = try dialect(name)
        func news(_ dial: String?, _ call: String = "in-progress") -> TransferNews? {
            var fields = ["CallStatus": call]
            fields["DialCallStatus"] = dial
            return dialect.news(ofAction: fields)
        }
        #expect(news("completed") == .ended(.completed) && news("completed", "completed") == .ended(.completed))
        #expect(news("busy") == .ended(.busy) && news("no-answer") == .ended(.noAnswer) && news("failed") == .ended(.failed))
        #expect(news("canceled") == .ended(.canceled) && news("???") == .ended(.unknown) && news(nil) == nil)
        #expect(news("no-answer", "completed") == .callerGone && news("canceled", "canceled") == .callerGone)
    }

    @Test func `what Plivo and Vonage say of a dial is read`() throws {
        let plivo = try dialect("plivo"), vonage = try dialect("vonage")
        for (word, end) in [
            ("completed", DialEnd.completed), ("busy", .busy), ("no-answer", .noAnswer), ("timeout", .noAnswer),
            ("failed", .failed),
            ("cancel", .canceled), ("odd", .unknown),
        ] { #expect(plivo.news(ofAction: ["DialStatus": word, "CallStatus": "in-progress"]) == .ended(end)) }
        #expect(plivo.news(ofAction: ["DialStatus": "no-answer", "CallStatus": "completed"]) == .callerGone)
        #expect(plivo.news(ofAction: [:]) == nil && vonage.news(ofAction: [:]) == nil)
        for (word, news) in [
            ("started", TransferNews.progress), ("ringing", .progress), ("answered", .connected), ("completed", .ended(.completed)),
            ("busy", .ended(.busy)), ("unanswered", .ended(.noAnswer)), ("timeout", .ended(.noAnswer)),
            ("rejected", .ended(.rejected)),
            ("failed", .ended(.failed)), ("disconnected", .progress),
        ] { #expect(vonage.news(ofAction: ["status": word]) == news) }
    }

    @Test(arguments: providers)
    func `an answer says yes, no or nothing certain`(name: String) throws {
        let dialect = try dialect(name)
        func outcome(_ status: Int, _ body: String = "{}") -> TransferOutcome {
            dialect.outcome(ofTransfer: HTTPResponse(status: status, body: Array(body.utf8)))
        }
        for status in [200, 202, 204] { #expect(outcome(status) == .accepted) }
        for status in [408, 500, 503] { if case .unknown = outcome(status) {} else { Issue.record("\(status)") } }
        for status in [302, 400, 401, 404, 422, 429] { if case .refused = outcome(status) {} else { Issue.record("\(status)") } }
        let said = outcome(400, #"{"code":21220,"message":"+15005550077"}"#)
        #expect(said == .refused("\(name) refused the transfer with status 400" + (name == "twilio" ? ", code 21220" : "")))
    }

    @Test func `Telnyx sends keys by command, Plivo by message, the others as tones`() throws {
        let telnyx = try #require(Provider.all.first { $0.name.text == "telnyx" } as? any KeySendingDialect)
        let stream = StreamStart(provider: ProviderName("telnyx"), callID: "v3:abc")
        let request = try #require(telnyx.send([.one, .star, .pound, .a], on: stream, DialFixture.settings))
        #expect(request.method == .post && request.url == "https://api.telnyx.com/v2/calls/v3%3Aabc/actions/send_dtmf")
        let body = try JSONValue(parsing: request.body)
        #expect(body["digits"]?.string == "1*#A" && body["duration_millis"]?.number == 250)
        #expect(telnyx.send([.one], on: stream, ProviderSettings()) == nil)
        #expect(telnyx.send([.one], on: StreamStart(provider: ProviderName("telnyx")), DialFixture.settings) == nil)
        let deliveries = Dictionary(uniqueKeysWithValues: Provider.all.map { ($0.name.text, $0.makeSerializer().playout.keys) })
        #expect(deliveries == ["twilio": .tones, "telnyx": .request, "plivo": .message, "exotel": .tones, "vonage": .tones])
        let finishing = Provider.all.filter { $0.makeSerializer().playout.clearFinishesPacket }.map(\.name.text)
        #expect(finishing == ["exotel"])
    }
}
