import Call
import Dialing
import Net
import Synchronization
import Testing

@testable import Server

@Suite struct DialingDoorTests {
    private final class Nobody: LoopService {
        func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {}
        func upgrade(_ request: IncomingRequest) -> UpgradeDecision {
            .refuse(.refusal(404, "not_found", "nothing is served here"))
        }
        func wake(at now: Moment) {}
        func stopping() {}
    }

    @Test func `what is asked while the dial loop is being made is done once it is there, in order`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let home = Mutex<EventLoopHandle?>(nil)
        bench.server.server.shared.dialing.post { dial in home.withLock { $0 = dial.loop.handle } }
        try bench.wait { home.withLock { $0 } != nil }
        let handle = try #require(home.withLock { $0 })

        let door = DialingDoor(.opening)
        let done = Mutex<[Int]>([])
        for index in 1...3 { #expect(door.post { _ in done.withLock { $0.append(index) } } == nil) }
        #expect(done.withLock { $0 } == [])
        door.open(handle)
        #expect(door.post { _ in done.withLock { $0.append(4) } } == nil)
        try bench.wait { done.withLock { $0.count } == 4 }
        #expect(done.withLock { $0 } == [1, 2, 3, 4])
    }

    @Test func `not more than so much waits for the dial loop`() {
        let door = DialingDoor(.opening)
        for _ in 0..<DialingDoor.mostWaiting { door.post { _ in } }
        #expect(door.post { _ in } == "the server is starting; try again")
    }

    @Test func `while the dial loop cannot be asked no call is called unknown`() throws {
        let bench = try DialBench()
        defer { bench.double.stop() }
        let ended = try EventLoopGroup.start(host: nil) { _ in Nobody() }
        let handle = try #require(ended.handles.first)
        ended.stop(grace: .zero)
        ended.wait()
        bench.server.server.shared.dialing.open(handle)
        for target in ["/calls/call-1", "/calls?ids=call-1", "/calls"] {
            let answer = try TestHTTP("GET", target, port: bench.port)
            #expect(answer.status == 503 && answer.errorCode == "no_journal", "\(target): \(answer.body)")
        }
    }
}
