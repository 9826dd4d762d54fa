import Call

/// Which call is to be driven when: a binary heap, earliest first.
///
/// Ten thousand calls with a packet each 20 ms are half a million entries a second, so that looking at every call at every wake is too much.
struct WakeQueue {
    private var heap: [(at: Moment, call: Int)] = []

    var first: Moment? { heap.first?.at }

    mutating func push(_ call: Int, at moment: Moment) {
        heap.append((moment, call))
        var index = heap.count - 1
        while index > 0, heap[index].at < heap[(index - 1) / 2].at {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// The earliest call that is due, taken out; `nil` when none is.
    mutating func popDue(at now: Moment) -> (at: Moment, call: Int)? {
        guard let first = heap.first, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2 where child < heap.count && heap[child].at < heap[least].at { least = child }
            guard least != index else { return first }
            heap.swapAt(index, least)
            index = least
        }
    }
}
