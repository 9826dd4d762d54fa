import CLibWebSockets

/// One thing that libwebsockets watches for us: a listener, an HTTP connection, a WebSocket, a REST exchange.
protocol Session: AnyObject {
    /// One callback. The result goes to libwebsockets: anything but 0 closes the connection.
    func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ bytes: UnsafeMutableRawPointer?, _ count: Int
    ) -> Int32

    /// libwebsockets has freed the connection, or will never know it. Called at most once.
    func released()
}

/// A connection that holds one of the places for requests that are not whole yet (``HTTPConnection/readingLimit``).
protocol ReadingSession: Session {
    var isReading: Bool { get }
    /// Gives its place up to a newer connection.
    func dropUnread()
}

/// The sessions of one loop, by handles that cannot dangle.
///
/// libwebsockets keeps a handle as a connection's opaque pointer. A handle is a slot's number and how often the slot was used,
/// so a callback that comes after the session has gone finds nothing in place of freed memory.
struct SessionTable {
    private struct Slot {
        var generation: UInt32
        var session: (any Session)?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private(set) var count = 0

    /// - Returns: the handle, never zero.
    mutating func insert(_ session: any Session) -> UInt {
        count += 1
        if let index = free.popLast() {
            slots[index].session = session
            return handle(index)
        }
        slots.append(Slot(generation: 1, session: session))
        return handle(slots.count - 1)
    }

    private func handle(_ index: Int) -> UInt { UInt(slots[index].generation) << 32 | UInt(index &+ 1) }

    private func index(_ handle: UInt) -> Int? {
        let index = Int(handle & 0xFFFF_FFFF) &- 1
        guard index >= 0, index < slots.count, UInt(slots[index].generation) == handle >> 32 else { return nil }
        return index
    }

    subscript(handle: UInt) -> (any Session)? {
        guard let index = index(handle) else { return nil }
        return slots[index].session
    }

    mutating func remove(_ handle: UInt) -> (any Session)? {
        guard let index = index(handle), let session = slots[index].session else { return nil }
        slots[index].session = nil
        slots[index].generation &+= 1
        free.append(index)
        count -= 1
        return session
    }

    var all: [any Session] { slots.compactMap(\.session) }
    var handles: [UInt] { slots.indices.filter { slots[$0].session != nil }.map(handle) }
}
