import Call
import Foundation
import Providers
import Testing

@Suite struct `Ending a call that was placed` {
    func requests(_ provider: any DiallingDialect, _ id: String, answered: Bool) -> [String] {
        provider.hangUp(
            dialled: id, isAnswered: answered, DialFixture.settings, DialFixture.cryptography, unixTime: DialFixture.now
        ).map { "\($0.method.rawValue) \($0.url) \(String(decoding: $0.body, as: UTF8.self))" }
    }

    /// `completed` ends a call in every state; `canceled` would miss one that was answered a moment ago.
    @Test(arguments: [true, false]) func `Twilio ends it with one word, answered or not`(answered: Bool) {
        #expect(
            requests(TwilioDialect(), "CA1", answered: answered) == [
                "POST https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls/CA1.json Status=completed"
            ])
    }

    @Test func `Telnyx hangs up by the call's control id`() {
        #expect(
            requests(TelnyxDialect(), "v3:made-up_ID", answered: false) == [
                "POST https://api.telnyx.com/v2/calls/v3%3Amade-up_ID/actions/hangup {}"
            ])
    }

    @Test func `Plivo cancels the request, then ends the call that was answered meanwhile`() {
        let account = "https://api.plivo.com/v1/Account/MAMADEUPMADEUPMADEUP"
        #expect(
            requests(PlivoDialect(), "u-1", answered: false) == [
                "DELETE \(account)/Request/u-1/ ", "DELETE \(account)/Call/u-1/ ",
            ])
        #expect(requests(PlivoDialect(), "u-1", answered: true) == ["DELETE \(account)/Call/u-1/ "])
    }

    @Test func `Vonage hangs up`() {
        #expect(
            requests(VonageDialect(), "u-1", answered: false) == [
                #"PUT https://api.nexmo.com/v1/calls/u-1 {"action":"hangup"}"#
            ])
    }

    @Test func `Exotel has no such request`() {
        #expect(requests(ExotelDialect(), "c-1", answered: true).isEmpty)
    }

    /// Before its answer, and after it. Written as the requests of ``Placing a call`` are.
    @Test(arguments: Provider.dialling.filter { $0.dialling.canHangUp }.map(\.name.text), ["ringing", "answered"])
    func `the requests are those of the fixture`(name: String, state: String) throws {
        let provider = try #require(Provider.dialling.first { $0.name.text == name })
        let id = try #require(Self.ids[name])
        let spelt = try provider.hangUp(
            dialled: id, isAnswered: state == "answered", DialFixture.settings, DialFixture.cryptography,
            unixTime: DialFixture.now
        ).map { try DialFixture.spelt($0) }.joined()
        if let folder = ProcessInfo.processInfo.environment["TRUNKLINE_WRITE_DIAL_FIXTURES"] {
            try spelt.write(toFile: "\(folder)/\(name)/dial/hang-up-\(state).txt", atomically: true, encoding: .utf8)
        }
        #expect(spelt == (try DialFixture.text(name, "hang-up-\(state).txt")))
    }

    static let ids = [
        "twilio": "CA00000000000000000000000000000001", "telnyx": "v3:made-up_ID", "plivo": "11111111-0000-4000-8000-000000000001",
        "vonage": "22222222-0000-4000-8000-000000000002",
    ]

    @Test(arguments: ["../x", "a/b", "", "a?b"]) func `an id that leaves its path segment ends nothing`(id: String) {
        for provider in Provider.dialling { #expect(requests(provider, id, answered: false).isEmpty) }
    }
}

@Suite struct `The dates of lists of calls` {
    /// A leap day, a century without one and one with one, read back from the request they begin.
    @Test(arguments: [
        (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"), (1_893_553_445, "2030-01-02T03:04:05Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"), (30, "1970-01-01T00:00:30Z"), (0, "1970-01-01T00:00:00Z"),
    ])
    func `are written`(time: Int64, text: String) throws {
        let requests = try #require(
            VonageDialect().reconcile(
                DialFixture.order("vonage"), since: time + 30, DialFixture.settings, DialFixture.cryptography, unixTime: time))
        #expect(requests[0].url.contains("date_start=\(text.replacing(":", with: "%3A"))&"))
    }

    @Test(arguments: [
        ("2030-01-02T03:04:05Z", true), ("2030-01-02T03:04:05.999Z", true), ("2030-01-02T08:34:05+05:30", true),
        ("2030-01-01T22:04:05-0500", true), ("2030-01-02T03:03:35Z", true), ("2030-01-02T03:03:34Z", false),
        ("2028-02-29T03:03:34Z", false),
    ])
    func `are read, and tell calls before the request apart`(text: String, isFound: Bool) {
        let body = #"{"_embedded":{"calls":[{"uuid":"u1","to":{"number":"15005550010"},"start_time":"\#(text)"}]}}"#
        let finding = VonageDialect().finding(
            in: Array(repeating: HTTPResponse(status: 200, body: Array(body.utf8)), count: 2), for: DialFixture.order("vonage"),
            since: DialFixture.now, others: [], DialFixture.settings, DialFixture.cryptography, unixTime: DialFixture.now + 15)
        #expect(finding == (isFound ? .found(providerCallID: "u1", state: .dialing) : .notFound))
    }
}
