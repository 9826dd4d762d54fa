import Call
import Foundation
import Testing

@testable import Server

@Suite struct RouteTests {
    @Test func `errors are JSON with the right status`() throws {
        let server = try TestServer()
        let unknown = try TestHTTP("GET", "/answer/acme", port: server.port)
        #expect(unknown.status == 404)
        #expect(unknown.errorCode == "unknown_provider")
        #expect(try TestHTTP("GET", "/nothing", port: server.port).errorCode == "not_found")
        #expect(try TestHTTP("GET", "/ws", port: server.port).status == 426)
        let wrong = try TestHTTP("PUT", "/answer/twilio", port: server.port, body: "")
        #expect(wrong.status == 405)
        #expect(wrong.header("Allow") == "GET, POST")
        #expect(wrong.errorCode == "method_not_allowed")
        #expect(try TestHTTP("BREW", "/healthz", port: server.port).status == 405)
        let large = try TestHTTP(
            "POST", "/answer/twilio", port: server.port, headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: String(repeating: "x", count: 65_537))
        #expect(large.status == 413)
        #expect(large.errorCode != nil)
    }

    @Test func `POST / answers only with -t`() throws {
        let without = try TestServer()
        #expect(try TestHTTP("POST", "/", port: without.port, body: "").status == 404)
        let server = try TestServer { $0.transport = ProviderName("plivo") }
        let answer = try TestHTTP("POST", "/", port: server.port, body: "")
        #expect(answer.status == 200)
        #expect(answer.body.contains("keepCallAlive=\"true\""))
    }

    @Test(arguments: ["twilio", "telnyx", "plivo", "exotel", "vonage"])
    func `an answer document opens a stream behind a proxy, once`(provider: String) throws {
        let server = try TestServer { $0.publicHost = "voice.example.com" }
        let path = try server.streamPath(provider)
        let headers = [("X-Forwarded-For", "203.0.113.7")]
        let socket = try TestWebSocket(port: server.port, target: path, headers: headers, host: "voice.example.com")
        try socket.send(Self.start(provider))
        if provider == "vonage" { try socket.send([UInt8](repeating: 1, count: 640)) }
        try socket.send(Self.ending(provider))
        _ = try? socket.closeCode()
        let again = #expect(throws: TestWebSocket.Refused.self) {
            try TestWebSocket(port: server.port, target: path, headers: headers, host: "voice.example.com")
        }
        #expect(again?.status == 403)
        #expect(again?.body.contains("has been used") == true)
    }

    /// Each provider's opening message, spelt by hand.
    static func start(_ provider: String) -> String {
        switch provider {
        case "twilio": TwilioWire.start()
        case "telnyx":
            #"{"event":"start","sequence_number":"1","stream_id":"s-1","start":{"call_control_id":"v3:1","from":"+15005550006","#
                + #""to":"+15005550010","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#
        case "plivo":
            #"{"event":"start","sequenceNumber":1,"start":{"callId":"c-1","streamId":"s-1","tracks":["inbound"],"#
                + #""mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":""}"#
        case "exotel":
            #"{"event":"start","sequence_number":"1","stream_sid":"s-1","start":{"stream_sid":"s-1","call_sid":"c-1","#
                + #""account_sid":"a","from":"09000000001","to":"08000000002","media_format":{"encoding":"audio/x-raw","#
                + #""sample_rate":"8000","bit_rate":"16"}}}"#
        default: #"{"event":"websocket:connected","content-type":"audio/l16;rate=16000","uuid":"u-1"}"#
        }
    }

    static func ending(_ provider: String) -> String {
        switch provider {
        case "vonage": #"{"event":"websocket:hangup"}"#
        default: #"{"event":"stop","sequenceNumber":9,"stop":{}}"#
        }
    }

    @Test func `a token of one provider does not open another's stream`() throws {
        let server = try TestServer()
        let path = try server.streamPath("plivo")
        let socket = try TestWebSocket(port: server.port, target: path)
        try socket.send(TwilioWire.start())
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        try socket.close()
        #expect(try socket.closeCode() == 1000)
        #expect(try TestHTTP("GET", "/calls", port: server.port).json["count"] as? Int == 0)
    }

    @Test func `fields of the webhook, the stream and the URL reach the bot`() throws {
        let box = CallBox()
        let server = try TestServer {
            $0.bots = $0.bots.adding(SpyBot(box: box))
            $0.bot = "spy"
        }
        let body = Data(#"{"name":"Ada?>~"}"#.utf8).base64EncodedString()
        let path = try server.streamPath("twilio", "CallSid=CA7&From=%2B15005550006&To=%2B15005550010&tenant=t+42&body=\(body)")
        let socket = try TestWebSocket(port: server.port, target: path + "?campaign=c%201")
        try socket.send(TwilioWire.start(call: "CA7", parameters: #"{"color":"green"}"#))
        try socket.send(TwilioWire.stop)
        _ = try socket.closeCode()
        let call = try #require(box.call)
        #expect(call.from?.exposed == "+15005550006")
        #expect(call.to?.exposed == "+15005550010")
        #expect(call.webhook["tenant"] == "t 42")
        #expect(call.parameters["color"] == "green")
        #expect(call.query["campaign"] == "c 1")
        #expect(call.body?["name"]?.string == "Ada?>~")
        #expect(!server.log.text.contains("15005550006"))
    }

    @Test func `a body that cannot be read is reported and the call goes on`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port, target: "/ws?body=e30x")
        try socket.send(TwilioWire.start())
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        _ = try socket.receiveJSON()
        let list = try TestHTTP("GET", "/calls", port: server.port)
        let call = try #require((list.json["calls"] as? [[String: Any]])?.first)
        #expect((call["body_error"] as? String)?.contains("body") == true)
        #expect(server.log.contains("body field was left out"))
    }

    @Test func `DELETE ends a call at once`() throws {
        let server = try TestServer()
        let socket = try TestWebSocket(port: server.port)
        try socket.send(TwilioWire.start())
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        _ = try socket.receiveJSON()
        let list = try TestHTTP("GET", "/calls", port: server.port)
        let id = try #require((list.json["calls"] as? [[String: Any]])?.first?["call_id"] as? String)
        #expect(try TestHTTP("DELETE", "/calls/\(id)", port: server.port).status == 200)
        #expect(try socket.closeCode() == 1000)
        let call = try TestHTTP("GET", "/calls/\(id)", port: server.port)
        #expect(call.json["termination"] as? String == "canceled")
        #expect(try TestHTTP("DELETE", "/calls/\(id)", port: server.port).status == 409)
        #expect(try TestHTTP("GET", "/calls/call-unknown", port: server.port).status == 404)
    }

    @Test func `more calls than --max-calls get 503`() throws {
        let server = try TestServer { $0.maximumCalls = 1 }
        let socket = try TestWebSocket(port: server.port)
        let refusal = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: server.port) }
        #expect(refusal?.status == 503)
        try socket.close()
        _ = try socket.closeCode()
    }
}
