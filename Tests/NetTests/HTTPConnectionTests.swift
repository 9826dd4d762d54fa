import Call
import Foundation
import Net
import Testing

@Suite(.serialized) struct HTTPConnectionTests {
    private func ask(_ text: String) throws -> String {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try bench.client()
        client.say(text)
        return client.readAll()
    }

    private func status(_ answer: String) -> String { String(answer.prefix { $0 != "\r" }) }

    @Test func `a request is answered and the connection closed`() throws {
        let answer = try ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("\r\nconnection: close\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nGET /a 0"))
    }

    @Test func `the target arrives exactly as it was sent`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let target = "/a//b/../c%2F?x=%2B+&y"
        let client = try bench.client()
        client.say("POST \(target) HTTP/1.1\r\nHost: x\r\nX-Sign: one\r\nX-Sign: two\r\nContent-Length: 3\r\n\r\nabc")
        _ = client.readAll()
        let socket = try bench.client()
        socket.say(RawClient.handshake(target))
        _ = socket.read(through: "\r\n\r\n")
        let requests = bench.requests.wait(2)
        #expect(requests.map(\.target) == [target, target])
        #expect(requests.first?.headers["x-sign"] == "one, two")
        #expect(requests.first?.body == Array("abc".utf8))
        #expect(requests.first?.peer == "127.0.0.1")
        #expect(requests.first?.localPort == bench.port)
        #expect(requests.first?.isSecure == false)
    }

    @Test(arguments: [
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), ("PRI * HTTP/2.0\r\n\r\n", 505), ("GET /\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: x\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /\u{1} HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 405), ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 417),
        ("GET /" + String(repeating: "a", count: 17_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    ])
    func `a bad request is refused in JSON`(request: String, status expected: Int) throws {
        let answer = try ask(request)
        #expect(answer.hasPrefix("HTTP/1.1 \(expected) "), "\(answer)")
        #expect(answer.contains("content-type: application/json"))
        let body = answer.components(separatedBy: "\r\n\r\n").last ?? ""
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: String]])
        #expect(json["error"]?["code"]?.isEmpty == false)
    }

    @Test func `an unknown method is told what is allowed`() throws {
        #expect(try ask("BREW / HTTP/1.1\r\nHost: x\r\n\r\n").contains("\r\nallow: GET, HEAD, POST"))
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE", "OPTIONS"])
    func `other methods reach the service`(method: String) throws {
        let answer = try ask("\(method) /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
        #expect(answer.hasSuffix("\(method) /x 2"))
    }

    @Test func `a POST without a length has no body`() throws {
        #expect(try ask("POST /x HTTP/1.1\r\nHost: x\r\n\r\n").hasSuffix("POST /x 0"))
    }

    @Test func `HEAD is answered without a body`() throws {
        let answer = try ask("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.contains("content-length: 9\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func `a body that comes byte by byte is put together`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try bench.client()
        for byte in "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".utf8 { client.say([byte]) }
        #expect(client.readAll().hasSuffix("POST /x 5"))
        #expect(bench.requests.wait(1).first?.body == Array("hello".utf8))
    }

    @Test func `a client that waits for 100 Continue gets it`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try bench.client()
        client.say("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.say("ab")
        #expect(client.read(through: "/x 2").hasPrefix("HTTP/1.1 200 OK"))
    }

    /// The segments that make libwebsockets 4.1.6 spin for ever when it serves HTTP itself.
    @Test(arguments: [
        "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func `a pipelined second request is dropped and the server goes on`(segment: String) throws {
        let bench = try Bench()
        defer { bench.stop() }
        for _ in 0..<20 {
            let client = try bench.client()
            client.say(segment)
            let answer = client.readAll()
            #expect(answer.contains("/1 "))
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
        }
        let last = try bench.client()
        last.say("GET /still HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(last.readAll().hasSuffix("GET /still 0"))
        #expect(bench.requests.all.map(\.target).filter { $0 == "/2" }.isEmpty)
    }

    @Test func `a request may be answered later`() throws {
        #expect(try ask("GET /later HTTP/1.1\r\nHost: x\r\n\r\n").hasSuffix("later"))
    }

    @Test func `an exchange dropped without an answer answers 500`() throws {
        #expect(try ask("GET /drop HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 500 "))
    }

    /// A small receive buffer makes the server wait for the socket many times.
    @Test func `a large answer arrives whole, at the pace of its reader`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try RawClient(port: bench.port, receiveBuffer: 4_096)
        client.say("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = client.readAll()
        #expect(answer.hasSuffix(String(repeating: "a", count: 1_000)))
        #expect(answer.utf8.count > 3_000_000)
    }

    @Test func `an answer to a connection that has gone does nothing`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        do {
            let client = try bench.client()
            client.say("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(bench.requests.wait(1).count == 1)
        }
        let client = try bench.client()
        client.say("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.readAll().hasSuffix("later"))
    }

    @Test(arguments: ["a@b", "a,b", "a/b", "a b", "a?b", "a%41", "\u{E9}"])
    func `a Host that is no name and port is refused`(host: String) throws {
        #expect(try ask("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `an absolute target that names another host than Host is refused`() throws {
        #expect(try ask("GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
        #expect(try ask("GET http://X:80/ HTTP/1.1\r\nHost: x:80\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `peers that send half a request do not keep out those that send a whole one`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        var idle: [RawClient] = []
        for _ in 0..<(HTTPConnection.readingLimit + 200) {
            idle.append(try bench.client())
            idle.last?.say("GET / HT")
        }
        for _ in 1...5 {
            let client = try bench.client()
            client.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.readAll().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        #expect(idle.count > HTTPConnection.readingLimit)
    }

    @Test func `an absolute target is read as its path and query`() throws {
        #expect(try ask("GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n").hasSuffix("GET /a?b 0"))
    }

    @Test(arguments: [
        ("Sec-WebSocket-Version: 13\r\n", 400), ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", 400),
        ("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
        ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 4\r\n", 400),
    ])
    func `a bad handshake is refused in JSON`(fields: String, status: Int) throws {
        let answer = try ask("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\(fields)\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("{\"error\":{"))
    }

    @Test func `an upgrade to HTTP 2 is not taken`() throws {
        let answer = try ask(
            "GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `a refused upgrade carries its status and JSON`() throws {
        let answer = try ask(RawClient.handshake("/refuse"))
        #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(answer.contains("\"forbidden\""))
    }

    @Test func `a header value cannot begin a new header`() {
        let answer = HTTPAnswer(status: 200, headers: [("x-name", "a\r\nset-cookie: b")])
        #expect(answer.headers.count == 1)
        #expect(
            HTTPAnswer.refusal(400, "a\"b", "c\\\n\u{1}").body
                == Array("{\"error\":{\"code\":\"a\\\"b\",\"message\":\"c\\\\\\u000a\\u0001\"}}\n".utf8))
    }
}
