import Call
import Foundation
import Net
import Testing

@Suite(.serialized) struct TLSDoorTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/net")
    private static func file(_ name: String) -> String { fixtures.appending(path: name).path }

    private func secure(
        trusting: Bool = true, loops: Int = 1, hook: @escaping @Sendable (Told, WebSocket) -> Void = Bench.echo
    ) throws -> Bench {
        let files = TLSFiles(certificate: Self.file("server.pem"), key: Self.file("server.key"))
        return try Bench(
            loops: loops, options: LoopOptions(extraCAFile: trusting ? Self.file("ca.pem") : nil, tls: files), hook: hook)
    }

    @Test func `a request over TLS arrives with its target as sent`() throws {
        let bench = try secure()
        defer { bench.stop() }
        let answer = bench.rest(HTTPRequest(.post, "https://localhost:\(bench.port)/a//b?x=%2B+&y", body: Array("hello".utf8)))
        #expect(try answer?.get().status == 200)
        let request = try #require(bench.requests.all.first)
        #expect(request.target == "/a//b?x=%2B+&y")
        #expect(request.isSecure)
        #expect(request.peer == "127.0.0.1")
        #expect(request.localPort == bench.port)
        #expect(request.headers["host"] == "localhost:\(bench.port)")
    }

    @Test func `a large answer over TLS arrives whole`() throws {
        let bench = try secure()
        defer { bench.stop() }
        let answer = bench.rest(HTTPRequest(.get, "https://localhost:\(bench.port)/big"), limit: 3_000_000)
        #expect(try answer?.get().body.count == 3_000_000)
    }

    @Test func `WebSocket messages of many lengths go both ways over TLS`() throws {
        let bench = try secure()
        defer { bench.stop() }
        let lengths = [1, 400, 2_048, 20_000, 65_536, 5]
        let request = WebSocketClientRequest("wss://localhost:\(bench.port)/ws", headers: [("Authorization", Secret("Bearer t"))])
        let told = bench.dial("/", request) { told, socket in
            if told == .opened { for length in lengths { socket.send(String(repeating: "m", count: length)) } }
            if case .message("mmmmm", _) = told { socket.close(code: 1000, reason: "enough") }
        }
        #expect(told.first(where: \.isClosed) == .closed(1000, .local))
        let seen = told.all.compactMap { if case .message(let text, _) = $0 { text.utf8.count } else { nil } }
        #expect(seen == lengths)
        #expect(bench.server.first(where: \.isClosed) == .closed(1000, .peer(reason: "enough")))
        #expect(bench.requests.all.first?.headers["authorization"] == "Bearer t")
    }

    @Test func `a server's close code goes out over TLS`() throws {
        let bench = try secure { told, socket in if case .message = told { socket.close(code: 4_003, reason: "go") } }
        defer { bench.stop() }
        let told = bench.dial("/", WebSocketClientRequest("wss://localhost:\(bench.port)/")) { told, socket in
            if told == .opened { socket.send("x") }
        }
        #expect(told.first(where: \.isClosed) == .closed(4_003, .peer(reason: "go")))
    }

    @Test func `an unknown certificate, and one for another name, are TLS errors`() throws {
        let bench = try secure(trusting: false)
        defer { bench.stop() }
        guard case .failure(.tls) = bench.rest(HTTPRequest(.get, "https://localhost:\(bench.port)/")) else {
            Issue.record("an unknown certificate is a TLS error")
            return
        }
        let told = bench.dial("/", WebSocketClientRequest("wss://localhost:\(bench.port)/")).wait(1)
        guard case .closed(nil, .failed(.tls)) = told.first else {
            Issue.record("an unknown certificate is a TLS error: \(told)")
            return
        }
        let trusting = try secure()
        defer { trusting.stop() }
        guard case .failure(.tls) = trusting.rest(HTTPRequest(.get, "https://localhost.localdomain:\(trusting.port)/")) else {
            // A machine without this name in its hosts file has told nothing.
            return
        }
    }

    @Test func `plain bytes at a TLS door end the connection and nothing else`() throws {
        let bench = try secure()
        defer { bench.stop() }
        for text in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}", String(repeating: "x", count: 5_000)] {
            let client = try bench.client()
            client.say(text)
            if text.count > 10 { _ = client.readAll() }
        }
        #expect(try bench.rest(HTTPRequest(.get, "https://localhost:\(bench.port)/x"))?.get().status == 200)
    }

    @Test func `a reader that is too slow is cut off behind TLS too`() throws {
        let bench = try secure { told, socket in
            guard case .message = told else { return }
            for _ in 0..<1_000 where socket.isOpen { socket.send(String(repeating: "q", count: 16_000)) }
        }
        defer { bench.stop() }
        let told = bench.dial("/", WebSocketClientRequest("wss://localhost:\(bench.port)/")) { told, socket in
            if told == .opened { socket.send("x") }
        }
        #expect(bench.server.first(where: \.isClosed) == .closed(nil, .tooSlow))
        #expect(told.first(where: \.isClosed) != nil)
    }

    @Test func `a client over TLS that reads nothing is cut off, and its end costs the loop nothing`() throws {
        let bench = try secure { told, socket in
            guard case .message = told else { return }
            // Bit by bit, so that every buffer on the way is full when the queue is.
            let loop = socket.loop
            (loop.service as? EchoService)?.woken = { now in
                guard socket.isOpen else { return }
                socket.send(String(repeating: "q", count: 16_000))
                loop.setWake(now + .milliseconds(2))
            }
            loop.setWake(loop.now)
        }
        defer { bench.stop() }
        // The client's loop stands still at the first message, until the end of the test.
        let gate = DispatchSemaphore(value: 0)
        let far = try EventLoopGroup.start(host: nil, options: LoopOptions(extraCAFile: Self.file("ca.pem"))) {
            EchoService($0, Inbox(), Inbox(), hook: Bench.echo)
        }
        defer {
            gate.signal()
            far.stop(grace: .zero)
            far.wait()
        }
        let request = WebSocketClientRequest("wss://localhost:\(bench.port)/")
        far.handles[0].post { loop in
            let notes = Notes(Inbox()) { told, socket in
                if told == .opened { socket.send("x") }
                if case .message = told {
                    gate.wait()
                    gate.signal()
                }
            }
            loop.connect(request, handler: notes)
        }
        #expect(bench.server.first(where: \.isClosed) == .closed(nil, .tooSlow))
        let spent = Inbox<Double>()
        bench.group.handles[0].post { loop in
            let before = Self.processorTime()
            (loop.service as? EchoService)?.woken = { _ in spent.put(Self.processorTime() - before) }
            loop.setWake(loop.now + .seconds(1))
        }
        #expect((spent.wait(1).first ?? 1) < 0.5)
    }

    /// Of this thread. Units: seconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func `half handshakes hold no more places than half requests`() throws {
        let bench = try secure()
        defer { bench.stop() }
        var idle: [RawClient] = []
        for _ in 0..<(HTTPConnection.readingLimit + 200) {
            idle.append(try bench.client())
            idle.last?.say("\u{16}\u{3}\u{1}")
        }
        #expect(try bench.rest(HTTPRequest(.get, "https://localhost:\(bench.port)/x"))?.get().status == 200)
        #expect(idle[0].readAll().isEmpty)
    }

    @Test func `a hundred clients over TLS on two loops get their echo, and a stop tells them 1001`() throws {
        let bench = try secure(loops: 2)
        let told = Inbox<Told>()
        let port = bench.port
        bench.group.handles[0].post { loop in
            for index in 0..<100 {
                let handler = Notes(told) { told, socket in if told == .opened { socket.send("\(index)") } }
                loop.connect(WebSocketClientRequest("wss://localhost:\(port)/"), handler: handler)
            }
        }
        _ = told.wait(200, seconds: 20)
        #expect(told.all.filter { if case .message = $0 { true } else { false } }.count == 100)
        bench.stop()
        #expect(told.all.filter(\.isClosed).count == 100)
        #expect(bench.server.all.filter(\.isClosed).count == 100)
    }

    @Test func `files that are no certificate and no key are named`() throws {
        #expect(throws: NetError.self) {
            _ = try Bench(options: LoopOptions(tls: TLSFiles(certificate: Self.file("server.key"), key: Self.file("server.key"))))
        }
        let wrong = LoopOptions(tls: TLSFiles(certificate: Self.file("server.pem"), key: Self.file("ca.pem")))
        #expect {
            _ = try Bench(options: wrong)
        } throws: { error in
            "\(error)".contains("ca.pem")
        }
    }
}
