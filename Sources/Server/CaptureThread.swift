import Dispatch
import Foundation
import Synchronization

/// A thread that calls are written on: captures, logs. It yields to the loops: when there is not CPU enough for both, captures end and
/// calls do not suffer.
final class CaptureThread: Sendable {
    typealias Job = @Sendable () -> Void

    /// How far its priority is below that of the loops (`setpriority`, which on Linux is the calling thread's alone).
    static let niceness: Int32 = 10

    private struct State {
        var jobs: [Job] = []
        var isStarted = false
        var isEnded = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let name: String

    /// - Parameter name: for `ps` and debuggers; at most 15 bytes are shown.
    init(name: String = "captures") { self.name = name }

    /// Runs a job behind those given before. The first one starts the thread; behind the end none is run.
    func run(_ job: @escaping Job) { _ = add(job, isLast: false) }

    /// Runs a last job; then the thread ends.
    ///
    /// - Returns: `false` when it was told to end before; the job is not run.
    func end(with job: @escaping Job) -> Bool { add(job, isLast: true) }

    private func add(_ job: @escaping Job, isLast: Bool) -> Bool {
        let (isFirst, isTaken) = state.withLock { state in
            guard !state.isEnded else { return (false, false) }
            let isFirst = !state.isStarted
            state.isStarted = true
            state.isEnded = isLast
            state.jobs.append(job)
            return (isFirst, true)
        }
        if isFirst { start() }
        if isTaken { signal.signal() }
        return isTaken
    }

    private func start() {
        let thread = Thread { [self] in
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
            while true {
                let (jobs, isEnd) = next()
                for job in jobs { job() }
                if isEnd { return }
            }
        }
        thread.name = name
        thread.start()
    }

    /// Waits for jobs.
    private func next() -> (jobs: [Job], isEnd: Bool) {
        signal.wait()
        return state.withLock { state in
            let jobs = state.jobs
            state.jobs = []
            return (jobs, state.isEnded)
        }
    }
}
