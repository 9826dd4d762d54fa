import Call
import Foundation
import LibCrypto
import Providers
import Testing
import Wire

@Suite struct `Vonage's answer, tokens and hang-up` {
    let vonage = VonageDialect()
    let cryptography = OpenSSLCryptography()
    let settings = ProviderSettings(["VONAGE_SIGNATURE_SECRET": Secret("vonage_made_up_signature_secret_0123456789")])

    // MARK: Answer

    static let uuid = "aaaa0000-bbbb-4ccc-8ddd-000000000001"

    func answer(_ fields: [String: String], from: String? = nil, to: String? = nil, url: String = "wss://h/ws/t") -> AnswerDocument
    {
        vonage.answer(
            AnswerRequest(streamURL: url, from: from.map { PhoneNumber($0) }, to: to.map { PhoneNumber($0) }, fields: fields))
    }

    func endpoint(_ answer: AnswerDocument) throws -> JSONValue {
        guard case .array(let actions) = try JSONValue(parsing: Array(answer.text.utf8)),
            case .array(let endpoints)? = actions[0]["endpoint"]
        else { throw Missing() }
        return endpoints[0]
    }

    @Test func `the answer is the document in TwiML`() throws {
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "TwiML/vonage.json")
        let expected = try String(contentsOf: file, encoding: .utf8)
            .replacing("{{host}}", with: "bot.example.test").replacing("{{token}}", with: "abc.def")
            .replacing("{{From}}", with: "15005550006").replacing("{{To}}", with: "15005550010")
            .replacing("{{uuid}}", with: Self.uuid).replacing("{{conversation_uuid}}", with: "CON-1")
        let answer = answer(
            ["uuid": Self.uuid, "conversation_uuid": "CON-1", "from": "15005550006", "to": "15005550010", "region_url": "x"],
            url: "wss://bot.example.test/ws/abc.def")
        #expect(answer == AnswerDocument(contentType: "application/json", text: expected))
    }

    @Test func `unknown headers are left out`() throws {
        #expect(try endpoint(answer([:]))["headers"] == nil)
        let some = try endpoint(answer(["uuid": "u", "to": ""], from: "1"))
        #expect(some["headers"] == .object(["uuid": .string("u"), "from": .string("1")]))
    }

    /// Vonage's SDK models refuse a connect action without `from`, and any `from` that is not 7 to 15 digits.
    @Test(arguments: [
        ("15005550010", "15005550010"), ("+15005550010", "15005550010"), ("1234567", "1234567"),
        ("123456789012345", "123456789012345"),
        ("123456", nil), ("1234567890123456", nil), ("05005550010", nil), ("+", nil), ("", nil), (nil, nil), ("alice", nil),
        ("1500555\"><Dial>", nil), ("١٥٠٠٥٥٥٠٠١٠", nil),
    ])
    func `the connect action names the dialled number where it is one`(to: String?, from: String?) throws {
        let answer = answer(["uuid": "u"], to: to)
        guard case .array(let actions) = try JSONValue(parsing: Array(answer.text.utf8)) else { throw Missing() }
        #expect(actions[0]["from"]?.string == from)
    }

    @Test func `everything from outside stays a string`() throws {
        let hostile = "\"},\"x\":{\"\\\u{1}\n\"><Dial>"
        let endpoint = try endpoint(answer(["uuid": hostile], from: hostile, url: hostile))
        #expect(endpoint["uri"]?.string == hostile)
        #expect(endpoint["headers"] == .object(["uuid": .string(hostile), "from": .string(hostile)]))
    }

    @Test(arguments: [
        (100, ["conversation_uuid", "from", "to", "uuid"]), (150, ["from", "to", "uuid"]), (200, ["from", "uuid"]), (300, ["uuid"]),
        (600, []),
    ])
    func `headers hold at most 512 bytes and give up the least important first`(length: Int, left: [String]) throws {
        let text = String(repeating: "1", count: length)
        let endpoint = try endpoint(answer(["uuid": text, "conversation_uuid": text, "from": text, "to": text]))
        guard case .object(let headers)? = endpoint["headers"] else {
            #expect(left.isEmpty)
            return
        }
        #expect(headers.keys.sorted() == left)
        #expect(JSONValue.object(headers).bytes.count <= 512)
    }

    @Test(arguments: 0..<20)
    func `512 bytes of headers still go, 513 do not`(extra: Int) throws {
        let overhead = JSONValue.object(["uuid": .string(""), "from": .string("")]).bytes.count
        let fits = String(repeating: "é", count: 200)
        let rest = String(repeating: "1", count: 512 - overhead - fits.utf8.count - 10 + extra)
        guard case .object(let headers)? = try endpoint(answer(["uuid": fits], from: rest))["headers"] else { throw Missing() }
        #expect(headers.keys.contains("from") == (extra <= 10))
    }

    // MARK: Tokens. Made with PyJWT.

    static let body = #"{"status":"completed","uuid":"aaaa0000-bbbb-4ccc-8ddd-000000000001"}"#
    static let query =
        "to=15005550010&from=15005550006&uuid=aaaa0000-bbbb-4ccc-8ddd-000000000001&conversation_uuid=CON-1&note=a%2Fb+%C3%A9"
    static let hs256 = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    static let ofBody =
        hs256
        + "eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImoxIiwiaXNzIjoiVm9uYWdlIiwicGF5bG9hZF9oYXNoIjoiNDBiMjFjY2RkYjdmZWE5Y2FiZmRjNDVkMGFlZWM5ZTkzNTZmMWE4YjYzNWI5MzE1Y2IyMjM1MDY5MTc3MDk3ZSIsImFwaV9rZXkiOiJhYmNkMTIzNCIsImFwcGxpY2F0aW9uX2lkIjoiYXBwLTEifQ.VhmkN8BCNK1rma64AfNFmn3mmgyN1SG6IEe6Zayw94Q"
    static let ofQuery =
        hs256
        + "eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImoyIiwicGF5bG9hZF9oYXNoIjoiOTQwMzJjMTIwM2RjZDExZDFjMWNkOGVhOTE5OGQ3Mzk5NTljZjYxNDZlMjc4Yjk0YmRkMWJiZTBkODVkN2YzYyJ9.QgNvvrM7i5Lqw-IkF2DX1PnBTTva9IwmiCCxwUbDMBg"
    static let withEnd = hs256 + "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDkwMH0.Ym9DyvcamfOoeKw6CLwqkX6BZ5OjZl67TS4cKCaBle8"
    static let withoutTime = hs256 + "eyJqdGkiOiJqMyJ9.4rrZvhBkgqm6ueTCXttpqeUg6r07QquTuN8zUWxe11I"
    static let hs512 =
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDB9.77MaTEqhks2DXWLhMwBHtUwm3z-cSzbbxbUaNu5nJJVEKgMpYjXxYGzrEJ8dOaE9yyawozD-6hKwZfAc78s3ew"
    static let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpYXQiOjE3MDAwMDAwMDB9."
    static let ofAnotherSecret = hs256 + "eyJpYXQiOjE3MDAwMDAwMDB9.T0_K3H7yPDtZUM2SBWXpt7r4juqLKRR7vA4pMd7KidY"

    func request(_ method: String, _ target: String, _ body: String, _ token: String?, at time: Int64 = 1_700_000_000)
        -> SignedRequest
    {
        SignedRequest(
            method: method, origin: "https://h", target: target, headers: token.map { ["authorization": "Bearer \($0)"] } ?? [:],
            body: Array(body.utf8), unixTime: time)
    }

    func isValid(_ request: SignedRequest) -> Bool { vonage.check(webhook: request, settings, cryptography) == .valid }

    @Test func `a token of the body verifies, of another body it does not`() {
        #expect(isValid(request("POST", "/status/vonage", Self.body, Self.ofBody)))
        #expect(!isValid(request("POST", "/status/vonage", Self.body + " ", Self.ofBody)))
        #expect(!isValid(request("POST", "/status/vonage", "", Self.ofBody)))
    }

    @Test func `a token of a GET covers its query`() {
        #expect(isValid(request("GET", "/answer/vonage?" + Self.query, "", Self.ofQuery)))
        #expect(!isValid(request("GET", "/answer/vonage?" + Self.query.replacing("to=1", with: "to=2"), "", Self.ofQuery)))
        #expect(!isValid(request("GET", "/answer/vonage", "", Self.ofQuery)))
    }

    @Test(arguments: [
        (-301, false), (-300, true), (0, true), (300, true), (301, false),
    ])
    func `a token counts five minutes each way`(offset: Int64, valid: Bool) {
        #expect(isValid(request("POST", "/", Self.body, Self.ofBody, at: 1_700_000_000 + offset)) == valid)
    }

    @Test(arguments: [(-301, false), (0, true), (301, true), (1_200, true), (1_201, false)])
    func `a token with an end counts until then`(offset: Int64, valid: Bool) {
        #expect(isValid(request("POST", "/", "", Self.withEnd, at: 1_700_000_000 + offset)) == valid)
    }

    @Test(arguments: [
        withoutTime, hs512, unsigned, ofAnotherSecret, "", ".", "..", "...", "a.b.c", String(ofBody.dropLast()), ofBody + ".",
        "." + ofBody,
        ofBody.replacing("eyJpYXQi", with: "eyJpYXQj"), "\u{0}", String(repeating: ".", count: 10_000),
    ])
    func `any other token is refused`(token: String) {
        let webhook = request("POST", "/", Self.body, token)
        guard case .invalid = vonage.check(webhook: webhook, settings, cryptography) else {
            Issue.record("accepted \(token)")
            return
        }
        #expect(vonage.check(upgrade: webhook, settings, cryptography) != .valid)
    }

    @Test(arguments: [("HS256", true), ("none", false), ("HS512", false), ("hs256", false), ("RS256", false), ("", false)])
    func `a token has to call itself HS256, even when the secret signs it`(algorithm: String, valid: Bool) {
        let header = Base64.urlText(Array(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8))
        let claims = Base64.urlText(Array(#"{"iat":1700000000}"#.utf8))
        let key = Array("vonage_made_up_signature_secret_0123456789".utf8)
        let signature = Base64.urlText(cryptography.hmacSHA256(Array("\(header).\(claims)".utf8), key: key))
        #expect(isValid(request("POST", "/", "", "\(header).\(claims).\(signature)")) == valid)
    }

    @Test func `with a secret a webhook needs a token and an upgrade does not`() {
        let bare = request("GET", "/ws/t", "", nil)
        #expect(vonage.check(webhook: bare, settings, cryptography) == .invalid("the Vonage token is missing"))
        #expect(vonage.check(upgrade: bare, settings, cryptography) == .notConfigured)
        #expect(vonage.check(upgrade: request("GET", "/ws/t", "", Self.withEnd), settings, cryptography) == .valid)
    }

    @Test func `without a secret nothing is checked`() {
        let request = request("GET", "/", "", "a.b.c")
        #expect(vonage.check(webhook: request, ProviderSettings(), cryptography) == .notConfigured)
        #expect(vonage.check(upgrade: request, ProviderSettings(), cryptography) == .notConfigured)
    }

    // MARK: Hang-up

    func hangUp(_ call: String?, _ values: [String: String]) -> HTTPRequest? {
        vonage.hangUp(
            StreamStart(provider: vonage.name, callID: call), ProviderSettings(values.mapValues { Secret($0) }),
            KnownCryptography(),
            unixTime: 1_700_000_000)
    }

    static let values = ["VONAGE_APPLICATION_ID": "app-1", "VONAGE_PRIVATE_KEY": "made\nup"]

    @Test(arguments: ["made\nup", #"made\nup"#])
    func `hang-up puts the action with a token of the application`(key: String) throws {
        var values = Self.values
        values["VONAGE_PRIVATE_KEY"] = key
        let request = try #require(hangUp(Self.uuid, values))
        #expect(request.method == .put)
        #expect(request.url == "https://api.nexmo.com/v1/calls/\(Self.uuid)")
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"action":"hangup"}"#)
        #expect(request.headers.contains { $0.name == "Content-Type" && $0.value.exposed == "application/json" })
        let bearer = try #require(request.headers.first { $0.name == "Authorization" }?.value.exposed)
        #expect(bearer.hasPrefix("Bearer "))
        let parts = bearer.dropFirst(7).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        #expect(try JSONValue(parsing: bytes(parts[0])) == .object(["alg": .string("RS256"), "typ": .string("JWT")]))
        #expect(
            try JSONValue(parsing: bytes(parts[1]))
                == .object([
                    "application_id": .string("app-1"), "iat": .number(1_700_000_000), "exp": .number(1_700_000_300),
                    "jti": .string("000102030405060708090a0b0c0d0e0f"),
                ]))
        #expect(bytes(parts[2]) == Array("made\nup|\(parts[0]).\(parts[1])".utf8))
    }

    private func bytes(_ text: String) -> [UInt8] { Base64.lenientBytes(text) ?? [] }

    @Test func `hang-up honours the API base`() {
        let values = Self.values.merging(["VONAGE_API_BASE": "http://127.0.0.1:9/"]) { $1 }
        #expect(hangUp("u", values)?.url == "http://127.0.0.1:9/v1/calls/u")
    }

    @Test(arguments: ["", "..", "a/b", "a?b", "a%2Fb", "a\r\nX: y"])
    func `an id that could leave its place in the address is not sent`(call: String) {
        #expect(hangUp(call, Self.values) == nil)
    }

    @Test func `hang-up needs the call, the application and a key that can be read`() {
        #expect(hangUp(nil, Self.values) == nil)
        #expect(hangUp("u", ["VONAGE_APPLICATION_ID": "app-1"]) == nil)
        #expect(hangUp("u", ["VONAGE_PRIVATE_KEY": "made\nup"]) == nil)
        #expect(hangUp("u", ["VONAGE_APPLICATION_ID": "app-1", "VONAGE_PRIVATE_KEY": "broken"]) == nil)
    }

    @Test(arguments: [
        (204, "", HangUpOutcome.ended), (200, "", .ended), (404, "", .ended), (500, "", .retry), (502, "", .retry),
        (400, #"{"type":"conversation:error:invalid-member-state"}"#, .ended),
        (400, #"{"type":"BAD_REQUEST","error_title":"Bad Request"}"#, .failed("Vonage answered 400")),
        (400, "not JSON", .failed("Vonage answered 400")), (401, "", .failed("Vonage answered 401")),
    ])
    func `the hang-up's answer is understood`(status: Int, body: String, outcome: HangUpOutcome) {
        #expect(vonage.outcome(ofHangUp: HTTPResponse(status: status, body: Array(body.utf8))) == outcome)
    }

    private struct Missing: Error {}
}

/// libcrypto with chance and RSA replaced: bytes that count up, and a signature that shows key and message.
private struct KnownCryptography: Cryptography {
    private let real = OpenSSLCryptography()

    func hmacSHA1(_ message: [UInt8], key: [UInt8]) -> [UInt8] { real.hmacSHA1(message, key: key) }
    func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] { real.hmacSHA256(message, key: key) }
    func sha256(_ message: [UInt8]) -> [UInt8] { real.sha256(message) }
    func ed25519Verifies(_ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]) -> Bool {
        real.ed25519Verifies(signature, message, publicKey: publicKey)
    }
    func ed25519Sign(_ message: [UInt8], seed: Redacted<[UInt8]>) -> [UInt8]? { real.ed25519Sign(message, seed: seed) }
    func rsaSHA256Sign(_ message: [UInt8], privateKeyPEM: Secret) -> [UInt8]? {
        privateKeyPEM.exposed == "made\nup" ? Array(privateKeyPEM.exposed.utf8) + [UInt8(ascii: "|")] + message : nil
    }
    func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool { real.equalInConstantTime(a, b) }
    func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0) } }
}
