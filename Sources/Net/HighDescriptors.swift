import CLibWebSockets
import Dispatch
import Glibc

/// Gives what a context opens for itself high descriptor numbers.
///
/// On libuv, libwebsockets 4.1.6 closes a context's wake-up descriptor twice when the context is destroyed. Between the two another
/// thread may be given the same number (a recording's file, another loop's socket), and the second close takes it away. The kernel
/// gives out the lowest free number, so a number that is high when it is made is not given again while lower ones are free.
/// (A file closed by another thread in the instant of making leaves a gap that is used: groups are for a program's start.)
enum HighDescriptors {
    /// Lowest number a context's own descriptors get. More than a process has open when its loops stop.
    static let lowest: Int32 = 1_000
    /// Held while a context is made, and by a loop from the beginning of its context's end to the end: a new context's descriptors
    /// are high too, and must not fall between the two closes of an old one.
    static let gate = DispatchSemaphore(value: 1)

    /// How long to wait for another context's end before going on all the same.
    ///
    /// A context ends in milliseconds. libwebsockets has been seen to wait for ever for a handle of its own that had gone; that loop
    /// must not hold up the others.
    private static let patience = DispatchTimeInterval.seconds(2)

    /// - Returns: `false` when the gate stayed shut: do not open it.
    static func enterGate() -> Bool { gate.wait(timeout: .now() + patience) == .success }

    /// Runs `body` while every number below ``lowest`` is taken.
    static func during<Value>(_ body: () -> Value) -> Value {
        let holdsGate = enterGate()
        let fillers = fill()
        defer {
            for fd in fillers { close(fd) }
            if holdsGate { gate.signal() }
        }
        return body()
    }

    private static func fill() -> [Int32] {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let top = min(lowest, Int32(clamping: limit.rlim_cur / 2))
        var fillers: [Int32] = []
        let first = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard first >= 0 else { return [] }
        fillers.append(first)
        while let last = fillers.last, last < top {
            let next = lwsx_duplicate(first)
            guard next >= 0 else { break }
            fillers.append(next)
        }
        return fillers
    }
}
