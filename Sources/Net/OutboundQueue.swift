import Call

/// Messages that wait for a socket to become writable, oldest first.
struct OutboundQueue {
    private var items: [(storage: [UInt8], kind: MessageKind)?] = []
    private var head = 0
    /// Without headroom. Units: bytes.
    private(set) var bytes = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(_ message: borrowing MessageBuffer) {
        items.append((message.storage, message.kind))
        bytes += message.count
    }

    mutating func popFirst() -> (storage: [UInt8], kind: MessageKind)? {
        guard head < items.count, let item = items[head] else { return nil }
        items[head] = nil
        head += 1
        bytes -= item.storage.count - MessageBuffer.headroom
        if head == items.count {
            items.removeAll(keepingCapacity: false)
            head = 0
        } else if head >= 64 && head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return item
    }

    mutating func removeAll() { self = OutboundQueue() }
}
