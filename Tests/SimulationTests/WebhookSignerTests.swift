import Call
import LibCrypto
import Testing
import Wire

@testable import Simulation

/// Signatures against vectors that others made: Twilio's published example, and the providers' official SDKs.
struct WebhookSignerTests {
    private static let cryptography = OpenSSLCryptography()
    private static let twilioToken = "tok_made_up_0123456789abcdef"

    private func signer(_ provider: PlayedProvider, _ environment: [String: String], _ mode: Signing = .on) throws -> WebhookSigner
    {
        WebhookSigner(provider: provider, secrets: try ProviderSecrets(environment), mode: mode, cryptography: Self.cryptography)
    }

    private func header(_ name: String, _ request: HTTPRequest) -> String? {
        request.headers.first { $0.name == name }?.value.exposed
    }

    private func form(_ pairs: KeyValuePairs<String, String>) -> WebhookPayload {
        .form(pairs.map { FormEncoding.Field($0.key, $0.value) })
    }

    // MARK: Twilio

    @Test func `Twilio's published example comes out`() throws {
        let payload = form([
            "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
            "To": "+18005551212",
        ])
        let address = try #require(WebAddress("https://mycompany.com/myapp.php?foo=1&bar=2"))
        var request = payload.request(.post, address)
        try signer(.twilio, ["TWILIO_AUTH_TOKEN": "12345"]).sign(&request, payload, unixTime: 0)
        #expect(header("X-Twilio-Signature", request) == "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    }

    @Test(arguments: [
        ("https://voice.example.test/twilio/answer?tenant=7&x=a%20b", "4yK3734NjbO/q1dFtYtuej6bIXY="),
        ("https://voice.example.test:443/twilio/answer?tenant=7&x=a%20b", "Ga3aH9fSzaPXEX+qdadDmU8r0po="),
    ])
    func `Twilio signs the address as it is written`(url: String, signature: String) throws {
        let payload = form([
            "To": "+15005550010", "CallSid": "CA" + String(repeating: "1", count: 32), "From": "+15005550006", "Digits": "",
            "CallStatus": "ringing",
        ])
        var request = payload.request(.post, try #require(WebAddress(url)))
        try signer(.twilio, ["TWILIO_AUTH_TOKEN": Self.twilioToken]).sign(&request, payload, unixTime: 0)
        #expect(header("X-Twilio-Signature", request) == signature)
    }

    @Test func `Twilio signs each pair of a repeated name once in byte order`() throws {
        let payload = form(["K": "b", "K": "a", "K": "b"])
        var request = payload.request(.post, try #require(WebAddress("https://a.test/")))
        try signer(.twilio, ["TWILIO_AUTH_TOKEN": Self.twilioToken]).sign(&request, payload, unixTime: 0)
        #expect(header("X-Twilio-Signature", request) == "nuBjWZG+AbgRgG40d5ZXoojWN80=")
    }

    @Test(arguments: [
        ("wss://voice.example.test/ws/abc", "Qq4UXw4A+m4xIjDcuJLEIwpjPYE="),
        ("wss://voice.example.test/ws/abc/", "MRh8d80LpPkBl/lXdgl9gwdFxtw="),
        ("ws://voice.example.test/ws/abc", "Qq4UXw4A+m4xIjDcuJLEIwpjPYE="),
    ])
    func `Twilio signs an upgrade as wss without a form`(url: String, signature: String) throws {
        let headers = try signer(.twilio, ["TWILIO_AUTH_TOKEN": Self.twilioToken]).upgradeHeaders(order(url), unixTime: 0)
        #expect(headers.map(\.name) == ["X-Twilio-Signature"])
        #expect(headers.first?.value.exposed == signature)
    }

    // MARK: Plivo

    private static let nonce = "12345678901234567890"
    private static let answer = "https://voice.example.test/plivo/answer"
    private static let fields: [FormEncoding.Field] = [
        .init("From", "15005550006"), .init("CallUUID", "c1"), .init("To", "15005550010"), .init("Direction", "inbound"),
    ]

    @Test(arguments: [
        (
            answer + "?b=2&a=1&CallUUID=c1&From=15005550006&To=15005550010&Direction=inbound", false,
            "AWx395P9mtSW7QLnJwdZZVL7UUUCT0jcN0vj3gqIZSg="
        ),
        (answer + "?b=2&a=1", true, "yldFlQQFrOWzlzsACaN1mnU5S/XyiFZXvkidy0J/sY8="),
        (answer, true, "10oCMtEaOkW3UvXI+Ef8hJ6eLndVE93a/MArzAyTWH4="),
        (answer, false, "BTK2Wd0Hz4y0gLtyQl8W1O4RqamQlLvRh+6cazPEg+4="),
        (answer + "?b=2&a=1", false, "0SHAECY/gn2UouRPBDUWV+CcFA+9rHZEaNttb7khi7s="),
        ("http://voice.example.test/ws/abc?t=1", false, "a6ZEy6wHh6r3hKgIoFV+4II1VRZVUk6uIMLnVoTyfsU="),
    ])
    func `Plivo's V3 text is signed as its SDK signs it`(url: String, hasForm: Bool, signature: String) {
        let text = WebhookSigner.plivoText(url: url, form: hasForm ? Self.fields : [])
        let made = WebhookSigner.plivoSignature(text, nonce: Self.nonce, Array("plivo_made_up_token".utf8), Self.cryptography)
        #expect(made == signature)
    }

    @Test func `Plivo's nonce is twenty digits and covered by the signature`() throws {
        let signer = try signer(.plivo, ["PLIVO_AUTH_TOKEN": "plivo_made_up_token"])
        let headers = signer.upgradeHeaders(order("wss://voice.example.test/ws/abc?t=1"), unixTime: 0)
        let nonce = try #require(headers.first { $0.name == "X-Plivo-Signature-V3-Nonce" }?.value.exposed)
        #expect(nonce.count == 20 && nonce.allSatisfy(\.isNumber))
        let expected = WebhookSigner.plivoSignature(
            "http://voice.example.test/ws/abc?t=1", nonce: nonce, Array("plivo_made_up_token".utf8), Self.cryptography)
        #expect(headers.first { $0.name == "X-Plivo-Signature-V3" }?.value.exposed == expected)
    }

    // MARK: Telnyx and Vonage

    @Test func `Telnyx signs the time and the body`() throws {
        let body = #"{"data":{"event_type":"call.initiated","id":"00000000-0000-4000-8000-000000000001"}}"#
        var request = HTTPRequest(.post, "https://a.test/", body: Array(body.utf8))
        let seed = Base64.text((0..<32).map { UInt8($0) })
        try signer(.telnyx, ["TELNYX_PRIVATE_KEY": seed]).sign(&request, .form([]), unixTime: 1_700_000_000)
        #expect(
            header("telnyx-signature-ed25519", request)
                == "XHIFTcrsH0r73XPzU93goUB+wfqPiWIzk1NM7UXo3QXPU/u6Dqpwb0jUgZuGimBc9uJFE4UP3PkEdB5NlSi3Dg==")
        #expect(header("telnyx-timestamp", request) == "1700000000")
    }

    @Test func `a Telnyx key of the wrong length is refused and not shown`() throws {
        let fault = try #require(throws: ProviderSecrets.Fault.self) { _ = try ProviderSecrets(["TELNYX_PRIVATE_KEY": "c2hvcnQ="]) }
        #expect(fault.description.contains("32-byte") && !fault.description.contains("c2hvcnQ"))
    }

    @Test(arguments: [HTTPRequest.Method.get, .post])
    func `Vonage's token is HS256 over claims with the payload's hash`(method: HTTPRequest.Method) throws {
        let payload = WebhookPayload.json([.init("from", "1500"), .init("to", "15\"00")])
        var request = payload.request(method, try #require(WebAddress("https://a.test/answer")))
        try signer(.vonage, ["VONAGE_SIGNATURE_SECRET": "a secret"]).sign(&request, payload, unixTime: 1_700_000_000)
        let value = try #require(header("Authorization", request))
        #expect(value.hasPrefix("Bearer "))
        let parts = value.dropFirst(7).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let expected = Self.cryptography.hmacSHA256(Array("\(parts[0]).\(parts[1])".utf8), key: Array("a secret".utf8))
        #expect(parts[2] == Base64.urlText(expected))
        let head = try JSONValue(parsing: try #require(Base64.lenientBytes(parts[0])))
        let claims = try JSONValue(parsing: try #require(Base64.lenientBytes(parts[1])))
        #expect(head["alg"]?.string == "HS256")
        #expect(claims["iat"]?.number == 1_700_000_000)
        #expect(claims["jti"]?.string?.count == 32)
        // printf '{"from":"1500","to":"15\\"00"}' | sha256sum
        #expect(claims["payload_hash"]?.string == "2f3eb953fca237fc2a86d4d76a87d49f333d0c76cf19cf0d6b6f36b675d2ea0a")
        #expect(request.body == (method == .post ? Array(#"{"from":"1500","to":"15\"00"}"#.utf8) : []))
    }

    // MARK: all

    private static let environment = [
        "TWILIO_AUTH_TOKEN": "t", "PLIVO_AUTH_TOKEN": "p", "VONAGE_SIGNATURE_SECRET": "v", "TELNYX_STREAM_AUTH_TOKEN": "s",
        "TELNYX_PRIVATE_KEY": Base64.text([UInt8](repeating: 7, count: 32)), "EXOTEL_STREAM_USER": "u",
        "EXOTEL_STREAM_PASSWORD": "w",
    ]

    @Test(arguments: PlayedProvider.allCases)
    func `nothing is signed without a secret or with signing off`(provider: PlayedProvider) throws {
        for (mode, environment) in [(Signing.on, [:]), (.off, Self.environment)] {
            let signer = try signer(provider, environment, mode)
            var request = HTTPRequest(.post, "https://a.test/")
            signer.sign(&request, .form([]), unixTime: 0)
            #expect(request.headers.isEmpty)
            #expect(signer.upgradeHeaders(order("wss://a.test/"), unixTime: 0).isEmpty)
        }
    }

    @Test(arguments: PlayedProvider.allCases)
    func `a wrong signature has the right shape and other bytes`(provider: PlayedProvider) throws {
        let right = try signer(provider, Self.environment), wrong = try signer(provider, Self.environment, .wrong)
        var good = HTTPRequest(.post, "https://a.test/"), bad = good
        right.sign(&good, .form([]), unixTime: 0)
        wrong.sign(&bad, .form([]), unixTime: 0)
        #expect(good.headers.map(\.name) == bad.headers.map(\.name))
        #expect(good.headers.isEmpty == (provider == .exotel))
        if provider != .exotel { #expect(good.headers.first?.value != bad.headers.first?.value) }
        let (one, other) = (
            right.upgradeHeaders(order("wss://a.test/"), unixTime: 0), wrong.upgradeHeaders(order("wss://a.test/"), unixTime: 0)
        )
        #expect(!one.isEmpty && one.map(\.name) == other.map(\.name))
        #expect(one.first?.value != other.first?.value)
    }

    @Test func `Exotel's credentials go out as basic authentication, those of the address first`() throws {
        let signer = try signer(.exotel, ["EXOTEL_STREAM_USER": "user", "EXOTEL_STREAM_PASSWORD": "password"])
        #expect(signer.upgradeHeaders(order("wss://a.test/"), unixTime: 0).first?.value.exposed == "Basic dXNlcjpwYXNzd29yZA==")
        var own = order("wss://a.test/")
        own.headers = [("Authorization", Secret("Basic S0VZOlRPS0VO"))]
        #expect(signer.upgradeHeaders(own, unixTime: 0).isEmpty)
    }

    private func order(_ url: String) -> StreamOrder {
        var order = StreamOrder(url: url, inbound: .muLaw8000, outbound: .muLaw8000)
        order.wantsProviderToken = true
        return order
    }
}
