import Call

/// Which call is to be driven when, earliest first.
///
/// Ten thousand calls with a packet each 20 ms are half a million entries a second, so that looking at every call at every wake is too much.
struct WakeQueue {
    struct Wake: Comparable, Sendable {
        let at: Moment
        let call: Int

        static func < (a: Wake, b: Wake) -> Bool { a.at < b.at }
    }
    private var heap = Heap<Wake>()

    var first: Moment? { heap.first?.at }

    mutating func push(_ call: Int, at moment: Moment) { heap.insert(Wake(at: moment, call: call)) }

    /// The earliest call that is due, taken out; `nil` when none is.
    mutating func popDue(at now: Moment) -> Wake? {
        guard let first = heap.first, first.at <= now else { return nil }
        return heap.popFirst()
    }
}
