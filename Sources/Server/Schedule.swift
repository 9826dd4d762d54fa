import Call

/// When each call of one loop wants to be woken: one list, one timer for all of them.
///
/// The list is scanned at each tick. A thousand moments are one cache-warm pass of under a microsecond; a heap would pay more for
/// every frame that moves a wake.
struct Schedule {
    /// Ticks are at least this far apart: one turn of the loop serves all calls that fall due within it. The lead of every provider is
    /// many times as long.
    static let grain = Duration.milliseconds(5)

    private var wakes: [Moment] = []
    private var hosts: [CallHost] = []
    private static let never = Moment(nanoseconds: .max)

    var count: Int { hosts.count }
    var all: [CallHost] { hosts }

    mutating func add(_ host: CallHost) {
        host.slot = hosts.count
        hosts.append(host)
        wakes.append(Self.never)
    }

    mutating func remove(_ host: CallHost) {
        guard let slot = host.slot, let last = hosts.last, let lastWake = wakes.last else { return }
        hosts[slot] = last
        wakes[slot] = lastWake
        last.slot = slot
        hosts.removeLast()
        wakes.removeLast()
        host.slot = nil
    }

    mutating func set(_ host: CallHost, _ wake: Moment?) {
        if let slot = host.slot { wakes[slot] = wake ?? Self.never }
    }

    /// The calls that are due, taken off the list.
    mutating func takeDue(at now: Moment) -> [CallHost] {
        var due: [CallHost] = []
        for slot in wakes.indices where wakes[slot] <= now {
            wakes[slot] = Self.never
            due.append(hosts[slot])
        }
        return due
    }

    /// The earliest moment on the list.
    var next: Moment? {
        guard let earliest = wakes.min(), earliest != Self.never else { return nil }
        return earliest
    }
}
