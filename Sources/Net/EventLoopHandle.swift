import CLibWebSockets
import Call
import Synchronization

/// What other threads hold of a loop.
public final class EventLoopHandle: Sendable {
    public typealias Job = @Sendable (EventLoop) -> Void

    /// Most jobs that wait for one loop. A loop takes all of them in one turn, so this many waiting means that it has stood still;
    /// past it a job is refused and the poster is told.
    public static let jobLimit = 65_536

    public let index: Int

    private struct State {
        var jobs: [Job] = []
        /// The context's address while the loop runs. `lws_cancel_service` is called under the lock, so it cannot meet a context
        /// that has been destroyed.
        var context: UInt?
        var ended = false
    }
    private let state = Mutex(State())

    init(index: Int) { self.index = index }

    /// Runs a job on the loop's thread, in the order of posting. From any thread (`lws_cancel_service`).
    ///
    /// - Returns: `false` when the loop has ended or ``jobLimit`` jobs wait: the job will not run.
    @discardableResult
    public func post(_ job: @escaping Job) -> Bool {
        state.withLock { state in
            guard !state.ended, state.jobs.count < Self.jobLimit else { return false }
            state.jobs.append(job)
            if state.jobs.count == 1 { Self.wake(state) }
            return true
        }
    }

    /// Ends the loop: the service is told, the listener closes, every WebSocket gets a close frame, and when they have gone, or after
    /// `grace`, the context is destroyed and the thread ends.
    public func stop(closing code: UInt16 = 1001, grace: Duration = .seconds(5)) {
        post { $0.beginStop(closing: code, grace: grace) }
    }

    func started(_ context: OpaquePointer) {
        state.withLock { state in
            state.context = UInt(bitPattern: context)
            if !state.jobs.isEmpty { Self.wake(state) }
        }
    }

    func ended() {
        let dropped = state.withLock { state in
            state.context = nil
            state.ended = true
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
        withExtendedLifetime(dropped) {}
    }

    func take() -> [Job] {
        state.withLock { state in
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
    }

    private static func wake(_ state: State) {
        guard let address = state.context, let context = OpaquePointer(bitPattern: address) else { return }
        lws_cancel_service(context)
    }
}
