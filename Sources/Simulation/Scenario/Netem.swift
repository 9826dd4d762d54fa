import Call

/// What a network does to one call. Order is kept, as TCP keeps it.
public struct Netem: Equatable, Sendable {
    /// One direction.
    public struct Way: Equatable, Sendable {
        public var delay = Duration.zero
        /// Up to so much is added to the delay, by chance.
        public var jitter = Duration.zero
        /// Times in which nothing arrives; what came meanwhile arrives at their end, all at once.
        public var stalls: [Stall] = []
        /// Times in which the receiver reads nothing from its socket: as ``stalls``, and over a real socket the sender feels it.
        public var readPauses: [Stall] = []
        /// What arrives in a second at most; `nil` for no limit. Units: bytes.
        public var bytesPerSecond: Int?

        public init() {}
    }

    /// From the start of the stream.
    public struct Stall: Equatable, Sendable {
        public var at: Duration
        public var length: Duration

        public init(at: Duration, length: Duration) {
            self.at = at
            self.length = length
        }
    }

    public var toBot = Way()
    public var toCaller = Way()
    /// The connection is cut then, with no last message and no close frame. From the start of the stream.
    public var dropsAt: Duration?
    /// The same seed gives the same jitter.
    public var seed: UInt64 = 1

    public init() {}
}

/// One direction of a call's network: messages go in, and come out when they arrive.
struct NetworkWay: Sendable {
    /// Messages under way, two minutes of 20 ms packets. Past it the newest is dropped and counted, and the call has failed: a
    /// network that loses is none that a scenario can ask for.
    static let mostMessages = 6_000
    /// Bytes under way; two minutes of 24 kHz linear audio in base64 are 8 MB.
    static let mostBytes = 16 << 20

    enum Item: Sendable {
        case message([UInt8], MessageKind)
        /// The connection's end, behind everything that was sent.
        case close
    }

    private let way: Netem.Way
    /// Of both kinds, in order.
    private let stalls: [Netem.Stall]
    private let origin: Moment
    private var chance: SplitMix64
    private var waiting: [(due: Moment, item: Item)] = []
    private var head = 0
    private var lastDue: Moment
    private var bytesWaiting = 0
    private(set) var lost = 0

    init(_ way: Netem.Way, seed: UInt64, origin: Moment) {
        self.way = way
        stalls = (way.stalls + way.readPauses).sorted { $0.at < $1.at }
        self.origin = origin
        chance = SplitMix64(state: seed)
        lastDue = origin
    }

    mutating func send(_ item: Item, at now: Moment) {
        if case .message(let bytes, _) = item {
            guard waiting.count - head < Self.mostMessages, bytesWaiting + bytes.count <= Self.mostBytes else { return lost += 1 }
            bytesWaiting += bytes.count
        }
        var due = now + way.delay
        if way.jitter > .zero { due = due + .nanoseconds(Int64(Double(way.jitter.nanoseconds) * chance.nextFraction())) }
        var begin = max(due, lastDue)
        if let rate = way.bytesPerSecond, case .message(let bytes, _) = item {
            begin = begin + .nanoseconds(Int64(bytes.count) * 1_000_000_000 / Int64(max(rate, 1)))
        }
        lastDue = begin
        waiting.append((begin, item))
    }

    /// What arrives now; `nil` when nothing does.
    mutating func receive(at now: Moment) -> Item? {
        guard let wake, wake <= now else { return nil }
        let item = waiting[head].item
        if case .message(let bytes, _) = item { bytesWaiting -= bytes.count }
        head += 1
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 256 {
            waiting.removeFirst(head)
            head = 0
        }
        return item
    }

    /// When the next item arrives; `nil` when none is under way.
    var wake: Moment? {
        guard head < waiting.count else { return nil }
        var due = waiting[head].due
        for stall in stalls where due >= origin + stall.at && due < origin + stall.at + stall.length {
            due = origin + stall.at + stall.length
        }
        return due
    }

    /// Whether the receiver reads its socket.
    func reads(at now: Moment) -> Bool {
        !way.readPauses.contains { now >= origin + $0.at && now < origin + $0.at + $0.length }
    }
}
