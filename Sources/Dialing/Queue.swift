/// First in, first out. What was taken is given back in one piece once it is half of the array.
struct Queue<Element: Sendable>: Sendable {
    /// Below so many taken elements nothing is moved.
    private static var kept: Int { 64 }

    private var slots: [Element?] = []
    private var front = 0

    var count: Int { slots.count - front }
    var isEmpty: Bool { count == 0 }
    var first: Element? { front < slots.count ? slots[front] : nil }

    mutating func append(_ element: Element) { slots.append(element) }

    mutating func popFirst() -> Element? {
        guard front < slots.count else { return nil }
        let element = slots[front].take()
        front += 1
        if front >= Self.kept, front * 2 >= slots.count {
            slots.removeFirst(front)
            front = 0
        }
        return element
    }
}
