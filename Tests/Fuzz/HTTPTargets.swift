import Call
import LibCrypto
import Simulation
import Wire

@testable import Net
@testable import Providers
@testable import Server

extension FuzzTarget {
    private static let heads = [
        "GET /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "POST /answer/twilio?bot=drill HTTP/1.1\r\nHost: a.example:8443\r\nContent-Length: 3\r\nConnection: close, upgrade\r\n\r\n",
        "GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\nA: 1\r\na: 2\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]

    /// A head that was read is the same after it was written and read again.
    static let requestHead = FuzzTarget(
        name: "request-head", seeds: { heads.map { Array($0.utf8) } + Fixtures.findings("request-head") },
        words: ["HTTP/1.1\r\n", "HTTP/1.0\r\n", "Host: ", "Content-Length: ", "Transfer-Encoding: ", "\r\n\r\n", "http://", "://"]
    ) { bytes in
        guard var head = try? RequestHead(bytes) else { return }
        expect(head.target == "*" || head.target.hasPrefix("/"), "a target that is neither a path nor a star")
        expect(head.headers.keys.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty }, "a name that is not lower-case")
        expect(head.contentLength.map { $0 >= 0 } ?? true, "a negative length")
        let fields = head.headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let written = "\(head.method) \(head.target) HTTP/1.\(head.isHTTP10 ? 0 : 1)\r\n\(fields)\r\n"
        // A list whose last part is empty ends with a space, which no field that is read ends with.
        head.headers = head.headers.mapValues { String($0.reversed().drop { $0 == " " }.reversed()) }
        expect((try? RequestHead(Array(written.utf8))) == head, "a head is another after it was written")
        _ = head.lists("upgrade", in: "connection")
    }

    /// Answer and status webhooks, whole requests: the fields are read, the signatures checked, the documents written.
    static let webhook = FuzzTarget(
        name: "webhook", seeds: { WebhookSeeds.all + Fixtures.findings("webhook") },
        words: [
            "CallSid=", "From=", "call_control_id", "CallUUID=", "CustomField=", "application/json",
            "application/x-www-form-urlencoded",
            "X-Twilio-Signature: ", "Telnyx-Signature-Ed25519: ", "Telnyx-Timestamp: ", "X-Plivo-Signature-V3: ",
            "X-Plivo-Signature-V3-Nonce: ", "Authorization: Bearer ", "body=", "bot=",
        ], longest: 8_192
    ) { bytes in
        guard let request = WebhookSeeds.request(bytes) else { return }
        let target = Target(request.target)
        _ = StreamPath(target.path, providers: Provider.all.map(\.name))
        for dialect in Provider.all {
            let signed = SignedRequest(
                method: request.method, origin: "https://a.example", target: request.target, headers: request.headers,
                body: request.body, unixTime: 1_900_000_000)
            let checks = [
                dialect.check(webhook: signed, WebhookSeeds.settings, WebhookSeeds.cryptography),
                dialect.check(upgrade: signed, WebhookSeeds.settings, WebhookSeeds.cryptography),
            ]
            expect(!checks.contains(.valid), "a signature that nobody made is valid")
            guard let fields = try? FormFields.all(request) else { continue }
            let webhook = Webhook(fields: fields, dialect: dialect)
            let document = dialect.answer(
                AnswerRequest(
                    streamURL: "wss://a.example/ws/token.mac", from: webhook.caller.from, to: webhook.caller.to, fields: fields))
            if document.contentType.contains("json") {
                expect((try? JSONValue(parsing: Array(document.text.utf8))) != nil, "\(dialect.name)'s answer is no JSON")
            } else if document.text.utf8.count <= XMLReader.documentLimit {
                let root = try? XMLReader.read(Array(document.text.utf8))
                expect(root?.name == "Response", "\(dialect.name)'s answer is no XML")
                expect(root?.children.count == 1, "\(dialect.name)'s answer does not hold one verb")
            }
        }
    }

