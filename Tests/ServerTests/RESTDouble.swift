import Call
import Dispatch
import Net
import Synchronization

@testable import Server

/// A provider's REST host on loopback: gives the answers it was given, in order, and keeps what it was asked.
final class RESTDouble: Sendable {
    private struct State {
        var answers: [(status: Int, body: String)]
        var requests: [IncomingRequest] = []
    }

    private let state: Mutex<State>
    private let type: String
    private let asked = DispatchSemaphore(value: 0)
    private let group: Mutex<EventLoopGroup?> = Mutex(nil)

    /// - Parameters:
    ///   - answers: the last one is given again and again.
    ///   - type: media type of all of them.
    init(_ answers: [(status: Int, body: String)], type: String = "application/json") throws {
        self.type = type
        state = Mutex(State(answers: answers))
        let group = try EventLoopGroup.start(host: "127.0.0.1", port: 0) { _ in Service(double: self) }
        self.group.withLock { $0 = group }
    }

    var base: String { "http://127.0.0.1:\(group.withLock { $0?.port ?? 0 })" }
    func stop() { group.withLock { $0?.stop(grace: .zero) } }

    /// The next request; `nil` when none comes in ten seconds.
    func next() -> IncomingRequest? {
        guard asked.wait(timeout: .now() + 10) == .success else { return nil }
        return state.withLock { $0.requests.isEmpty ? nil : $0.requests.removeFirst() }
    }

    private func take(_ request: IncomingRequest) -> (status: Int, body: String) {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        asked.signal()
        return answer
    }

    private final class Service: LoopService {
        let double: RESTDouble
        init(double: RESTDouble) { self.double = double }

        func request(_ request: IncomingRequest, _ exchange: HTTPExchange) {
            let answer = double.take(request)
            exchange.answer(
                HTTPAnswer(status: answer.status, headers: [("content-type", double.type)], body: Array(answer.body.utf8)))
        }

        func upgrade(_ request: IncomingRequest) -> UpgradeDecision { .refuse(.refusal(404, "not_found", "no streams here")) }
        func wake(at now: Moment) {}
        func stopping() {}
    }
}
