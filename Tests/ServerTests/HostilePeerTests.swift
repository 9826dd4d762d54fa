import Call
import Foundation
import LibCrypto
import Testing

@testable import Server

/// What a peer can make the server keep, write and believe.
@Suite struct HostilePeerTests {
    private static let telnyxStart =
        #"{"event":"start","stream_id":"s","start":{"call_control_id":"c","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#

    @Test func `the line about a broken message names provider, call and place, never the content`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(Self.telnyxStart)
        try socket.send(#"{"event":"media","media":{"payload":"secret%%"}}"#)
        try socket.close()
        _ = try socket.closeCode()
        server.server.stop()
        let line = try #require(server.log.text.split(separator: "\n").first { $0.contains("broken message") })
        #expect(line.contains("media.payload is not valid base64"))
        #expect(line.contains("call=call-"))
        #expect(line.contains("provider=telnyx"))
        #expect(!server.log.contains("secret"))
    }

    @Test func `a provider that reports errors without end fills no log`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(Self.telnyxStart)
        for _ in 1...200 { try socket.send(#"{"event":"error","payload":{"code":"\#(String(repeating: "9", count: 5_000))"}}"#) }
        try socket.close()
        _ = try socket.closeCode()
        server.server.stop()
        let lines = server.log.text.split(separator: "\n").filter { $0.contains("reports an error") }
        #expect((1...20).contains(lines.count))
        #expect(lines.allSatisfy { $0.utf8.count < 1_000 })
    }

    @Test(arguments: ["\n", "\r", "\u{0}", "\u{1B}[2J", "\u{85}", "\u{9B}", "\u{2028}", "\u{2029}", "\u{202E}"])
    func `no value and no sentence starts a new line or moves the reader's eye`(trick: String) {
        let log = TestLog()
        let logger = Logger(level: .debug, format: .text, write: { log.append($0) })
        logger.log(.info, "bot: a\(trick)2026 INFO forged", call: "c", ["id": "a\(trick)b"])
        logger.flush()
        let scalars = log.text.unicodeScalars.dropLast()
        #expect(!trick.unicodeScalars.prefix(1).contains { scalars.contains($0) })
    }

    @Test func `a close reason is cut between characters`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start(parameters: #"{"bot":"x\#(String(repeating: "é", count: 100))"}"#))
        let (code, reason) = try socket.receiveClose()
        #expect(code == 1008)
        #expect(String(validating: reason, as: UTF8.self) != nil)
        #expect(reason.count <= 123 && reason.count > 100)
    }

    @Test func `a token that is bound to a call opens no stream without a call id`() throws {
        let tokens = StreamTokens(secret: nil, OpenSSLCryptography())
        let token = try tokens.verify(tokens.mint(ProviderName("vonage"), callID: "u", Webhook(), unixTime: 1), unixTime: 1)
        let silent = StreamStart(provider: ProviderName("vonage"), callID: nil)
        #expect(throws: StreamTokens.Refusal.otherCall) { try tokens.spend(token, for: silent, unixTime: 1) }
    }

    @Test func `webhooks whose stream never comes hold a bounded memory, and the newest keep their fields`() throws {
        let tokens = StreamTokens(secret: nil, OpenSSLCryptography())
        var webhook = Webhook()
        webhook.fields = ["From": String(repeating: "1", count: 60_000)]
        var last = ""
        for _ in 0..<3_000 { last = tokens.mint(ProviderName("exotel"), callID: nil, webhook, unixTime: 1) }
        #expect(tokens.pendingMemory <= StreamTokens.mostPendingBytes)
        #expect(tokens.pendingMemory > StreamTokens.mostPendingBytes / 2)
        let start = StreamStart(provider: ProviderName("exotel"))
        let kept = try tokens.spend(tokens.verify(last, unixTime: 1), for: start, unixTime: 1)
        #expect(kept?.fields["From"]?.count == 60_000)
    }

    @Test(arguments: [
        "127.0.0.1@evil", "127.0.0.1:80@evil.com", "localhost:x.evil.com", "[::1].evil.com", "[::1]evil", "127.0.0.+1", "127.1",
        "localhost.", "127.0.0.1.", "[::ffff:127.0.0.1]", "localhost,evil",
    ])
    func `a Host that only looks like this machine is refused`(host: String) throws {
        let server = try TestServer()
        #expect([400, 403].contains(try TestHTTP("GET", "/calls", port: server.port, host: host).status))
    }

    @Test(arguments: [("X-Real-IP", "1.2.3.4"), ("CF-Connecting-IP", "1.2.3.4"), ("Sec-Fetch-Site", "cross-site")])
    func `a request that a proxy or a page has marked as its own is refused`(name: String, value: String) throws {
        let server = try TestServer()
        #expect(try TestHTTP("GET", "/calls", port: server.port, headers: [(name, value)]).status == 403)
        #expect(try TestHTTP("GET", "/calls", port: server.port, headers: [("Sec-Fetch-Site", "none")]).status == 200)
    }
}
