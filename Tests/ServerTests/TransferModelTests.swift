import Call
import Net
import Providers
import Testing

@testable import Server

/// What one transfer may do whatever comes, in whatever order.
@Suite struct TransferModelTests {
    private static func transfer(isBridged: Bool) throws -> (Transfer, EventLoopGroup) {
        let group = try EventLoopGroup.start(host: nil) { _ in Nothing() }
        let home = try #require(group.handles.first)
        let call = CallInfo(id: "call-1", stream: StreamStart(provider: ProviderName("twilio"), callID: "CA1"))
        let number = PhoneNumber("+12025550177")
        let transfer = Transfer(
            nonce: "n", TransferOrder(to: number),
            TransferDial(to: number, callerID: nil, timeout: 20, limit: 600, actionURL: "https://a.test/"), call, dialled: nil,
            bodyError: nil, isBridged: isBridged, home: home, TransferLimits())
        return (transfer, group)
    }

    private final class Nothing: LoopService {
        func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {}
        func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(404, "not_found", "")) }
        func wake(at now: Moment) {}
        func stopping() {}
    }

    @Test(arguments: [false, true])
    func `whatever comes, the call ends at most once and never while it has a stream`(isBridged: Bool) throws {
        let (fresh, group) = try Self.transfer(isBridged: isBridged)
        var chance = SplitMix64(state: 7)
        let ends: [DialEnd] = [.completed, .busy, .noAnswer, .failed]
        for _ in 0..<20_000 {
            var transfer = fresh
            var now = Moment.zero
            var hasStream = true, ended = 0, resumed = 0
            for _ in 0..<12 {
                now = now + .seconds(Int(chance.next() % 400))
                var actions: [Transfer.Action] = []
                let end = ends[Int(chance.next() % 4)]
                let news: [TransferNews] = [.progress, .connected, .ended(end), .callerGone]
                let said = news[Int(chance.next() % 4)]
                switch chance.next() % 8 {
                case 0: actions = transfer.answered(.accepted, at: now)
                case 1: actions = transfer.answered(chance.next() % 2 == 0 ? .refused("no") : .unknown("?"), at: now)
                case 2: actions = transfer.documentAsked(at: now) ?? []
                case 3:
                    guard hasStream else { continue }
                    let words = Termination.allCases
                    hasStream = false
                    if !transfer.streamEnded(words[Int(chance.next() % UInt64(words.count))], at: now) { ended += 1 }
                case 4:
                    // As the server does: the stream is closed first.
                    if hasStream, case .ended = said {
                        hasStream = false
                        if !transfer.streamEnded(.transferred, at: now) { ended += 1 }
                    }
                    guard ended == 0, let told = transfer.actionAsked(said, at: now) else { break }
                    actions = told.actions
                    if told.comesBack != nil { #expect(!hasStream && told.actions.isEmpty) }
                case 5: actions = transfer.bridgeTold(said, at: now)
                case 6:
                    guard let deadline = transfer.deadline else { continue }
                    now = max(now, deadline)
                    actions = transfer.timedOut(at: now)
                case 7:
                    guard !hasStream, transfer.cameBack() != nil else { continue }
                    resumed += 1
                    hasStream = true
                default: break
                }
                for action in actions {
                    switch action {
                    case .tellBot: #expect(hasStream && ended == 0)
                    case .closeStream:
                        #expect(hasStream)
                        hasStream = false
                        if !transfer.streamEnded(.transferred, at: now) { ended += 1 }
                    case .end:
                        // With a stream the host ends with it.
                        hasStream = false
                        ended += 1
                    }
                }
                #expect(ended <= 1 && resumed <= 1 && ended + (transfer.isOver ? 0 : 1) <= 1)
                // No call is forgotten: it has a stream, or the transfer, which has a deadline once the provider has answered, or it has ended.
                #expect(hasStream || !transfer.isOver || ended == 1)
                if transfer.isOver { break }
            }
        }
        group.stop(grace: .zero)
        group.wait()
    }
}
