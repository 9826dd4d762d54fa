import Dispatch
import Foundation
import Synchronization

/// A thread that writes what the loops have gathered: captures, recordings. It yields to the loops: when there is not CPU enough for
/// both, files end and calls do not suffer.
final class WritingThread: Sendable {
    typealias Job = @Sendable () -> Void

    /// How far its priority is below that of the loops (`setpriority`, which on Linux is the calling thread's alone).
    static let niceness: Int32 = 10
    /// How long a stopping server waits for a disk that hangs.
    static let patience = DispatchTimeInterval.seconds(5)
    /// How often it waits so long while the thread gets on: a minute in all, under the ninety seconds that service managers give.
    static let mostWaits = 12

    private struct State {
        var jobs: [Job] = []
        var isStarted = false
        var isEnded = false
    }

    private let name: String
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    init(_ name: String) { self.name = name }

    /// Runs a job behind those given before. The first one starts the thread; behind the end none is run.
    func run(_ job: @escaping Job) { _ = add(job, isLast: false) }

    /// Runs a last job; then the thread ends.
    ///
    /// - Returns: `false` when it was told to end before; the job is not run.
    func end(with job: @escaping Job) -> Bool { add(job, isLast: true) }

    /// Runs a last job and waits for it. Gives up when nothing was written for the time that it has patience for, and behind
    /// ``mostWaits``.
    ///
    /// - Parameter left: what is not written yet. Units: bytes.
    /// - Returns: what is left when it gives up; `nil` when all is written, or the end was told before.
    func finish(patience: DispatchTimeInterval = patience, left: () -> Int, with job: @escaping Job) -> Int? {
        let done = DispatchSemaphore(value: 0)
        let isFirst = end(with: {
            job()
            done.signal()
        })
        guard isFirst else { return nil }
        var wait = Wait(left: left())
        repeat {
            guard done.wait(timeout: .now() + patience) == .timedOut else { return nil }
        } while wait.goesOn(left: left())
        return wait.left
    }

    /// A stopping server's wait for the thread.
    struct Wait {
        /// What is not written yet. Units: bytes.
        private(set) var left: Int
        private var waits = 0

        init(left: Int) { self.left = left }

        /// Whether to go on after one more ``patience``: something was written meanwhile, and ``mostWaits`` are not over.
        mutating func goesOn(left now: Int) -> Bool {
            defer { left = now }
            waits += 1
            return now < left && waits < mostWaits
        }
    }

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
