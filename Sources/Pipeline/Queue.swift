/// First in, first out, in one array: the front is an index, and the memory is kept when the queue runs empty.
struct Queue<Element> {
    /// Slots kept when the queue runs empty. A queue that was once long gives its memory back.
    private static var keptCapacity: Int { 64 }

    private var elements: [Element?] = []
    private var front = 0

    var isEmpty: Bool { front == elements.count }
    var count: Int { elements.count - front }
    var first: Element? { isEmpty ? nil : elements[front] }

    /// The element at a distance from the front.
    subscript(_ index: Int) -> Element? {
        get { elements[front + index] }
        set { elements[front + index] = newValue }
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[front]
        elements[front] = nil
        front += 1
        if isEmpty {
            elements.removeAll(keepingCapacity: elements.capacity <= Self.keptCapacity)
            front = 0
        } else if front >= Self.keptCapacity, front * 2 >= elements.count {
            elements.removeFirst(front)
            front = 0
        }
        return element
    }

    mutating func replaceFirst(with element: Element) { if !isEmpty { elements[front] = element } }

    mutating func remove(at index: Int) { elements.remove(at: front + index) }

    mutating func removeAll(where isDropped: (Element) -> Bool) {
        guard !isEmpty else { return }
        elements = elements[front...].filter { $0.map { !isDropped($0) } ?? false }
        front = 0
    }
}
