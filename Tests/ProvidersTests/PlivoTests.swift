import Call
import Foundation
import LibCrypto
import Providers
import Testing

@Suite struct `Plivo's answer, signatures and hang-up` {
    let plivo = PlivoDialect()
    let cryptography = OpenSSLCryptography()
    let settings = ProviderSettings(["PLIVO_AUTH_TOKEN": Secret("plivo_made_up_token")])

    // MARK: Answer

    @Test func `the answer is the document in TwiML`() throws {
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "TwiML/plivo.xml")
        let expected = try String(contentsOf: file, encoding: .utf8)
            .replacing("{{host}}", with: "bot.example.test").replacing("{{token}}", with: "abc.def")
            .replacing("{{From}}", with: "15005550006").replacing("{{To}}", with: "15005550010")
        let answer = plivo.answer(
            AnswerRequest(
                streamURL: "wss://bot.example.test/ws/abc.def", from: PhoneNumber("15005550006"), to: PhoneNumber("15005550010")))
        #expect(answer == AnswerDocument(contentType: "application/xml", text: expected))
    }

    @Test func `unknown numbers leave extraHeaders out`() {
        let answer = plivo.answer(AnswerRequest(streamURL: "wss://h/ws/t", shape: .pipecat))
        #expect(
            answer.text == """
                <?xml version="1.0" encoding="UTF-8"?>
                <Response>
                  <Stream bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000">wss://h/ws/t</Stream>
                </Response>

                """)
    }

    @Test(arguments: [
        "\"><Dial>", "+15005550006", "anonymous", "Zoë,=;", "sip:a@b", "Z2B1", "", String(repeating: "9", count: 480),
    ])
    func `a number comes back from extraHeaders as it went in`(number: String) throws {
        let answer = plivo.answer(AnswerRequest(streamURL: "wss://h/ws/t", from: PhoneNumber(number)))
        #expect(answer.text.split(separator: "<Dial").count == 1)
        let text = answer.text.split(separator: "extraHeaders=\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
        #expect(
            (text ?? "a=b").utf8.allSatisfy {
                Character(Unicode.Scalar($0)).isLetter || Character(Unicode.Scalar($0)).isNumber || $0 == 61
            })
        var serializer = plivo.makeSerializer()
        var events: [CallEvent] = []
        let start = #"{"event":"start","start":{"streamId":"s","callId":"c"},"extra_headers":"\#(text ?? "")"}"#
        try serializer.decode(Array(start.utf8).span, .text, at: .zero, into: &events)
        guard case .started(let stream)? = events.first else { throw Missing() }
        #expect(stream.from?.exposed == (number.isEmpty ? nil : number))
        #expect(stream.parameters["from_number"] == stream.from?.exposed)
    }

    @Test func `extraHeaders hold at most 512 bytes, the caller's number before the dialled one`() {
        let long = PhoneNumber(String(repeating: "1", count: 300))
        let both = plivo.answer(AnswerRequest(streamURL: "wss://h/ws/t", from: long, to: long)).text
        #expect(both.contains("fromNumber=111") && !both.contains("toNumber"))
        let neither = plivo.answer(AnswerRequest(streamURL: "wss://h/ws/t", from: PhoneNumber(String(repeating: "+", count: 200))))
            .text
        #expect(!neither.contains("extraHeaders"))
    }

    @Test func `the stream address is escaped`() {
        let answer = plivo.answer(AnswerRequest(streamURL: "wss://h/ws/t?a=1&b=<2>"))
        #expect(answer.text.contains(">wss://h/ws/t?a=1&amp;b=&lt;2&gt;</Stream>"))
    }

    // MARK: Signatures. Vectors computed with Plivo's Python SDK 4.63.

    static let form = "CallUUID=c1&From=15005550006&To=15005550010&Direction=inbound"
    static let nonce = "12345678901234567890"
    static let vectors: [(method: String, target: String, body: String, signature: String)] = [
        ("GET", "/plivo/answer?b=2&a=1&" + form, "", "AWx395P9mtSW7QLnJwdZZVL7UUUCT0jcN0vj3gqIZSg="),
        ("POST", "/plivo/answer?b=2&a=1", form, "yldFlQQFrOWzlzsACaN1mnU5S/XyiFZXvkidy0J/sY8="),
        ("POST", "/plivo/answer", form, "10oCMtEaOkW3UvXI+Ef8hJ6eLndVE93a/MArzAyTWH4="),
        ("POST", "/plivo/answer", "", "BTK2Wd0Hz4y0gLtyQl8W1O4RqamQlLvRh+6cazPEg+4="),
        ("GET", "/plivo/answer", "", "BTK2Wd0Hz4y0gLtyQl8W1O4RqamQlLvRh+6cazPEg+4="),
        ("POST", "/plivo/answer?b=2&a=1", "", "0SHAECY/gn2UouRPBDUWV+CcFA+9rHZEaNttb7khi7s="),
    ]

    func request(
        _ method: String, _ target: String, _ body: String, origin: String = "https://voice.example.test",
        _ headers: [String: String]
    ) -> SignedRequest {
        var headers = headers
        if !body.isEmpty { headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8" }
        return SignedRequest(
            method: method, origin: origin, target: target, headers: headers, body: Array(body.utf8), unixTime: 1_700_000_000)
    }

    @Test(arguments: vectors)
    func `a V3 signature verifies`(method: String, target: String, body: String, signature: String) {
        for header in ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"] {
            for value in [signature, "AAAA," + signature, signature + ", AAAA"] {
                let request = request(method, target, body, [header: value, "x-plivo-signature-v3-nonce": Self.nonce])
                #expect(plivo.check(webhook: request, settings, cryptography) == .valid)
            }
        }
    }

    @Test(arguments: vectors)
    func `a V3 signature of anything else does not verify`(method: String, target: String, body: String, signature: String) {
        let headers = ["x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": Self.nonce]
        let others = [
            request(method, target + (target.contains("?") ? "&c=3" : "?c=3"), body, headers),
            request("POST", target, body + "&Digits=1", headers),
            request(method, target, body, origin: "http://voice.example.test", headers),
            request(method, target, body, ["x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": "1"]),
            request(method, target, body, ["x-plivo-signature-v3": "", "x-plivo-signature-v3-nonce": Self.nonce]),
            request(method, target, body, ["x-plivo-signature-v3": signature]), request(method, target, body, [:]),
        ]
        for other in others {
            guard case .invalid = plivo.check(webhook: other, settings, cryptography) else {
                Issue.record("accepted \(other.method) \(other.target)")
                continue
            }
        }
    }

    @Test(arguments: [
        ("POST", "Z=&From=%2B1+500&n=2&n=1", "tUYRTEfh3pgAnIuO2HX9s5LgrW3XZW1Lt/oAXmm2Gng="),
        ("GET", "", "rnGxx7Xa3n1M9MgPvpOsEY0Xna/agYKYfY1xrrKSfBg="),
    ])
    func `a V3 signature covers decoded, empty and repeated fields`(method: String, body: String, signature: String) {
        let request = request(
            method, "/plivo/answer?b=&a=x+y&a=b%2Bc", body, ["x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": "n1"])
        #expect(plivo.check(webhook: request, settings, cryptography) == .valid)
    }

    @Test func `a body that is no form is refused, since no signature covers it`() {
        var request = request("POST", "/plivo/answer", "", ["x-plivo-signature-v3-nonce": Self.nonce])
        request.headers["x-plivo-signature-v3"] = "BTK2Wd0Hz4y0gLtyQl8W1O4RqamQlLvRh+6cazPEg+4="
        #expect(plivo.check(webhook: request, settings, cryptography) == .valid)
        request.headers["content-type"] = "application/json"
        request.body = Array(#"{"From":"1"}"#.utf8)
        #expect(plivo.check(webhook: request, settings, cryptography) != .valid)
    }

    @Test func `a V2 signature verifies and leaves the query out`() {
        let headers = [
            "x-plivo-signature-v2": "Vzs/VFdtlb5md1Nw/FUNp8rsKJgIyhA30QUdWJGOvxw=", "x-plivo-signature-v2-nonce": Self.nonce,
        ]
        #expect(plivo.check(webhook: request("POST", "/plivo/answer?b=2", Self.form, headers), settings, cryptography) == .valid)
        let other = request("POST", "/plivo/other", Self.form, headers)
        #expect(plivo.check(webhook: other, settings, cryptography) == .invalid("the Plivo V2 signature does not match"))
    }

    @Test func `a wrong V3 signature is not saved by a right V2 one`() {
        let headers = [
            "x-plivo-signature-v3": "AAAA", "x-plivo-signature-v3-nonce": Self.nonce,
            "x-plivo-signature-v2": "Vzs/VFdtlb5md1Nw/FUNp8rsKJgIyhA30QUdWJGOvxw=", "x-plivo-signature-v2-nonce": Self.nonce,
        ]
        let check = plivo.check(webhook: request("POST", "/plivo/answer", Self.form, headers), settings, cryptography)
        #expect(check == .invalid("the Plivo V3 signature does not match"))
    }

    @Test func `an upgrade signed as http verifies`() {
        let signature = "a6ZEy6wHh6r3hKgIoFV+4II1VRZVUk6uIMLnVoTyfsU="
        let headers = ["x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": Self.nonce]
        let upgrade = request("GET", "/ws/abc?t=1", "", origin: "wss://voice.example.test", headers)
        #expect(plivo.check(upgrade: upgrade, settings, cryptography) == .valid)
        let other = request("GET", "/ws/abc?t=2", "", origin: "wss://voice.example.test", headers)
        #expect(
            plivo.check(upgrade: other, settings, cryptography) == .invalid("the Plivo V3 signature of the upgrade does not match"))
        let unsigned = request("GET", "/ws/abc?t=1", "", origin: "wss://voice.example.test", [:])
        #expect(plivo.check(upgrade: unsigned, settings, cryptography) == .notConfigured)
    }

    @Test(arguments: ["http", "wss", "https"])
    func `an upgrade signed with any of the three schemes verifies`(scheme: String) {
        let text = "\(scheme)://voice.example.test:8443/ws/abc.\(Self.nonce)"
        let mac = cryptography.hmacSHA256(Array(text.utf8), key: Array("plivo_made_up_token".utf8))
        let headers = ["x-plivo-signature-v3": Data(mac).base64EncodedString(), "x-plivo-signature-v3-nonce": Self.nonce]
        let upgrade = request("GET", "/ws/abc", "", origin: "wss://voice.example.test:8443", headers)
        #expect(plivo.check(upgrade: upgrade, settings, cryptography) == .valid)
    }

    @Test func `without a token nothing is checked`() {
        let request = request("POST", "/plivo/answer", Self.form, ["x-plivo-signature-v3": "AAAA"])
        #expect(plivo.check(webhook: request, ProviderSettings(), cryptography) == .notConfigured)
        #expect(plivo.check(upgrade: request, ProviderSettings(), cryptography) == .notConfigured)
    }

    // MARK: Hang-up

    func hangUp(_ call: String?, _ values: [String: String]) -> HTTPRequest? {
        plivo.hangUp(
            StreamStart(provider: plivo.name, callID: call), ProviderSettings(values.mapValues { Secret($0) }), cryptography,
            unixTime: 0)
    }

    @Test(arguments: [nil, "https://mock.example.test/", "http://127.0.0.1:9"])
    func `hang-up deletes the call`(base: String?) throws {
        var values = ["PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": "tok"]
        values["PLIVO_API_BASE"] = base
        let request = try #require(hangUp("11111111-0000-4000-8000-000000000001", values))
        let host = [nil: "https://api.plivo.com", "https://mock.example.test/": "https://mock.example.test"][base] ?? base ?? ""
        #expect(
            request
                == HTTPRequest(
                    .delete, "\(host)/v1/Account/MA1/Call/11111111-0000-4000-8000-000000000001/",
                    headers: [("Authorization", Secret("Basic TUExOnRvaw=="))]))
    }

    @Test(arguments: ["", "..", "a/b", "a?b", "a%2Fb", "é", "a b", "a\r\nX: y", String(repeating: "a", count: 129)])
    func `an id that could leave its place in the address is not sent`(call: String) {
        #expect(hangUp(call, ["PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": "tok"]) == nil)
    }

    @Test func `hang-up needs the call and both credentials`() {
        #expect(hangUp(nil, ["PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": "tok"]) == nil)
        #expect(hangUp("c", ["PLIVO_AUTH_ID": "MA1"]) == nil)
        #expect(hangUp("c", ["PLIVO_AUTH_TOKEN": "tok"]) == nil)
    }

    @Test(arguments: [
        (204, HangUpOutcome.ended), (200, .ended), (202, .ended), (404, .ended), (500, .retry), (503, .retry),
        (401, .failed("Plivo answered 401")), (429, .failed("Plivo answered 429")), (302, .failed("Plivo answered 302")),
    ])
    func `the hang-up's answer is understood`(status: Int, outcome: HangUpOutcome) {
        #expect(plivo.outcome(ofHangUp: HTTPResponse(status: status)) == outcome)
    }

    private struct Missing: Error {}
}
