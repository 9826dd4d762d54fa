import Call
import Foundation
import Testing

@testable import Server

@Suite struct AccessTests {
    @Test func `without a key the control routes answer this machine`() throws {
        let server = try TestServer()
        #expect(try TestHTTP("GET", "/calls", port: server.port).status == 200)
        #expect(try TestHTTP("GET", "/calls", port: server.port, host: "localhost:\(server.port)").status == 200)
        #expect(try TestHTTP("GET", "/calls", port: server.port, host: "[::1]:\(server.port)").status == 200)
    }

    @Test(arguments: [
        ("Forwarded", "for=1.2.3.4"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "a.example"),
        ("Via", "1.1 proxy"), ("Origin", "http://localhost:3000"),
    ])
    func `without a key a request that came through a proxy or from a page is refused`(name: String, value: String) throws {
        let server = try TestServer()
        for target in ["/calls", "/calls/call-1"] {
            let answer = try TestHTTP("GET", target, port: server.port, headers: [(name, value)])
            #expect(answer.status == 403)
            #expect(answer.errorCode == "forbidden")
            #expect(answer.body.contains("TRUNKLINE_API_KEY"))
        }
        let refusal = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: server.port, headers: [(name, value)]) }
        #expect(refusal?.status == 403)
    }

    @Test(arguments: ["voice.example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", ""])
    func `without a key a Host that is not this machine is refused`(host: String) throws {
        let server = try TestServer()
        let status = try TestHTTP("GET", "/calls", port: server.port, host: host).status
        #expect(status == 403 || (host.isEmpty && status == 400))
    }

    @Test func `with -x nothing passes without a key, a token or a signature`() throws {
        let server = try TestServer { $0.publicHost = "voice.example.com" }
        #expect(try TestHTTP("GET", "/calls", port: server.port).status == 403)
        let refusal = #expect(throws: TestWebSocket.Refused.self) { try TestWebSocket(port: server.port) }
        #expect(refusal?.status == 403)
        #expect(refusal?.body.contains("stream token") == true)
    }

    @Test func `with a key the control routes ask for it`() throws {
        let server = try TestServer {
            $0.apiKey = Secret("key-1")
            $0.publicHost = "voice.example.com"
        }
        #expect(try TestHTTP("GET", "/calls", port: server.port).status == 401)
        #expect(try TestHTTP("GET", "/calls", port: server.port, headers: [("Authorization", "Bearer key-2")]).status == 401)
        #expect(try TestHTTP("GET", "/calls", port: server.port, headers: [("Authorization", "Basic key-1")]).status == 401)
        #expect(try TestHTTP("GET", "/calls", port: server.port, headers: [("Authorization", "Bearer key-1")]).status == 200)
        #expect(!server.log.text.contains("key-"))
    }

    @Test func `health needs no key`() throws {
        let server = try TestServer { $0.apiKey = Secret("key-1") }
        let health = try TestHTTP("GET", "/healthz", port: server.port)
        #expect(health.status == 200)
        #expect(health.json["status"] as? String == "ok")
    }
}
