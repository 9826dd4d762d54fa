import Call
import Foundation
import LibCrypto
import Testing
import Wire

@testable import Server

@Suite struct StreamTokenTests {
    let tokens = StreamTokens(secret: Secret("a secret"), OpenSSLCryptography())
    let start = StreamStart(provider: ProviderName("twilio"), callID: "CA1")

    @Test func `a token opens one stream, once`() throws {
        let text = tokens.mint(ProviderName("twilio"), callID: "CA1", Webhook(), unixTime: 1_000)
        let token = try tokens.verify(text, unixTime: 1_010)
        #expect(throws: Never.self) { try tokens.spend(token, for: start, unixTime: 1_010) }
        #expect(throws: StreamTokens.Refusal.spent) { try tokens.spend(token, for: start, unixTime: 1_011) }
        #expect(throws: StreamTokens.Refusal.spent) { try tokens.verify(text, unixTime: 1_011) }
    }

    @Test func `a handshake does not spend the token, because providers retry it`() throws {
        let text = tokens.mint(ProviderName("twilio"), callID: nil, Webhook(), unixTime: 1_000)
        for _ in 1...3 { #expect(throws: Never.self) { try tokens.verify(text, unixTime: 1_001) } }
    }

    @Test func `a token is worth nothing after 120 seconds`() throws {
        let text = tokens.mint(ProviderName("twilio"), callID: nil, Webhook(), unixTime: 1_000)
        #expect(throws: Never.self) { try tokens.verify(text, unixTime: 1_120) }
        #expect(throws: StreamTokens.Refusal.expired) { try tokens.verify(text, unixTime: 1_121) }
    }

    @Test func `a token of another secret is refused`() throws {
        let other = StreamTokens(secret: Secret("another secret"), OpenSSLCryptography())
        let text = other.mint(ProviderName("twilio"), callID: nil, Webhook(), unixTime: 1_000)
        #expect(throws: StreamTokens.Refusal.forged) { try tokens.verify(text, unixTime: 1_000) }
    }

    @Test func `a token with one changed character is refused`() throws {
        let text = tokens.mint(ProviderName("twilio"), callID: "CA1", Webhook(), unixTime: 1_000)
        for index in text.indices where text[index] != "." {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            // The last character of a base64 text may carry bits that mean nothing.
            if (try? tokens.verify(changed, unixTime: 1_000)) != nil { #expect(text.index(after: index) == text.endIndex) }
        }
    }

    @Test(arguments: ["", ".", "a", "a.b.c", "....", "%.%", "e30.e30"])
    func `what is no token is refused without a word of its content`(text: String) {
        #expect(throws: StreamTokens.Refusal.self) { try tokens.verify(text, unixTime: 1_000) }
    }

    @Test func `claims with a right signature whose expiry is no moment are malformed`() throws {
        let finding = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/fuzz/stream-token/expiry-past-64-bits")
        let claims = Array(try Data(contentsOf: finding))
        let mac = OpenSSLCryptography().hmacSHA256(claims, key: Array("a secret".utf8))
        let text = Base64.urlText(claims) + "." + Base64.urlText(mac)
        #expect(throws: StreamTokens.Refusal.malformed) { try tokens.verify(text, unixTime: 1_000) }
    }

    @Test func `a token is bound to its provider and to the call that the webhook named`() throws {
        let token = try tokens.verify(
            tokens.mint(ProviderName("twilio"), callID: "CA1", Webhook(), unixTime: 1_000), unixTime: 1_000)
        var other = start
        other.callID = "CA2"
        #expect(throws: StreamTokens.Refusal.otherCall) { try tokens.spend(token, for: other, unixTime: 1_000) }
        other = StreamStart(provider: ProviderName("plivo"), callID: "CA1")
        #expect(throws: StreamTokens.Refusal.otherProvider) { try tokens.spend(token, for: other, unixTime: 1_000) }
        #expect(throws: Never.self) { try tokens.spend(token, for: start, unixTime: 1_000) }
    }

    @Test func `what the webhook said waits for the stream`() throws {
        var webhook = Webhook()
        webhook.fields = ["CallSid": "CA1", "tenant": "t-42"]
        let token = try tokens.verify(
            tokens.mint(ProviderName("twilio"), callID: "CA1", webhook, unixTime: 1_000), unixTime: 1_000)
        #expect(try tokens.spend(token, for: start, unixTime: 1_000)?.fields["tenant"] == "t-42")
    }

    @Test func `webhooks whose stream never comes are forgotten, the oldest first`() throws {
        let first = tokens.mint(ProviderName("twilio"), callID: nil, Webhook(), unixTime: 1_000)
        for _ in 0..<StreamTokens.mostPending { _ = tokens.mint(ProviderName("twilio"), callID: nil, Webhook(), unixTime: 1_000) }
        let token = try tokens.verify(first, unixTime: 1_000)
        #expect(try tokens.spend(token, for: start, unixTime: 1_000) == nil)
    }
}
