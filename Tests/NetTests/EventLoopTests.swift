import Call
import Foundation
import Glibc
import Net
import Testing

@Suite(.serialized) struct EventLoopTests {
    @Test func `jobs of many threads all run, on the loop, in each thread's order`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let done = Inbox<(thread: Int, number: Int)>()
        let handle = bench.group.handles[0]
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<500 { handle.post { _ in done.put((thread, number)) } }
        }
        let all = done.wait(4_000)
        #expect(all.count == 4_000)
        for thread in 0..<8 { #expect(all.filter { $0.thread == thread }.map(\.number) == Array(0..<500)) }
    }

    @Test func `two loops share a port and both answer`() throws {
        let bench = try Bench(loops: 2)
        defer { bench.stop() }
        for _ in 0..<60 {
            let client = try bench.client()
            client.say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.readAll().hasSuffix("GET /x 0"))
        }
        #expect(bench.group.handles.map(\.index) == [0, 1])
    }

    @Test func `a port that is taken is said to be`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        #expect(throws: NetError.bind(address: "127.0.0.1:\(bench.port)", reason: "Address already in use")) {
            _ = try EventLoopGroup.start(host: "127.0.0.1", port: bench.port) { loop in
                EchoService(loop, Inbox(), Inbox(), hook: { _, _ in })
            }
        }
    }

    @Test func `the wake comes at its moment, moves when set again, and can be taken back`() throws {
        let bench = try Bench()
        defer { bench.stop() }
        let woken = Inbox<Bool>()
        bench.group.handles[0].post { loop in
            let due = loop.now + .milliseconds(20)
            (loop.service as? EchoService)?.woken = { now in woken.put(now >= due) }
            loop.setWake(loop.now + .seconds(60))
            loop.setWake(due)
        }
        #expect(woken.wait(1) == [true])
        let later = Inbox<Bool>()
        bench.group.handles[0].post { loop in
            (loop.service as? EchoService)?.woken = { _ in later.put(false) }
            loop.setWake(loop.now + .milliseconds(1))
            loop.setWake(nil)
        }
        // A wake set afterwards on the same timer comes alone.
        bench.group.handles[0].post { loop in
            (loop.service as? EchoService)?.woken = { _ in later.put(true) }
            loop.setWake(loop.now + .milliseconds(5))
        }
        #expect(later.wait(1) == [true])
    }

    @Test func `a stop closes every WebSocket with 1001 and ends the loops`() throws {
        let bench = try Bench(loops: 2)
        var clients: [RawClient] = []
        for _ in 0..<20 {
            let client = try bench.client()
            client.say(RawClient.handshake())
            _ = client.read(through: "\r\n\r\n")
            clients.append(client)
        }
        _ = bench.server.wait(20)
        bench.group.stop()
        for client in clients {
            let frame = client.readFrame()
            #expect(frame?.opcode == 8)
            #expect(frame?.payload == [0x03, 0xE9])
            client.say(RawClient.frame(8, [0x03, 0xE9]))
        }
        bench.group.wait()
        #expect(bench.server.all.filter { $0 == .closed(1001, .local) }.count == 20)
        #expect(bench.group.handles[0].post { _ in } == false)
        #expect(throws: RawClient.Failed.self) { _ = try bench.client() }
    }

    @Test func `a stop does not wait for a peer that says nothing longer than its grace`() throws {
        let bench = try Bench()
        let client = try bench.client()
        client.say(RawClient.handshake())
        _ = client.read(through: "\r\n\r\n")
        let half = try bench.client()
        half.say("GET /half HTTP/1.1\r\n")
        _ = bench.server.wait(1)
        bench.group.stop(grace: .milliseconds(50))
        bench.group.wait()
        #expect(bench.server.all.filter(\.isClosed) == [.closed(1001, .local)])
    }
}

/// A port with nobody behind it, or with somebody who accepts nothing and says nothing.
final class FreePort {
    let fd: Int32
    let port: Int

    init(listening: Bool = false) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = self.fd
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(fd, $0, length)
                _ = getsockname(fd, $0, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        if listening { listen(fd, 16) }
    }

    deinit { close(fd) }
}

private func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }

@Suite struct ProcessTests {
    /// Runs in a process of its own: libuv's handlers must not turn a fault into a spinning loop.
    @Test func `a fault on a loop ends the process`() async {
        await #expect(processExitsWith: .failure) {
            let bench = try Bench()
            bench.group.handles[0].post { _ in
                UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
            }
            bench.group.wait()
        }
    }

    @Test func `descriptors come back when connections have gone`() async {
        await #expect(processExitsWith: .success) {
            let bench = try Bench()
            var closed = 0
            func round() throws {
                for _ in 0..<50 {
                    let client = try bench.client()
                    client.say(RawClient.handshake())
                    _ = client.read(through: "\r\n\r\n")
                }
                closed += 50
                _ = bench.server.wait(2 * closed)
            }
            try round()
            let before = try descriptors()
            for _ in 0..<5 { try round() }
            guard try descriptors() <= before + 20 else { exit(1) }
            bench.stop()
            exit(0)
        }
    }

    @Test func `what was refused many times leaves no descriptor behind`() async {
        await #expect(processExitsWith: .success) {
            let bench = try Bench()
            let nobody = try FreePort()
            for _ in 0..<20 { _ = bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(nobody.port)/")) }
            let before = try descriptors()
            for _ in 0..<200 { _ = bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(nobody.port)/")) }
            let answer = bench.rest(HTTPRequest(.get, "http://127.0.0.1:\(bench.port)/x"))
            guard try descriptors() <= before + 5, case .success = answer else { exit(1) }
            bench.stop()
            exit(0)
        }
    }

    /// The second close of a wake-up descriptor must not take a file away that was opened in between, however many are open.
    @Test(arguments: [0, 3_000])
    func `loops that end close nothing that is not theirs`(open count: Int) async {
        await #expect(processExitsWith: .success) { [count] in
            // The limit is raised by the first group; files below it stay open for the whole test.
            try Bench().stop()
            let held = (0..<count).map { _ in open("/dev/null", O_RDONLY) }
            guard held.allSatisfy({ $0 >= 0 }) else { exit(1) }
            for _ in 0..<10 {
                let bench = try Bench()
                let over = Inbox<Bool>()
                Thread.detachNewThread {
                    bench.stop()
                    over.put(true)
                }
                while over.all.isEmpty {
                    let files = (0..<20).map { _ in open("/dev/null", O_RDONLY) }
                    for file in files where close(file) != 0 { exit(1) }
                }
            }
            exit(0)
        }
    }

    @Test func `one signal comes to the hook once, also beside loops that have none`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let signals = Inbox<Int32>()
            let bench = try Bench(loops: 2, options: LoopOptions(onSignal: { signals.put($0) }))
            let dialing = try EventLoopGroup.start(host: nil) { EchoService($0, Inbox(), Inbox(), hook: { _, _ in }) }
            kill(getpid(), SIGTERM)
            _ = signals.wait(1)
            // Every loop has been told by the time it has ended.
            bench.stop()
            dialing.stop(grace: .zero)
            dialing.wait()
            exit(signals.all == [SIGTERM] ? 7 : 1)
        }
    }

    @Test func `SIGTERM comes to the hook, and the loops can stop on it`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let signals = Inbox<Int32>()
            let bench = try Bench(loops: 2, options: LoopOptions(onSignal: { signals.put($0) }))
            kill(getpid(), SIGTERM)
            let seen = signals.wait(1)
            bench.stop()
            exit(seen == [SIGTERM] ? 7 : 1)
        }
    }
}
