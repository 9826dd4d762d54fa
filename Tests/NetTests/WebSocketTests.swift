import Call
import Foundation
import Net
import Testing

@Suite(.serialized) struct WebSocketTests {
    private func open(_ bench: Bench, _ target: String = "/", extra: String = "") throws -> RawClient {
        let client = try bench.client()
        client.say(RawClient.handshake(target, extra: extra))
        let head = client.read(through: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        return client
    }

    @Test func `a client and a server exchange text and binary`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let told = bench.dial { told, socket in
            switch told {
            case .opened:
                socket.send("hello")
                socket.send("bytes", .binary)
            case .message("bytes", _): socket.close(code: 1000, reason: "done")
            default: break
            }
        }
        #expect(told.wait(4) == [.opened, .message("hello", .text), .message("bytes", .binary), .closed(1000, .local)])
        #expect(bench.server.first(where: \.isClosed) == .closed(1000, .peer(reason: "done")))
    }

    @Test func `a handshake answers the key and nothing that was not offered by us`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try bench.client()
        client.say(
            RawClient.handshake(
                extra: "Sec-WebSocket-Protocol: audio.drachtio.org, x\r\n"
                    + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"))
        let head = client.read(through: "\r\n\r\n").lowercased()
        #expect(head.hasPrefix("http/1.1 101 "))
        #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
        #expect(!head.contains("sec-websocket-protocol"))
        #expect(!head.contains("permessage-deflate"))
        client.say(RawClient.frame(1, Array("hi".utf8)))
        #expect(client.readFrame()?.payload == Array("hi".utf8))
        #expect(bench.requests.all.first?.headers["sec-websocket-protocol"] == "audio.drachtio.org, x")
    }

    @Test func `messages sent with the handshake are not lost`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try bench.client()
        client.say(
            Array(RawClient.handshake().utf8) + RawClient.frame(1, Array("one".utf8)) + RawClient.frame(2, Array("two".utf8)))
        _ = client.read(through: "\r\n\r\n")
        #expect(client.readFrame()?.payload == Array("one".utf8))
        #expect(client.readFrame()?.payload == Array("two".utf8))
    }

