import Bots
import Call
import Foundation
import Providers
import Testing

@testable import Server

@Suite struct HangUpTests {
    private func server(_ double: RESTDouble) throws -> TestServer {
        try TestServer {
            $0.bots = BotCatalog([GoodbyeBot(), SpyBot(name: "patient", box: CallBox())])
            $0.bot = "goodbye"
            $0.limits.confirmation = .milliseconds(10)
            $0.settings = ProviderSettings([
                "TWILIO_ACCOUNT_SID": Secret("AC1"), "TWILIO_AUTH_TOKEN": Secret("token-1"), "TWILIO_API_BASE": Secret(double.base),
            ])
        }
    }

    private func goodbye(_ server: TestServer, call: String = "CA1") throws {
        let socket = try TestWebSocket(port: server.port, target: "/ws/twilio")
        try socket.send(TwilioWire.start(call: call))
        #expect(try socket.receiveJSON()["event"] as? String == "media")
        #expect(try socket.closeCode() == 1000)
    }

    @Test func `when the bot ends a call the paid leg is ended too`() throws {
        let double = try RESTDouble([(200, "{}")])
        defer { double.stop() }
        let server = try server(double)
        try goodbye(server)
        let request = try #require(double.next())
        #expect(request.method == "POST")
        #expect(request.target == "/2010-04-01/Accounts/AC1/Calls/CA1.json")
        #expect(String(decoding: request.body, as: UTF8.self) == "Status=completed")
        #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
        #expect(request.headers["authorization"] == "Basic " + Data("AC1:token-1".utf8).base64EncodedString())
        #expect(!server.log.text.contains("token-1"))
    }

    @Test func `a fault of the moment is tried once more, and no third time`() throws {
        let double = try RESTDouble([(503, "{}")])
        defer { double.stop() }
        let server = try server(double)
        try goodbye(server)
        #expect(double.next() != nil)
        #expect(double.next() != nil)
        // The request of another call is the next one to come: there was no third try.
        try goodbye(server, call: "CA9")
        #expect(double.next()?.target.contains("CA9") == true)
    }

    @Test func `a server that stops ends the paid legs of its calls`() throws {
        let double = try RESTDouble([(200, "{}")])
        defer { double.stop() }
        let server = try server(double)
        let socket = try TestWebSocket(port: server.port, target: "/ws/twilio?bot=patient")
        try socket.send(TwilioWire.start(call: "CA3"))
        try socket.send(TwilioWire.media(TwilioWire.frame(1), chunk: 1))
        while !server.log.contains("call started") {
            #expect(try TestHTTP("GET", "/healthz", port: server.port).status == 200)
        }
        server.server.stop()
        #expect(try socket.closeCode() == 1001)
        #expect(double.next()?.target.contains("CA3") == true)
        #expect(server.log.contains("paid leg ended"))
    }

    @Test func `when the caller hangs up nothing is asked of the provider`() throws {
        let double = try RESTDouble([(200, "{}")])
        defer { double.stop() }
        let server = try server(double)
        let socket = try TestWebSocket(port: server.port, target: "/ws/twilio?bot=patient")
        try socket.send(TwilioWire.start(call: "CA2"))
        try socket.send(TwilioWire.stop)
        #expect(try socket.closeCode() == 1000)
        try goodbye(server, call: "CA9")
        #expect(double.next()?.target.contains("CA9") == true)
    }
}