    /// Tokens: nothing that was not minted is accepted, and claims with a right MAC cannot do harm either.
    static let streamToken = FuzzTarget(
        name: "stream-token",
        seeds: {
            [
                #"{"p":"twilio","c":"CA1","b":"drill","e":1900000100,"n":"00"}"#, #"{"p":"vonage","e":1e300,"n":""}"#, "AA.AA",
                "eyJwIjoidHdpbGlvIn0.AAAA",
            ].map { Array($0.utf8) } + Fixtures.findings("stream-token")
        }, words: ["\"p\":", "\"e\":", "\"n\":", "\"c\":", "."], longest: 1_024
    ) { bytes in
        let tokens = StreamTokens(secret: Secret("fuzz"), WebhookSeeds.cryptography)
        expect(
            (try? tokens.verify(String(decoding: bytes, as: UTF8.self), unixTime: 0)) == nil, "a token that nobody made is accepted"
        )
        let mac = WebhookSeeds.cryptography.hmacSHA256(bytes, key: Array("fuzz".utf8))
        let signed = Base64.urlText(bytes) + "." + Base64.urlText(mac)
        guard let token = try? tokens.verify(signed, unixTime: 1_900_000_000) else { return }
        expect(token.expires >= 1_900_000_000, "a token that has expired is accepted")
        let start = StreamStart(provider: token.provider, callID: token.callID)
        _ = try? tokens.spend(token, for: start, unixTime: 1_900_000_000)
        expect((try? tokens.verify(signed, unixTime: 1_900_000_000)) == nil, "a token is good twice")
    }
}

private enum WebhookSeeds {
    static let cryptography = OpenSSLCryptography()
    static let settings = ProviderSettings(
        Dictionary(
            uniqueKeysWithValues: [
                ("TWILIO_ACCOUNT_SID", "AC00"), ("TWILIO_AUTH_TOKEN", "a-secret"), ("PLIVO_AUTH_ID", "MA00"),
                ("PLIVO_AUTH_TOKEN", "a-secret"), ("TELNYX_PUBLIC_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
                ("EXOTEL_STREAM_USER", "user"), ("EXOTEL_STREAM_PASSWORD", "a-secret"), ("VONAGE_SIGNATURE_SECRET", "a-secret"),
                ("VONAGE_APPLICATION_ID", "app"), ("TELNYX_STREAM_AUTH_TOKEN", "a-secret"),
            ].map { ($0.0, Secret($0.1)) }))

    /// - Returns: `nil` when the bytes are no head with a body behind it.
    static func request(_ bytes: [UInt8]) -> IncomingRequest? {
        let end = bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == [13, 10, 13, 10] }
        guard let end, let head = try? RequestHead(Array(bytes[..<(end + 4)])) else { return nil }
        return IncomingRequest(
            method: head.method, target: head.target, headers: head.headers, body: Array(bytes[(end + 4)...]))
    }

    static var all: [[UInt8]] {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n"
        let json = "Content-Type: application/json\r\n"
        let bodies = [
            (form, "CallSid=CA1&AccountSid=AC1&From=%2B15005550006&To=%2B15005550010&Direction=inbound&CallStatus=ringing"),
            (form, "CallUUID=u-1&From=15005550006&To=15005550010&Event=StartApp&CallStatus=in-progress"),
            (form, "CallControlId=v3%3Aa&CallSid=v3%3Aa&From=%2B15005550006&To=%2B15005550010&body=eyJhIjoxfQ"),
            (json, #"{"from":"15005550006","to":"15005550010","uuid":"u-1","conversation_uuid":"CON-1","n":1.5,"b":true}"#),
            ("", ""),
        ]
        let proofs = [
            "X-Twilio-Signature: AAAA\r\n", "Telnyx-Signature-Ed25519: AAAA\r\nTelnyx-Timestamp: 1900000000\r\n",
            "X-Plivo-Signature-V3: AAAA\r\nX-Plivo-Signature-V3-Nonce: 1\r\n", "Authorization: Basic dXNlcjpwYXNz\r\n",
            "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE5MDAwMDAwMDB9.AAAA\r\n",
        ]
        return zip(bodies, proofs).map { body, proof in
            Array("POST /answer/twilio?bot=echo&a=1 HTTP/1.1\r\nHost: a.example\r\n\(body.0)\(proof)\r\n\(body.1)".utf8)
        }
    }
}