    @Test func `a message in fragments with a ping between is put together`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try open(bench)
        client.say(RawClient.frame(1, Array("ab".utf8), final: false))
        client.say(RawClient.frame(9, Array("ping".utf8)))
        let pong = client.readFrame()
        #expect(pong?.opcode == 10)
        #expect(pong?.payload == Array("ping".utf8))
        client.say(RawClient.frame(0, Array("cd".utf8), final: false))
        client.say(RawClient.frame(0, Array("ef".utf8)))
        let answer = client.readFrame()
        #expect(answer?.opcode == 1)
        #expect(answer?.payload == Array("abcdef".utf8))
    }

    @Test(arguments: [0, 1, 125, 126, 2_047, 2_048, 2_049, 5_000, 65_535, 65_536])
    func `a message of any allowed length is echoed whole`(length: Int) throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try open(bench)
        let message = (0..<length).map { UInt8(0x61 + $0 % 26) }
        client.say(RawClient.frame(2, message))
        let answer = client.readFrame()
        #expect(answer?.opcode == 2)
        #expect(answer?.payload == message)
    }

    @Test(arguments: [true, false])
    func `a message over the limit closes with 1009`(inOneFrame: Bool) throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try open(bench)
        if inOneFrame {
            client.say(RawClient.frame(1, [UInt8](repeating: 0x61, count: 65_537)))
        } else {
            for index in 0..<9 {
                client.say(RawClient.frame(index == 0 ? 1 : 0, [UInt8](repeating: 0x61, count: 8_000), final: false))
            }
        }
        let frame = client.readFrame()
        #expect(frame?.opcode == 8)
        #expect(frame?.payload.prefix(2) == [0x03, 0xF1])
        client.say(RawClient.frame(8, [0x03, 0xF1]))
        #expect(bench.server.first(where: \.isClosed) == .closed(1009, .local))
        #expect(!bench.server.all.contains { if case .message = $0 { true } else { false } })
    }

    @Test(arguments: [RawClient.frame(3, [1]), RawClient.frame(0, [1]), [0xF1, 0x81, 0, 0, 0, 0, 1]])
    func `a broken frame ends the connection`(frame: [UInt8]) throws {
        let bench = try Bench()
        defer { bench.stop() }
        do {
            let client = try open(bench)
            client.say(frame)
            #expect(client.readFrame()?.opcode == 8)
        }
        #expect(bench.server.first(where: \.isClosed) != nil)
        let other = try open(bench)
        other.say(RawClient.frame(1, [0x61]))
        #expect(other.readFrame()?.payload == [0x61])
    }

    @Test(arguments: ["opened", "received", "posted", "woken", "queued"])
    func `a close with a code goes out from every place`(place: String) throws {
        let bench = try Bench { told, socket in
            switch (told, place) {
            case (.opened, "opened"), (.message, "received"): socket.close(code: 4_001, reason: place)
            case (.message, "posted"):
                let box = Held(socket)
                socket.loop.handle.post { _ in box.socket.close(code: 4_001, reason: place) }
            case (.message, "woken"):
                (socket.loop.service as? EchoService)?.woken = { _ in socket.close(code: 4_001, reason: place) }
                socket.loop.setWake(socket.loop.now)
            case (.message, "queued"):
                for _ in 0..<300 { socket.send(String(repeating: "q", count: 8_000)) }
                socket.close(code: 4_001, reason: place)
            default: break
            }
        }
        defer { bench.stop() }
        let told = bench.dial { told, socket in if told == .opened { socket.send("now") } }
        #expect(told.first(where: \.isClosed) == .closed(4_001, .peer(reason: place)) || place == "queued")
        #expect(bench.server.first(where: \.isClosed) != nil)
    }

    @Test func `what was sent before a close arrives before it`() throws {
        let bench = try Bench { told, socket in
            guard case .message = told else { return }
            for _ in 0..<25 { socket.send(String(repeating: "q", count: 8_000)) }
            socket.close(code: 4_002)
        }
        defer { bench.stop() }
        let client = try open(bench)
        client.say(RawClient.frame(1, [0x61]))
        for _ in 0..<25 { #expect(client.readFrame()?.payload.count == 8_000) }
        #expect(client.readFrame()?.payload == [0x0F, 0xA2])
    }

    @Test func `the peer's close code is told and answered`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let client = try open(bench)
        client.say(RawClient.frame(8, [0x0F, 0xA0] + Array("bye".utf8)))
        let frame = client.readFrame()
        #expect(frame?.opcode == 8)
        #expect(bench.server.first(where: \.isClosed) == .closed(4_000, .peer(reason: "bye")))
    }

    @Test func `a connection that breaks is told as lost`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        do { _ = try open(bench) }
        #expect(bench.server.first(where: \.isClosed) == .closed(nil, .lost))
    }

    @Test func `a reader that is too slow is cut off`() throws {
        let bench = try Bench { told, socket in
            guard case .message = told else { return }
            for _ in 0..<1_000 where socket.isOpen { socket.send(String(repeating: "q", count: 16_000)) }
            #expect(!socket.isOpen)
            #expect(socket.queuedBytes <= WebSocket.queueLimit)
        }
        defer { bench.stop() }
        let client = try open(bench)
        client.say(RawClient.frame(1, [0x61]))
        #expect(bench.server.first(where: \.isClosed) == .closed(nil, .tooSlow))
    }

    /// Stale audio must pile up where it is counted: the kernel's part is bounded.
    @Test func `what waits for a peer that reads nothing is under one megabyte`() throws {
        let sent = Inbox<Int>()
        let bench = try Bench { told, socket in
            guard case .message = told else { return }
            for _ in 0..<2_000 where socket.isOpen {
                socket.send(String(repeating: "q", count: 4_000))
                sent.put(4_000)
            }
        }
        defer { bench.stop() }
        let client = try open(bench)
        var room: Int32 = 65_536
        setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        client.say(RawClient.frame(1, [0x61]))
        #expect(bench.server.first(where: \.isClosed) == .closed(nil, .tooSlow))
        #expect(sent.all.reduce(0, +) < 1_000_000)
    }

    @Test func `a slow reader under the limit gets everything in order`() throws {
        let bench = try Bench { told, socket in
            guard case .message = told else { return }
            for index in 0..<400 where socket.queuedBytes < 200_000 {
                socket.send("\(index) " + String(repeating: "q", count: 10_000))
            }
            socket.send("end")
        }
        defer { bench.stop() }
        let client = try open(bench)
        client.say(RawClient.frame(1, [0x61]))
        var next = 0
        while let frame = client.readFrame(), frame.payload != Array("end".utf8) {
            #expect(frame.payload.starts(with: Array("\(next) ".utf8)))
            next += 1
        }
        #expect(next > 20)
    }

    @Test func `a client's target and headers arrive as given`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let request = WebSocketClientRequest(
            "ws://127.0.0.1:\(bench.port)/a//b?x=%2B+&y=1", headers: [("Authorization", Secret("Bearer t"))])
        let told = bench.dial("/", request) { told, socket in if told == .opened { socket.close(code: 1000) } }
        #expect(told.first(where: \.isClosed) == .closed(1000, .local))
        #expect(bench.requests.all.first?.target == "/a//b?x=%2B+&y=1")
        #expect(bench.requests.all.first?.headers["authorization"] == "Bearer t")
        #expect(bench.requests.all.first?.headers["host"] == "127.0.0.1:\(bench.port)")
    }

    @Test func `a client is told why there is no connection`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        #expect(bench.dial("/refuse").wait(1) == [.closed(nil, .failed(.refused(host: "127.0.0.1:\(bench.port)", status: 403)))])
        #expect(
            bench.dial("/", WebSocketClientRequest("http://x")).wait(1) == [
                .closed(nil, .failed(.url("the scheme must be ws or wss")))
            ])
        let closed = try FreePort()
        guard
            case .closed(nil, .failed(.connect)) = bench.dial("/", WebSocketClientRequest("ws://127.0.0.1:\(closed.port)/")).wait(1)
                .first
        else {
            Issue.record("a refused connection is a connect error")
            return
        }
    }

    @Test func `a client that gets no handshake is told of the time`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let silent = try FreePort(listening: true)
        let request = WebSocketClientRequest("ws://127.0.0.1:\(silent.port)/", timeout: .milliseconds(50))
        #expect(bench.dial("/", request).wait(1) == [.closed(nil, .failed(.timeout(host: "127.0.0.1:\(silent.port)")))])
    }

    @Test func `hundreds of clients on one loop all get their echo`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let told = Inbox<Told>()
        let port = bench.port
        bench.group.handles[0].post { loop in
            for index in 0..<300 {
                let handler = Notes(told) { told, socket in
                    switch told {
                    case .opened: socket.send("\(index)")
                    case .message: socket.close(code: 1000)
                    default: break
                    }
                }
                loop.connect(WebSocketClientRequest("ws://127.0.0.1:\(port)/"), handler: handler)
            }
        }
        let all = told.wait(900, seconds: 30)
        #expect(all.filter(\.isClosed).count == 300)
        #expect(all.filter { if case .message = $0 { true } else { false } }.count == 300)
    }
}

/// Carries a socket into a job for its own loop.
struct Held: @unchecked Sendable {
    // Proof: opened only in jobs of the loop that the socket lives on.
    let socket: WebSocket
    init(_ socket: WebSocket) { self.socket = socket }
}
