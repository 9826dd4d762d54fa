import Audio
import Call
import Foundation
import LibCrypto
import Providers
import Testing

@Suite struct `Telnyx's answer, signatures and hang-up` {
    let telnyx = TelnyxDialect()
    let cryptography = OpenSSLCryptography()

    // MARK: Answer and formats

    @Test func `the answer is the document in TwiML`() throws {
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "TwiML/telnyx.xml")
        let expected = try String(contentsOf: file, encoding: .utf8)
            .replacing("{{host}}", with: "bot.example.test").replacing("{{token}}", with: "abc.def")
        let request = AnswerRequest(
            streamURL: "wss://bot.example.test/ws/abc.def", from: PhoneNumber("\"><Dial>"), fields: ["From": "<x>"])
        #expect(telnyx.answer(request) == AnswerDocument(contentType: "application/xml", text: expected))
    }

    @Test(arguments: [
        (MediaFormat(.aLaw, .hz8000), #"bidirectionalCodec="PCMA"></Stream>"#, "1Q=="),
        (MediaFormat(.linear16, .hz16000), #"bidirectionalCodec="L16" bidirectionalSamplingRate="16000"></Stream>"#, "AAA="),
    ])
    func `another outbound format is asked for and sent`(format: MediaFormat, ending: String, payload: String) throws {
        let dialect = TelnyxDialect(outbound: format)
        #expect(dialect.answer(AnswerRequest(streamURL: "wss://h/ws/a&b")).text.contains(#"url="wss://h/ws/a&amp;b""#))
        #expect(dialect.answer(AnswerRequest(streamURL: "wss://h")).text.contains(ending))
        var serializer = try `Streams of Twilio and Telnyx`.started(dialect)
        #expect(serializer.playout == .frames(at: format.rate, keys: .request))
        var message = MessageBuffer()
        serializer.encode(audio: ([0] as [Int16]).span, into: &message)
        #expect(message.text == #"{"event":"media","media":{"payload":"\#(payload)"}}"#)
    }

    @Test(arguments: [(LinearPCM.ByteOrder.littleEndian, "NBI=", [Int16(0x3412)]), (.bigEndian, "EjQ=", [0x1234])])
    func `L16 has the byte order that is configured, both ways`(order: LinearPCM.ByteOrder, sent: String, heard: [Int16]) throws {
        for encoding in [MediaEncoding.linear16, .linear16BigEndian] {
            var serializer = TelnyxDialect(outbound: MediaFormat(encoding, .hz16000), linear16: order).makeSerializer()
            let start = #"{"event":"start","stream_id":"s","start":{"media_format":{"encoding":"L16","sample_rate":16000}}}"#
            _ = Transcript.outcome(of: Array(start.utf8), .text, &serializer)
            let media = Array(#"{"event":"media","media":{"payload":"EjQ="}}"#.utf8)
            #expect(Transcript.outcome(of: media, .text, &serializer) == ["= audio 16000 Hz \(heard[0])"])
            var message = MessageBuffer()
            serializer.encode(audio: ([0x1234] as [Int16]).span, into: &message)
            #expect(message.text == #"{"event":"media","media":{"payload":"\#(sent)"}}"#)
        }
    }

    // MARK: Signatures. Vectors computed with Telnyx's Python SDK 4.189.

    static let settings = ProviderSettings(["TELNYX_PUBLIC_KEY": Secret("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")])
    static let body = #"{"data":{"event_type":"call.initiated","id":"00000000-0000-4000-8000-000000000001"}}"#
    static let signature = "XHIFTcrsH0r73XPzU93goUB+wfqPiWIzk1NM7UXo3QXPU/u6Dqpwb0jUgZuGimBc9uJFE4UP3PkEdB5NlSi3Dg=="

    private func check(
        _ signature: String? = signature, time: String? = "1700000000", body: String = body, now: Int64 = 1_700_000_000,
        method: String = "POST", target: String = "/answer/telnyx", settings: ProviderSettings = settings
    ) -> SignatureCheck {
        var headers: [String: String] = [:]
        headers["telnyx-signature-ed25519"] = signature
        headers["telnyx-timestamp"] = time
        return telnyx.check(
            webhook: SignedRequest(
                method: method, origin: "https://h", target: target, headers: headers, body: Array(body.utf8), unixTime: now),
            settings, cryptography)
    }

    private func isInvalid(_ check: SignatureCheck) -> Bool { if case .invalid = check { true } else { false } }

    @Test func `a signed webhook holds for five minutes either way`() {
        for shift in [-300, -1, 0, 1, 300] as [Int64] { #expect(check(now: 1_700_000_000 + shift) == .valid) }
        for shift in [-301, 301, .min / 2, .max / 2] as [Int64] { #expect(isInvalid(check(now: 1_700_000_000 &+ shift))) }
        #expect(isInvalid(check(now: .min)))
    }

    @Test func `a changed webhook is refused`() {
        #expect(isInvalid(check(body: Self.body + " ")))
        #expect(isInvalid(check(body: "")))
        for time in ["1700000001", "01700000000", "", "+1700000000", "1700000000 ", "9999999999999999999999", "x"] {
            #expect(isInvalid(check(time: time)))
        }
        for signature in ["", "AAAA", String(Self.signature.dropLast(4)), "YHIF" + Self.signature.dropFirst(4), "é"] {
            #expect(isInvalid(check(signature)))
        }
        #expect(isInvalid(check(nil)))
        #expect(isInvalid(check(time: nil)))
    }

    @Test func `the query of a GET could be anybody's`() {
        #expect(isInvalid(check(body: "", method: "GET", target: "/answer/telnyx?From=1")))
        #expect(check(target: "/answer/telnyx?body=e30") == .valid)
    }

    @Test func `without a key nothing is checked and a broken one is named`() {
        #expect(check(settings: ProviderSettings()) == .notConfigured)
        for key in ["AAAA", "☎", "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=AAAA"] {
            guard case .invalid(let sentence) = check(settings: ProviderSettings(["TELNYX_PUBLIC_KEY": Secret(key)])) else {
                Issue.record("\(key) is taken")
                continue
            }
            #expect(sentence.contains("TELNYX_PUBLIC_KEY") && !sentence.contains(key))
        }
    }

    @Test(arguments: [("made-up", SignatureCheck.valid), (nil, nil), ("", nil), ("made-uq", nil), ("made-up2", nil)])
    func `the upgrade carries the stream's token`(given: String?, expected: SignatureCheck?) {
        var headers: [String: String] = [:]
        headers["x-telnyx-streaming-auth-token"] = given
        let request = SignedRequest(method: "GET", origin: "wss://h", target: "/ws/t", headers: headers, unixTime: 0)
        let settings = ProviderSettings(["TELNYX_STREAM_AUTH_TOKEN": Secret("made-up")])
        let check = telnyx.check(upgrade: request, settings, cryptography)
        #expect(expected.map { $0 == check } ?? isInvalid(check))
        #expect(telnyx.check(upgrade: request, Self.settings, cryptography) == .notConfigured)
    }

    // MARK: Hang-up

    private func hangUp(_ settings: [String: String], call: String?) -> HTTPRequest? {
        telnyx.hangUp(
            StreamStart(provider: telnyx.name, callID: call), ProviderSettings(settings.mapValues { Secret($0) }), cryptography,
            unixTime: 0)
    }

    @Test(arguments: [
        (nil, "https://api.telnyx.com/v2/"), ("http://127.0.0.1:9/", "http://127.0.0.1:9/v2/"), ("https://h/v2", "https://h/v2/"),
        ("https://h/v2/", "https://h/v2/"),
    ])
    func `the paid leg is ended by its escaped id`(base: String?, start: String) throws {
        var settings = ["TELNYX_API_KEY": "KEY1"]
        settings["TELNYX_API_BASE"] = base
        let request = try #require(hangUp(settings, call: "v3:made-up_ID"))
        #expect(request.method == .post && request.body == Array("{}".utf8))
        #expect(request.url == start + "calls/v3%3Amade-up_ID/actions/hangup")
        #expect(
            request.headers.map { "\($0.name): \($0.value.exposed)" } == [
                "Authorization: Bearer KEY1", "Content-Type: application/json",
            ])
    }

    @Test(arguments: [nil, "", "v3:a/b", "../x", "a?b", "a#b", "a%2Fb", "a b", "é", "a\r\nb", String(repeating: "a", count: 513)])
    func `an id that could leave its path segment ends nothing`(call: String?) {
        #expect(hangUp(["TELNYX_API_KEY": "k"], call: call) == nil)
    }

    @Test func `dots do not climb and without a key there is no request`() throws {
        #expect(try #require(hangUp(["TELNYX_API_KEY": "k"], call: "..")).url.contains("/calls/%2E%2E/actions"))
        #expect(hangUp([:], call: "v3:x") == nil)
    }

    @Test(arguments: [
        (200, #"{"data":{"result":"ok"}}"#, HangUpOutcome.ended), (422, #"{"errors":[{"code":"90018"}]}"#, .ended),
        (422, #"{"errors":[{"code":"1"},{"code":90018}]}"#, .ended),
        (422, #"{"errors":[{"code":"90015"}]}"#, .failed("Telnyx answered 422, code 90015")),
        (422, #"{"errors":{}}"#, .failed("Telnyx answered 422")),
        (404, #"{"errors":[{"code":"90018"}]}"#, .failed("Telnyx answered 404, code 90018")),
        (401, #"{"errors":[{"code":"secret words"}]}"#, .failed("Telnyx answered 401")), (500, "", .retry), (502, "x", .retry),
    ])
    func `an answer means what Telnyx documents`(status: Int, body: String, outcome: HangUpOutcome) {
        #expect(telnyx.outcome(ofHangUp: HTTPResponse(status: status, body: Array(body.utf8))) == outcome)
    }
}
