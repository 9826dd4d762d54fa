import Call
import Dialing
import Net
import Synchronization

/// What the listening loops hold of the dial loop, and what both know of the calls in the air.
final class DialingDoor: Sendable {
    enum Access: Sendable {
        /// No calls are placed. The sentence says why and the mend.
        case closed(String)
        /// The dial loop is being made.
        case opening
        case open(EventLoopHandle)
    }

    /// Most jobs that wait for the dial loop to be made. A restart after a crash meets the callbacks and streams of some hundred calls.
    static let mostWaiting = 4_096

    private struct State {
        var access: Access
        /// While it is opening.
        var waiting: [@Sendable (DialLoop) -> Void] = []
        var port = 0
        /// Calls that are placed or about to be, by our id.
        var inTheAir: [String: DialedCall] = [:]
        /// Our ids of these calls, by the provider's.
        var owners: [String: String] = [:]
    }

    private let state: Mutex<State>

    init(_ access: Access) { state = Mutex(State(access: access)) }

    var access: Access { state.withLock { $0.access } }

    /// The dial loop is there; what was asked of it meanwhile comes first.
    func open(_ handle: EventLoopHandle) {
        state.withLock { state in
            for job in state.waiting { Self.post(job, handle) }
            state.waiting = []
            state.access = .open(handle)
        }
    }

    /// The port on which the server listens; 0 before it does.
    var port: Int {
        get { state.withLock { $0.port } }
        set { state.withLock { $0.port = newValue } }
    }

    /// Runs a job on the dial loop, once there is one.
    ///
    /// - Returns: why it does not run.
    @discardableResult
    func post(_ job: @escaping @Sendable (DialLoop) -> Void) -> String? {
        state.withLock { state in
            switch state.access {
            case .closed(let reason): return reason
            case .opening:
                guard state.waiting.count < Self.mostWaiting else { return "the server is starting; try again" }
                state.waiting.append(job)
                return nil
            case .open(let handle):
                return Self.post(job, handle) ? nil : "the loop that places calls is overloaded or has ended; try again"
            }
        }
    }

    @discardableResult
    private static func post(_ job: @escaping @Sendable (DialLoop) -> Void, _ handle: EventLoopHandle) -> Bool {
        handle.post { loop in
            guard let dial = loop.service as? DialLoop else { return }
            job(dial)
        }
    }

    // MARK: Calls in the air

    /// `nil` when it is not in the air here.
    func call(_ id: String) -> DialedCall? { state.withLock { $0.inTheAir[id] } }
    /// Our id of the call in the air that has this id at its provider.
    func owner(ofProviderCall id: String) -> String? { state.withLock { $0.owners[id] } }
    var inTheAir: Int { state.withLock { $0.inTheAir.count } }

    func note(_ call: DialedCall) {
        state.withLock { state in
            switch call.status {
            case .queued, .ended:
                state.inTheAir[call.id] = nil
                if let id = call.providerCallID { state.owners[id] = nil }
            case .dialing, .ringing, .answered, .streaming:
                state.inTheAir[call.id] = call
                if let id = call.providerCallID { state.owners[id] = call.id }
            }
        }
    }
}

/// The way back to a request that waits on its own loop for its answer.
struct Reply: Sendable {
    let home: EventLoopHandle
    let ticket: Int

    func callAsFunction(_ answer: HTTPAnswer) {
        home.post { loop in (loop.service as? LoopServer)?.tickets.take(ticket)?.answer(answer) }
    }
}

/// Requests of one loop whose answers come from another one.
final class Tickets {
    private var waiting: [Int: HTTPExchange] = [:]
    private var last = 0

    func hold(_ exchange: HTTPExchange, on loop: EventLoop) -> Reply {
        last += 1
        waiting[last] = exchange
        return Reply(home: loop.handle, ticket: last)
    }

    func take(_ ticket: Int) -> HTTPExchange? { waiting.removeValue(forKey: ticket) }
}
