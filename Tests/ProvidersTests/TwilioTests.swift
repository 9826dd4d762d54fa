import Call
import Foundation
import LibCrypto
import Providers
import Testing

@Suite struct `Twilio's answer, signatures and hang-up` {
    let twilio = TwilioDialect()
    let cryptography = OpenSSLCryptography()

    // MARK: Answer

    @Test func `the answer is the document in TwiML`() throws {
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "TwiML/twilio.xml")
        let expected = try String(contentsOf: file, encoding: .utf8)
            .replacing("{{host}}", with: "bot.example.test").replacing("{{token}}", with: "abc.def")
            .replacing("{{From}}", with: "+15005550006").replacing("{{To}}", with: "+15005550010")
        let stream = "wss://bot.example.test/ws/abc.def"
        let byNumber = AnswerRequest(streamURL: stream, from: PhoneNumber("+15005550006"), to: PhoneNumber("+15005550010"))
        let byField = AnswerRequest(streamURL: stream, fields: ["From": "+15005550006", "To": "+15005550010"], shape: .pipecat)
        for request in [byNumber, byField] {
            #expect(twilio.answer(request) == AnswerDocument(contentType: "application/xml", text: expected))
        }
    }

    @Test func `without numbers the answer is what Pipecat's runner serves`() {
        #expect(
            twilio.answer(AnswerRequest(streamURL: "wss://h/ws")).text == """
                <?xml version="1.0" encoding="UTF-8"?>
                <Response>
                  <Connect>
                    <Stream url="wss://h/ws"></Stream>
                  </Connect>
                </Response>

                """)
    }

    @Test func `a caller's name changes nothing but a value`() {
        let answer = twilio.answer(
            AnswerRequest(streamURL: "wss://h/ws/t?a=1&b=\"", from: PhoneNumber("\"><Dial>"), fields: ["To": "\u{0}\n<&"]))
        #expect(answer.text.contains(#"<Parameter name="from_number" value="&quot;&gt;&lt;Dial&gt;"/>"#))
        #expect(answer.text.contains(#"<Parameter name="to_number" value="&#10;&lt;&amp;"/>"#))
        #expect(answer.text.contains(#"<Stream url="wss://h/ws/t?a=1&amp;b=&quot;">"#))
    }

    @Test(arguments: [(488, true), (489, false)])
    func `a parameter that Twilio would refuse is left out`(length: Int, isThere: Bool) {
        let answer = twilio.answer(AnswerRequest(streamURL: "wss://h", from: PhoneNumber(String(repeating: "9", count: length))))
        #expect(answer.text.contains("from_number") == isThere)
    }

    // MARK: Signatures. Vectors computed with Twilio's Python SDK 9.13.

    static let token = "tok_made_up_0123456789abcdef"
    static let origin = "https://voice.example.test"
    static let form = "CallSid=CA11111111111111111111111111111111&From=%2B15005550006&To=%2B15005550010&Digits=&CallStatus=ringing"
    static let target = "/twilio/answer?tenant=7&x=a%20b"
    static let json = #"{"event":"x","n":1}"#
    static let jsonTarget = "/json?bodySHA256=27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e"

    private func settings(_ token: String = token) -> ProviderSettings {
        ProviderSettings(["TWILIO_AUTH_TOKEN": Secret(token), "TWILIO_SIGNING_KEYS": Secret("SK1:other,SK2:\(Self.token)")])
    }

    private func request(
        _ signature: String?, _ origin: String = origin, _ target: String = target, body: String = form,
        type: String? = "application/x-www-form-urlencoded; charset=UTF-8", method: String = "POST", key: String? = nil
    ) -> SignedRequest {
        var headers: [String: String] = [:]
        headers["x-twilio-signature"] = signature
        headers["content-type"] = type
        headers["x-twilio-webhooks-signature-settings"] = key
        return SignedRequest(
            method: method, origin: origin, target: target, headers: headers, body: Array(body.utf8), unixTime: 1_700_000_000)
    }

    private func isInvalid(_ check: SignatureCheck) -> Bool { if case .invalid = check { true } else { false } }

    @Test func `Twilio's published example holds`() {
        let example = request(
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "https://mycompany.com", "/myapp.php?foo=1&bar=2",
            body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212")
        #expect(twilio.check(webhook: example, settings("12345"), cryptography) == .valid)
    }

    @Test(arguments: ["4yK3734NjbO/q1dFtYtuej6bIXY=", "Ga3aH9fSzaPXEX+qdadDmU8r0po="])
    func `the port may be in the signed address or not, and in ours or not`(signature: String) {
        for origin in [Self.origin, Self.origin + ":443"] {
            #expect(twilio.check(webhook: request(signature, origin), settings(), cryptography) == .valid)
        }
        #expect(isInvalid(twilio.check(webhook: request(signature, "http://voice.example.test"), settings(), cryptography)))
        #expect(isInvalid(twilio.check(webhook: request(signature, Self.origin + ".evil.test"), settings(), cryptography)))
    }

    @Test func `fields are signed in byte order and equal ones once`() {
        for body in ["K=b&K=a&K=b", "K=a&K=b", "K=b&K=b&K=a&K=a"] {
            let repeated = request("nuBjWZG+AbgRgG40d5ZXoojWN80=", "https://a.test", "/", body: body)
            #expect(twilio.check(webhook: repeated, settings(), cryptography) == .valid)
        }
        let shuffled = Self.form.split(separator: "&").reversed().joined(separator: "&")
        #expect(twilio.check(webhook: request("4yK3734NjbO/q1dFtYtuej6bIXY=", body: shuffled), settings(), cryptography) == .valid)
    }

    @Test(arguments: [
        form + "&x=", "", form.replacing("ringing", with: "ringinG"), form.replacing("Digits=&", with: ""), form + "&CallSid=CA2",
    ])
    func `a changed form is refused`(body: String) {
        #expect(isInvalid(twilio.check(webhook: request("4yK3734NjbO/q1dFtYtuej6bIXY=", body: body), settings(), cryptography)))
    }

    @Test func `a shared key signs with SHA-256`() {
        let good = "fAKK3d1bCqT2y24GHang4ouYpx/ORD3E8tXq76urGAI="
        let check = { (signature: String, key: String?) in
            twilio.check(webhook: request(signature, key: key), settings(), cryptography)
        }
        #expect(check(good, "key=SK2,algorithm=HMAC_SHA256") == .valid)
        #expect(check(good, "algorithm=HMAC_SHA256, key=SK2") == .valid)
        for key in [
            "key=SK1,algorithm=HMAC_SHA256", "key=SK3,algorithm=HMAC_SHA256", "key=SK2,algorithm=HMAC_SHA512", "key=SK2", "x", nil,
        ] {
            #expect(isInvalid(check(good, key)))
        }
        #expect(isInvalid(check("4yK3734NjbO/q1dFtYtuej6bIXY=", "key=SK2,algorithm=HMAC_SHA256")))
        let onlyKeys = ProviderSettings(["TWILIO_SIGNING_KEYS": Secret("SK2:\(Self.token)")])
        #expect(isInvalid(twilio.check(webhook: request("4yK3734NjbO/q1dFtYtuej6bIXY="), onlyKeys, cryptography)))
        #expect(twilio.check(webhook: request(good, key: "key=SK2,algorithm=HMAC_SHA256"), onlyKeys, cryptography) == .valid)
    }

    @Test func `a JSON body is covered by its hash in the address`() {
        let good = "jIOPYsNxZkxbQZBbKP2/ED38q0U="
        let check = { (target: String, body: String) in
            twilio.check(
                webhook: request(good, Self.origin, target, body: body, type: "application/json"), settings(), cryptography)
        }
        #expect(check(Self.jsonTarget, Self.json) == .valid)
        #expect(isInvalid(check(Self.jsonTarget, Self.json + " ")))
        #expect(isInvalid(check(Self.jsonTarget.replacing("27eb", with: "27ec"), Self.json)))
        #expect(isInvalid(check("/json", Self.json)))
    }

    @Test func `the upgrade is signed as wss, with a slash at the end or without`() {
        let check = { (signature: String?, origin: String, target: String) in
            twilio.check(
                upgrade: request(signature, origin, target, body: "", type: nil, method: "GET"), settings(), cryptography)
        }
        for signature in ["Qq4UXw4A+m4xIjDcuJLEIwpjPYE=", "MRh8d80LpPkBl/lXdgl9gwdFxtw="] {
            for origin in ["wss://voice.example.test", "wss://voice.example.test:443"] {
                for target in ["/ws/abc", "/ws/abc/"] { #expect(check(signature, origin, target) == .valid) }
                #expect(isInvalid(check(signature, origin, "/ws/abd")))
            }
        }
        #expect(isInvalid(check("ZasDGjLHOXPhL0v5QliaSDQExTc=", "wss://voice.example.test", "/ws/abc")))
        #expect(isInvalid(check(nil, "wss://voice.example.test", "/ws/abc")))
        #expect(isInvalid(check("", "wss://voice.example.test", "/ws/abc")))
    }

    @Test func `without a secret nothing is checked, with one a signature must be there`() {
        let none = ProviderSettings(["TWILIO_ACCOUNT_SID": Secret("AC1")])
        #expect(twilio.check(webhook: request("x"), none, cryptography) == .notConfigured)
        #expect(
            twilio.check(webhook: request("x", body: Self.json, type: "application/json"), none, cryptography) == .notConfigured)
        #expect(twilio.check(upgrade: request("x"), none, cryptography) == .notConfigured)
        #expect(isInvalid(twilio.check(webhook: request(nil), settings(), cryptography)))
        #expect(isInvalid(twilio.check(webhook: request("not base64 ☎"), settings(), cryptography)))
    }

    // MARK: Hang-up

    static let account = "AC000000000000000000000000000000ff"

    private func hangUp(_ settings: [String: String], call: String? = "CA01", account: String? = nil) -> HTTPRequest? {
        twilio.hangUp(
            StreamStart(provider: twilio.name, callID: call, accountID: account),
            ProviderSettings(settings.mapValues { Secret($0) }),
            cryptography, unixTime: 0)
    }

    @Test func `the paid leg is ended with the account's credentials`() throws {
        let request = try #require(hangUp(["TWILIO_ACCOUNT_SID": Self.account, "TWILIO_AUTH_TOKEN": "t"]))
        #expect(request.method == .post)
        #expect(request.url == "https://api.twilio.com/2010-04-01/Accounts/\(Self.account)/Calls/CA01.json")
        #expect(request.body == Array("Status=completed".utf8))
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value.exposed) })
        #expect(headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(headers["Authorization"] == "Basic \(Data("\(Self.account):t".utf8).base64EncodedString())")
    }

    @Test func `an API key wins over the auth token`() throws {
        let keys = [
            "TWILIO_ACCOUNT_SID": Self.account, "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s",
        ]
        let request = try #require(hangUp(keys))
        #expect(request.headers.contains { $0.value.exposed == "Basic \(Data("SK1:s".utf8).base64EncodedString())" })
    }

    @Test func `a subaccount's call is ended in the subaccount`() throws {
        let credentials = ["TWILIO_ACCOUNT_SID": Self.account, "TWILIO_AUTH_TOKEN": "t"]
        let sub = "AC0123456789abcdef0123456789abcdef"
        #expect(try #require(hangUp(credentials, account: sub)).url.contains("/Accounts/\(sub)/"))
        for other in ["AC1", "AC/../../x", "", "CA0123456789abcdef0123456789abcdef"] {
            #expect(try #require(hangUp(credentials, account: other)).url.contains("/Accounts/\(Self.account)/"))
        }
    }

    @Test(arguments: [
        ([:], "https://api.twilio.com/"),
        (["TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"], "https://api.dublin.ie1.twilio.com/"),
        (["TWILIO_EDGE": "dublin"], "https://api.dublin.us1.twilio.com/"),
        (["TWILIO_REGION": "ie1"], "https://api.ie1.twilio.com/"),
        (["TWILIO_API_BASE": "http://127.0.0.1:9//", "TWILIO_REGION": "ie1"], "http://127.0.0.1:9/"),
    ])
    func `region, edge and base choose the host`(extra: [String: String], start: String) throws {
        let credentials = ["TWILIO_ACCOUNT_SID": Self.account, "TWILIO_AUTH_TOKEN": "t"].merging(extra) { $1 }
        #expect(try #require(hangUp(credentials)).url.hasPrefix(start + "2010-04-01/"))
    }

    @Test(arguments: [
        nil, "", "a/b", "..", ".", "CA1?x=1", "CA1#", "CA 1", "CA%2F", "é", "CA\r\n", String(repeating: "a", count: 129),
    ])
    func `an id that could leave its path segment ends nothing`(call: String?) {
        #expect(hangUp(["TWILIO_ACCOUNT_SID": Self.account, "TWILIO_AUTH_TOKEN": "t"], call: call) == nil)
    }

    @Test func `without credentials there is no request`() {
        #expect(hangUp([:]) == nil)
        #expect(hangUp(["TWILIO_ACCOUNT_SID": Self.account]) == nil)
        #expect(hangUp(["TWILIO_API_KEY": "k", "TWILIO_API_SECRET": "s"]) == nil)
    }

    @Test(arguments: [
        (200, "{}", HangUpOutcome.ended), (204, "", .ended), (404, #"{"code":20404,"status":404}"#, .ended),
        (404, #"{"code":20000}"#, .failed("Twilio answered 404, code 20000")), (404, "<html>", .failed("Twilio answered 404")),
        (401, #"{"code":20003}"#, .failed("Twilio answered 401, code 20003")),
        (400, #"{"code":"x"}"#, .failed("Twilio answered 400")),
        (500, "", .retry), (503, "", .retry), (301, "", .failed("Twilio answered 301")),
    ])
    func `an answer means what Twilio documents`(status: Int, body: String, outcome: HangUpOutcome) {
        #expect(twilio.outcome(ofHangUp: HTTPResponse(status: status, body: Array(body.utf8))) == outcome)
    }
}
