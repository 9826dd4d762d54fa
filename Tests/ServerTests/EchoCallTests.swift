import Foundation
import Testing

@Suite struct EchoCallTests {
    @Test func `a Twilio call hears every byte that it said, in order, with exactly the documented keys`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.connected)
        try socket.send(TwilioWire.start())
        for number in 1...50 {
            try socket.send(TwilioWire.media(TwilioWire.frame(number), chunk: number))
            let message = try socket.receiveJSON()
            #expect(Set(message.keys) == ["event", "streamSid", "media"])
            #expect(message["event"] as? String == "media")
            #expect(message["streamSid"] as? String == "MZ1")
            let media = try #require(message["media"] as? [String: Any])
            #expect(Set(media.keys) == ["payload"])
            let payload = try #require((media["payload"] as? String).flatMap { Data(base64Encoded: $0) })
            #expect(Array(payload) == TwilioWire.frame(number))
        }
        try socket.send(TwilioWire.stop)
        #expect(try socket.closeCode() == 1000)
    }

    @Test func `broken messages are reported and the stream goes on`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        try socket.send(TwilioWire.start())
        let broken = [
            "{", "[1]", "7", #"{"event":"media","media":null}"#, #"{"event":"media","streamSid":"MZ1","media":{}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":"%%%"}}"#, TwilioWire.start(),
        ]
        for message in broken { try socket.send(message) }
        try socket.send([1, 2, 3])
        try socket.send(TwilioWire.media(TwilioWire.frame(3), chunk: 3))
        let media = try #require(try socket.receiveJSON()["media"] as? [String: Any])
        #expect(media["payload"] as? String == Data(TwilioWire.frame(3)).base64EncodedString())

        let list = try TestHTTP("GET", "/calls", port: server.port)
        let id = try #require(((list.json["calls"] as? [[String: Any]])?.first)?["call_id"] as? String)
        let call = try TestHTTP("GET", "/calls/\(id)", port: server.port)
        #expect((call.json["counters"] as? [String: Any])?["broken_messages"] as? Int == broken.count + 2)
        #expect(server.log.contains("broken message: media.payload is not valid base64"))
        #expect(server.log.contains("call=\(id) provider=twilio"))
        #expect(!server.log.text.contains("%%%"))
    }

    @Test func `a socket on which nothing useful comes is closed with 1008`() throws {
        let server = try TestServer { $0.limits.start = .milliseconds(100) }
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.connected)
        #expect(try socket.closeCode() == 1008)
    }

    @Test func `a message over 64 KiB closes the call with 1009`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        try socket.send(String(repeating: "x", count: 65_537))
        #expect(try socket.closeCode() == 1009)
    }

    @Test func `the bot named in the URL answers, and an unknown one is refused before the upgrade`() throws {
        let server = try TestServer()
        _ = try TestWebSocket(port: server.port, target: "/ws?bot=echo")
        let refusal = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: server.port, target: "/ws?bot=nobody") }
        #expect(refusal?.status == 404)
        #expect(refusal?.body.contains("unknown_bot") == true)
    }

    @Test func `a stopping server closes its calls with 1001`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        _ = try socket.receive()
        server.server.stop()
        #expect(try socket.closeCode() == 1001)
        #expect(server.log.contains("termination=shutdown"))
    }
}
