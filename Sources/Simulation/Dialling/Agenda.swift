import Call

/// What is to happen when: a binary heap, earliest first, and what was put in first among equals.
struct Agenda<Item: Sendable>: Sendable {
    private struct Entry: Sendable {
        let at: Moment
        let number: UInt64
        let item: Item

        func isBefore(_ other: Entry) -> Bool { at == other.at ? number < other.number : at < other.at }
    }
    private var heap: [Entry] = []
    private var numbers: UInt64 = 0

    /// When the first one is due.
    var first: Moment? { heap.first?.at }
    var count: Int { heap.count }

    mutating func add(_ item: Item, at moment: Moment) {
        heap.append(Entry(at: moment, number: numbers, item: item))
        numbers += 1
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// The earliest one that is due, taken out; `nil` when none is.
    mutating func popDue(at now: Moment) -> Item? {
        guard let first = heap.first, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2 where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != index else { return first.item }
            heap.swapAt(index, least)
            index = least
        }
    }
}
