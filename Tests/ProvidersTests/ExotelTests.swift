import Call
import Foundation
import LibCrypto
import Providers
import Testing
import Wire

@Suite struct `Exotel's answer, upgrade and hang-up` {
    let exotel = ExotelDialect()
    let cryptography = OpenSSLCryptography()
    let settings = ProviderSettings(["EXOTEL_STREAM_USER": Secret("user"), "EXOTEL_STREAM_PASSWORD": Secret("pass:word")])

    @Test func `the answer is the document in TwiML`() throws {
        let file = Transcript.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "TwiML/exotel.json")
        let expected = try String(contentsOf: file, encoding: .utf8)
            .replacing("{{host}}", with: "bot.example.test").replacing("{{token}}", with: "abc.def")
        let answer = exotel.answer(AnswerRequest(streamURL: "wss://bot.example.test/ws/abc.def", from: PhoneNumber("09000000001")))
        #expect(answer == AnswerDocument(contentType: "application/json", text: expected))
    }

    @Test func `in Pipecat's shape its runner's members come with the address`() throws {
        let answer = exotel.answer(AnswerRequest(streamURL: "wss://h/ws/t", shape: .pipecat))
        let value = try JSONValue(parsing: Array(answer.text.utf8))
        #expect(value["websocket_url"]?.string == "wss://h/ws/t")
        #expect(value["url"]?.string == "wss://h/ws/t")
        #expect(value["error"]?.string != nil)
        #expect(value["note"]?.string != nil)
    }

    @Test func `the stream address is escaped`() throws {
        let answer = exotel.answer(AnswerRequest(streamURL: "wss://h/\",\"x\":\""))
        #expect(try JSONValue(parsing: Array(answer.text.utf8)) == .object(["url": .string("wss://h/\",\"x\":\"")]))
    }

    func upgrade(_ authorization: String?) -> SignedRequest {
        SignedRequest(
            method: "GET", origin: "wss://h", target: "/ws/t", headers: authorization.map { ["authorization": $0] } ?? [:],
            unixTime: 0)
    }

    @Test(arguments: ["Basic dXNlcjpwYXNzOndvcmQ=", "basic dXNlcjpwYXNzOndvcmQ=", "BASIC  dXNlcjpwYXNzOndvcmQ="])
    func `the stream user and password open the socket`(authorization: String) {
        #expect(exotel.check(upgrade: upgrade(authorization), settings, cryptography) == .valid)
    }

    @Test(arguments: [
        nil, "", "Basic", "Basic ", "Basic dXNlcjpwYXNz", "Bearer dXNlcjpwYXNzOndvcmQ=", "Basic dXNlcjpwYXNzOndvcmQ==",
    ])
    func `anything else does not`(authorization: String?) {
        guard case .invalid = exotel.check(upgrade: upgrade(authorization), settings, cryptography) else {
            Issue.record("accepted \(authorization ?? "nothing")")
            return
        }
    }

    @Test func `half of the credentials is not none`() {
        let half = ProviderSettings(["EXOTEL_STREAM_USER": Secret("user")])
        guard case .invalid = exotel.check(upgrade: upgrade(nil), half, cryptography) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func `without credentials nothing is checked, and webhooks never are`() {
        #expect(exotel.check(upgrade: upgrade(nil), ProviderSettings(), cryptography) == .notConfigured)
        #expect(exotel.check(webhook: upgrade(nil), settings, cryptography) == .notConfigured)
    }

    @Test func `there is no hang-up request`() {
        let stream = StreamStart(provider: exotel.name, callID: "c")
        #expect(exotel.hangUp(stream, ProviderSettings(["EXOTEL_API_KEY": Secret("k")]), cryptography, unixTime: 0) == nil)
    }
}
