import Call

/// A place in the queue: higher priority first, then who came first.
struct QueuePlace: Comparable, Hashable, Sendable {
    let priority: Int
    let serial: Int

    static func < (a: QueuePlace, b: QueuePlace) -> Bool {
        a.priority == b.priority ? a.serial < b.serial : a.priority > b.priority
    }
}

/// The calls of one provider that wait, and those whose number is taken aside of them, so that nobody waits behind them.
///
/// Calls that have ended meanwhile stay in the heaps until they come to the front or are too many: whoever takes one out looks.
struct DialQueue: Sendable {
    /// Heaps are swept when they hold more than twice as many as wait, and so many more.
    private static let slack = 256

    private var ready = Heap<QueuePlace>()
    /// By number.
    private var parked: [PhoneNumber: Heap<QueuePlace>] = [:]
    /// Calls that wait, wherever they stand.
    var count = 0

    var first: QueuePlace? { ready.first }

    mutating func add(_ place: QueuePlace, isWaiting: (Int) -> Bool) {
        if ready.count > 2 * count + Self.slack { ready.keep { isWaiting($0.serial) } }
        ready.insert(place)
    }

    mutating func popFirst() -> QueuePlace? { ready.popFirst() }

    /// The number is taken: the call waits until ``free(_:isWaiting:)``.
    mutating func park(_ place: QueuePlace, for number: PhoneNumber, isWaiting: (Int) -> Bool) {
        var heap = parked.removeValue(forKey: number) ?? Heap()
        if heap.count > 2 * count + Self.slack { heap.keep { isWaiting($0.serial) } }
        heap.insert(place)
        parked[number] = heap
    }

    /// The number is free: the first of those that waited for it stands in the queue again.
    mutating func free(_ number: PhoneNumber, isWaiting: (Int) -> Bool) {
        guard var heap = parked.removeValue(forKey: number) else { return }
        while let place = heap.popFirst() {
            guard isWaiting(place.serial) else { continue }
            ready.insert(place)
            break
        }
        if !heap.isEmpty { parked[number] = heap }
    }
}
