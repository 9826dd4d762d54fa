import Call

/// What is to happen when: earliest first, and what was put in first among equals.
struct Agenda<Item: Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let at: Moment
        let number: UInt64
        let item: Item

        static func < (a: Entry, b: Entry) -> Bool { (a.at, a.number) < (b.at, b.number) }
        static func == (a: Entry, b: Entry) -> Bool { a.number == b.number }
    }
    private var heap = Heap<Entry>()
    private var numbers: UInt64 = 0

    /// When the first one is due.
    var first: Moment? { heap.first?.at }
    var count: Int { heap.count }

    mutating func add(_ item: Item, at moment: Moment) {
        heap.insert(Entry(at: moment, number: numbers, item: item))
        numbers += 1
    }

    /// The earliest one that is due, taken out; `nil` when none is.
    mutating func popDue(at now: Moment) -> Item? {
        guard let first = heap.first, first.at <= now else { return nil }
        return heap.popFirst()?.item
    }
}
