/// First in, first out, in a ring: an element is moved in and moved out, and nothing behind it is touched.
struct Queue<Element> {
    /// Slots of the first allocation, and those kept when the queue runs empty. A queue that was once long gives its memory back.
    private static var keptCapacity: Int { 16 }

    /// - Shape: a power of two, so that the ring turns with a mask.
    private var slots: [Element?] = []
    private var front = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : slots[front] }

    /// The element at a distance from the front.
    subscript(_ index: Int) -> Element? {
        get { slots[slot(index)] }
        set { slots[slot(index)] = newValue }
    }

    mutating func append(_ element: consuming Element) {
        if count == slots.count { grow() }
        slots[slot(count)] = consume element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[front].take()
        front = slot(1)
        count -= 1
        if count == 0 {
            front = 0
            if slots.count > Self.keptCapacity { slots = [] }
        }
        return element
    }

    mutating func replaceFirst(with element: consuming Element) { if !isEmpty { slots[front] = consume element } }

    /// Takes one out from between; those behind it move up.
    mutating func remove(at index: Int) {
        guard index > 0 else { _ = popFirst(); return }
        for behind in index..<count - 1 { self[behind] = self[behind + 1].take() }
        self[count - 1] = nil
        count -= 1
    }

    /// Takes out those that match; the rest keep their order.
    mutating func removeAll(where isDropped: (Element) -> Bool) {
        var kept = 0
        for index in 0..<count {
            guard let element = self[index].take(), !isDropped(element) else { continue }
            self[kept] = element
            kept += 1
        }
        count = kept
    }

    private func slot(_ index: Int) -> Int { (front &+ index) & (slots.count &- 1) }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(Self.keptCapacity, slots.count * 2))
        for index in 0..<count { larger.append(self[index].take()) }
        while larger.count < max(Self.keptCapacity, count * 2) { larger.append(nil) }
        slots = larger
        front = 0
    }
}
