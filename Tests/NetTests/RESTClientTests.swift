import Call
import Foundation
import Net
import Testing

@Suite(.serialized) struct RESTClientTests {
    private func url(_ bench: Bench, _ target: String) -> String { "http://127.0.0.1:\(bench.port)\(target)" }

    @Test(arguments: HTTPRequest.Method.cases)
    func `a request arrives whole and its answer comes back`(method: HTTPRequest.Method) throws {
        let bench = try Bench()
        defer { bench.stop() }
        let body = method == .post || method == .put ? Array("a=%2B&b".utf8) : []
        let request = HTTPRequest(
            method, url(bench, "/a//b?x=%2B+&y"),
            headers: [("Authorization", Secret("Basic x")), ("Content-Type", Secret("text/x"))],
            body: body)
        let answer = try #require(try bench.rest(request)?.get())
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/plain")
        #expect(String(decoding: answer.body, as: UTF8.self) == "\(method.rawValue) /a//b?x=%2B+&y \(body.count)")
        let seen = try #require(bench.requests.all.first)
        #expect(seen.body == body)
        #expect(seen.headers["authorization"] == "Basic x")
        #expect(seen.headers["host"] == "127.0.0.1:\(bench.port)")
        #expect(seen.headers["content-length"] == (method == .post || method == .put ? "7" : nil))
    }

    @Test func `an empty POST says its length`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        #expect(try bench.rest(HTTPRequest(.post, url(bench, "/x")))?.get().status == 200)
        #expect(bench.requests.all.first?.headers["content-length"] == "0")
    }

    @Test func `a body larger than a socket's buffer arrives whole`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let body = (0..<65_536).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try bench.rest(HTTPRequest(.put, url(bench, "/x"), body: body))?.get().status == 200)
        #expect(bench.requests.all.first?.body == body)
    }

    @Test func `a name is resolved and kept for Host`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let answer = bench.rest(HTTPRequest(.get, "http://localhost:\(bench.port)/x"))
        #expect(try answer?.get().status == 200)
        #expect(bench.requests.all.first?.headers["host"] == "localhost:\(bench.port)")
    }

    @Test func `an empty answer, a redirect and a refusal are answers`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        #expect(try bench.rest(HTTPRequest(.get, url(bench, "/empty")))?.get().status == 204)
        let redirect = try bench.rest(HTTPRequest(.get, url(bench, "/redirect")))?.get()
        #expect(redirect?.status == 302)
        #expect(redirect?.headers["location"] == "/elsewhere")
        #expect(try bench.rest(HTTPRequest(.get, url(bench, "/drop")))?.get().status == 500)
    }

    @Test func `an answer over the limit is an error`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let answer = bench.rest(HTTPRequest(.get, url(bench, "/big")), limit: 100_000)
        #expect(answer == .failure(.tooLarge(what: "the answer of 127.0.0.1:\(bench.port)", limit: 100_000)))
        #expect(try bench.rest(HTTPRequest(.get, url(bench, "/big")), limit: 3_000_000)?.get().body.count == 3_000_000)
    }

    @Test func `no answer in time is an error, and the next request works`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let answer = bench.rest(HTTPRequest(.get, url(bench, "/hold")), timeout: .milliseconds(100))
        #expect(answer == .failure(.timeout(host: "127.0.0.1:\(bench.port)")))
        #expect(try bench.rest(HTTPRequest(.get, url(bench, "/x")))?.get().status == 200)
    }

    @Test func `a request that got no place in time was not sent, one that got no answer perhaps was`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let held = HTTPRequest(.get, url(bench, "/hold"))
        bench.group.handles[0].post { loop in
            loop.rest.places = 1
            loop.rest.send(held, timeout: .seconds(5)) { _ in }
        }
        let unsent = bench.rest(HTTPRequest(.get, url(bench, "/x")), timeout: .milliseconds(50))
        #expect(unsent == .failure(.overloaded(what: "requests", limit: 1)))
        #expect(NetError.overloaded(what: "requests", limit: 1).isSurelyUnsent)
        #expect(NetError.connect(host: "a", reason: "").isSurelyUnsent && NetError.tls(host: "a", reason: "").isSurelyUnsent)
        #expect(!NetError.timeout(host: "a").isSurelyUnsent && !NetError.closed(host: "a", reason: "").isSurelyUnsent)
        #expect(!NetError.stopped.isSurelyUnsent)
    }

    @Test func `a refused connection, an unknown name and a bad URL are told apart`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let nobody = try FreePort()
        guard case .failure(.connect) = bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(nobody.port)/")) else {
            Issue.record("a refused connection is a connect error")
            return
        }
        guard case .failure(.resolve) = bench.rest(HTTPRequest(.get, "http://no-such-name.invalid/")) else {
            Issue.record("an unknown name is a resolve error")
            return
        }
        guard case .failure(.url) = bench.rest(HTTPRequest(.get, "ftp://x/")) else {
            Issue.record("another scheme is a URL error")
            return
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
    ])
    func `an answer cut short is an error`(answer: String) throws {
        let bench = try Bench()
        defer { bench.stop() }
        let server = try OneAnswer(answer)
        guard case .failure(.closed) = bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) else {
            Issue.record("an answer cut short is a closed error")
            return
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\nwithout a length", "without a length"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ])
    func `an answer may be framed in any way`(answer: String, body: String) throws {
        let bench = try Bench()
        defer { bench.stop() }
        let server = try OneAnswer(answer)
        let response = try bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))?.get()
        #expect(response.map { String(decoding: $0.body, as: UTF8.self) } == body)
    }

    @Test func `more requests than run at once wait for a place`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let inbox = Inbox<Result<HTTPResponse, NetError>>()
        let address = url(bench, "/x")
        bench.group.handles[0].post { loop in
            for _ in 0..<200 { loop.rest.send(HTTPRequest(.get, address)) { inbox.put($0) } }
        }
        #expect(inbox.wait(200).filter { if case .success = $0 { true } else { false } }.count == 200)
    }

    @Test func `a stop answers what is under way`() throws {
        let bench = try Bench()
        let inbox = Inbox<Result<HTTPResponse, NetError>>()
        let address = url(bench, "/hold")
        bench.group.handles[0].post { loop in loop.rest.send(HTTPRequest(.get, address)) { inbox.put($0) } }
        _ = bench.requests.wait(1)
        bench.group.stop(grace: .milliseconds(100))
        bench.group.wait()
        #expect(inbox.all == [.failure(.stopped)])
    }
}

extension HTTPRequest.Method {
    static let cases: [HTTPRequest.Method] = [.get, .post, .put, .delete]
}

/// Takes one connection, reads a head, says its bytes and closes.
final class OneAnswer: @unchecked Sendable {
    // Proof: `listener` is used by the thread only after init has returned it, and closed in deinit, which the thread outlives by holding self.
    private let listener: FreePort
    var port: Int { listener.port }

    init(_ answer: String) throws {
        listener = try FreePort(listening: true)
        let fd = listener.fd
        Thread.detachNewThread { [self] in
            let client = accept(fd, nil, nil)
            var bytes = [UInt8](repeating: 0, count: 4_096)
            _ = recv(client, &bytes, bytes.count, 0)
            _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            close(client)
            withExtendedLifetime(self) {}
        }
    }
}
