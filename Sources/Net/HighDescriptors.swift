import CLibWebSockets
import Glibc
import Synchronization

/// Gives what a context opens for itself high descriptor numbers.
///
/// On libuv, libwebsockets 4.1.6 closes a context's wake-up descriptor twice when the context is destroyed. Between the two another
/// thread may be given the same number (a recording's file, another loop's socket), and the second close takes it away. The kernel
/// gives out the lowest free number, so a number that is high when it is made is not given again while lower ones are free.
enum HighDescriptors {
    /// Lowest number a context's own descriptors get. More than a process has open when its loops stop.
    static let lowest: Int32 = 1_000
    private static let oneAtATime = Mutex(())

    /// Runs `body` while every number below ``lowest`` is taken.
    static func during(_ body: () -> OpaquePointer?) -> OpaquePointer? {
        let address = oneAtATime.withLock { _ in
            let fillers = fill()
            defer { for fd in fillers { close(fd) } }
            return UInt(bitPattern: body())
        }
        return OpaquePointer(bitPattern: address)
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
