import Dispatch
import Synchronization

/// SIGINT and SIGTERM as the wish to stop. `Net` hears them (libuv owns the handlers) and tells.
final class StopSignals: Sendable {
    private let count = Mutex(0)
    private let first = DispatchSemaphore(value: 0)

    /// A signal has come. The second one wants it now.
    func came() {
        let isFirst = count.withLock { count in
            count += 1
            return count == 1
        }
        if isFirst { first.signal() }
    }

    /// Returns at the first signal.
    func wait() { first.wait() }

    var wantsItNow: Bool { count.withLock { $0 > 1 } }
}
