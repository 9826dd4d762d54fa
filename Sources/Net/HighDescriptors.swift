import CLibWebSockets
import Dispatch
import Glibc

/// Gives what a context opens for itself high descriptor numbers.
///
/// On libuv, libwebsockets 4.1.6 closes a context's wake-up descriptor twice when the context is destroyed. Between the two another
/// thread may be given the same number (a recording's file, another loop's socket), and the second close takes it away. The kernel
/// gives out the lowest free number, so a number that is high when it is made is not given again while lower ones are free. A socket
/// that is closed so under its owner was seen: libwebsockets then leaks the connection, and its context never ends.
/// (A file closed by another thread in the instant of making leaves a gap that is used: groups are for a program's start.)
enum HighDescriptors {
    /// Numbers left above the lowest that a context's own descriptors get: room for a few hundred contexts, and for what other threads
    /// open while the numbers below are taken.
    static let room: Int32 = 4_096

    /// Held while contexts are made, and by a loop from the beginning of its context's end to the end: while one context is between its
    /// two closes, nobody may be pushed up to where its number is.
    static let gate = DispatchSemaphore(value: 1)

    /// Runs `body` while every number is taken but the highest ``room``. So high a number is given to nobody else as long as fewer
    /// descriptors are open than there are below it.
    static func during<Value>(_ body: () -> Value) -> Value {
        gate.wait()
        let fillers = fill()
        defer {
            for fd in fillers { close(fd) }
            gate.signal()
        }
        return body()
    }

    private static func fill() -> [Int32] {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let highest = Int32(clamping: limit.rlim_cur)
        let top = max(highest - room, highest / 2)
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
