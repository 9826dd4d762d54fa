import Call

/// Which event goes to the events webhook when, as a value: each at least once, those of one call in order.
///
/// One event of a call is under way at a time. One that is not taken is tried again after a pause that doubles; later events of its call
/// wait behind it, those of other calls do not. After each change, poll until it says `idle`.
public struct EventOutbox: Sendable {
    /// Most events under way. One receiver is not asked for more connections at once.
    public static let mostAtOnce = 8
    /// Before the second try.
    public static let firstPause = Duration.seconds(1)
    /// A receiver that is back is found within this time.
    public static let longestPause = Duration.seconds(300)
    /// What nobody took for so long, nobody waits for any more.
    public static let lifetime = Duration.seconds(86_400)
    /// Most events that wait, about 100 MB of them. Past it the oldest is given up.
    public static let mostWaiting = 100_000

    public enum Output: Equatable, Sendable {
        case send(call: String, event: UInt64)
        case gaveUp(call: String, event: UInt64)
        /// Nothing to do before the moment; `nil`: nothing until something comes in.
        case idle(wake: Moment?)
    }

    private struct Event {
        let number: UInt64
        let until: Moment
        var failures = 0
    }

    /// The events of one call, the earliest first.
    private struct Line {
        var events: [Event] = []
        var isUnderWay = false
        /// The number of its turn; a turn with another one is over.
        var turn: UInt64 = 0
    }

    private struct Turn: Comparable, Sendable {
        let at: Moment
        /// Rises, so that what came first is taken first.
        let number: UInt64
        let call: String

        static func < (a: Turn, b: Turn) -> Bool { (a.at, a.number) < (b.at, b.number) }
    }

    private var lines: [String: Line] = [:]
    /// When the first event of each line that is not under way is due, and turns that are over.
    private var turns = Heap<Turn>()
    private var lastTurn: UInt64 = 0
    /// All events in the order in which they came, to find the oldest. Those that are gone are passed over.
    private var order: [(call: String, event: UInt64)] = []
    private var given: [Output] = []
    private var underWay = 0
    /// Events that wait or are under way.
    public private(set) var count = 0
    private var chance: SplitMix64

    /// - Parameter seed: for the jitter of the pauses.
    public init(seed: UInt64) { chance = SplitMix64(state: seed) }

    // MARK: In

    public mutating func add(call: String, event: UInt64, at now: Moment) {
        if count >= Self.mostWaiting { giveUpOldest() }
        count += 1
        order.append((call, event))
        if order.count > 2 * Self.mostWaiting { order = order.filter { holds($0.call, $0.event) } }
        let event = Event(number: event, until: now + Self.lifetime)
        let isFirst = lines[call] == nil
        lines[call, default: Line()].events.append(event)
        if isFirst { schedule(call, at: now) }
    }

    /// The receiver took the event of the call that was under way.
    ///
    /// - Returns: which it was; `nil` when none was under way.
    public mutating func taken(call: String, at now: Moment) -> UInt64? {
        guard var line = lines[call], line.isUnderWay, let first = line.events.first else { return nil }
        underWay -= 1
        line.isUnderWay = false
        lines[call] = line
        remove(first.number, of: call, at: now)
        return first.number
    }

    /// The receiver did not take the event of the call that was under way.
    public mutating func failed(call: String, at now: Moment) {
        guard var line = lines[call], line.isUnderWay, var first = line.events.first else { return }
        underWay -= 1
        line.isUnderWay = false
        first.failures += 1
        line.events[0] = first
        lines[call] = line
        guard now < first.until else {
            given.append(.gaveUp(call: call, event: first.number))
            return remove(first.number, of: call, at: now)
        }
        schedule(call, at: min(now + pause(after: first.failures), first.until))
    }

    // MARK: Out

    public mutating func poll(at now: Moment) -> Output {
        if !given.isEmpty { return given.removeFirst() }
        while underWay < Self.mostAtOnce, let turn = turns.first {
            guard let line = lines[turn.call], line.turn == turn.number, !line.isUnderWay, let first = line.events.first else {
                _ = turns.popFirst()
                continue
            }
            guard turn.at <= now else { return .idle(wake: turn.at) }
            _ = turns.popFirst()
            lines[turn.call]?.isUnderWay = true
            underWay += 1
            return .send(call: turn.call, event: first.number)
        }
        return .idle(wake: nil)
    }

    // MARK: Inside

    private func holds(_ call: String, _ event: UInt64) -> Bool {
        lines[call]?.events.contains { $0.number == event } ?? false
    }

    private mutating func giveUpOldest() {
        guard
            let index = order.firstIndex(where: { entry in
                guard let line = lines[entry.call], let first = line.events.first else { return false }
                return first.number == entry.event && !line.isUnderWay
            })
        else { return }
        let oldest = order[index]
        order.removeFirst(index + 1)
        given.append(.gaveUp(call: oldest.call, event: oldest.event))
        remove(oldest.event, of: oldest.call, at: .zero)
    }

    /// Takes the first event of a line away; the next one is due at once.
    private mutating func remove(_ event: UInt64, of call: String, at now: Moment) {
        guard lines[call]?.events.first?.number == event else { return }
        lines[call]?.events.removeFirst()
        count -= 1
        if lines[call]?.events.isEmpty ?? true { lines[call] = nil } else { schedule(call, at: now) }
    }

    private mutating func schedule(_ call: String, at moment: Moment) {
        lastTurn += 1
        lines[call]?.turn = lastTurn
        turns.insert(Turn(at: moment, number: lastTurn, call: call))
    }

    /// Doubled with each failure, less up to a half by chance, so that what failed together does not come together again.
    private mutating func pause(after failures: Int) -> Duration {
        let doubled = Self.firstPause.milliseconds << Int64(min(failures - 1, 16))
        let whole = min(doubled, Self.longestPause.milliseconds)
        return .milliseconds(whole - Int64.random(in: 0..<max(1, whole / 2), using: &chance))
    }
}
