import Audio
import Call

/// What became of the packets of an echo.
public struct EchoTally: Equatable, Sendable {
    /// Packets sent.
    public internal(set) var packets = 0
    /// Packets sent in the window that is measured.
    public internal(set) var measuredPackets = 0
    /// Packets that came back bit by bit.
    public internal(set) var exact = 0
    /// Packets that came back as a conversion leaves them.
    public internal(set) var alike = 0
    /// Packets that did not come back.
    public internal(set) var lost = 0
    /// Packets of the window that came back after ``SimulationOptions/lateAfter``.
    public internal(set) var late = 0
    /// Packets in whose place came audio that nobody said, or that were altered on a way that leaves others as they are.
    public internal(set) var changed = 0
    /// Packets of another call's audio.
    public internal(set) var foreign = 0
    /// Packets that came more than once.
    public internal(set) var doubled = 0
    /// Packets that came after a later one.
    public internal(set) var misordered = 0

    public init() {}

    /// Everything came back, once, in order and unchanged. Lateness is no part of it.
    public var isWhole: Bool { lost == 0 && changed == 0 && foreign == 0 && doubled == 0 && misordered == 0 }

    mutating func add(_ other: EchoTally) {
        packets += other.packets
        measuredPackets += other.measuredPackets
        exact += other.exact
        alike += other.alike
        lost += other.lost
        late += other.late
        changed += other.changed
        foreign += other.foreign
        doubled += other.doubled
        misordered += other.misordered
    }
}

/// How long an echo takes, and what of it is lost or changed.
///
/// The far end sends back what it is sent, in order. With a ``CallSignature`` each packet is recognised by its sound. Without one a packet
/// is answered by the message that brings as much audio back as was sent up to the packet's end: what is lost in the middle shows as
/// latency of all that follows and as loss at the end.
public struct EchoMeter: Sendable {
    /// A packet that is not answered for this long is lost. Longer than any delay an echo is asked for, and 36 KiB a call.
    static let patience = Duration.seconds(30)
    /// Packets sent this shortly before the end are neither answered nor lost. An echo that gathers 200 ms chunks needs 300 ms.
    /// ``SimulatedProvider/fallSilent()`` before the end leaves none under way.
    static let underWay = Duration.milliseconds(500)

    /// Round trips of single packets; those of the window alone when there is one.
    public private(set) var roundTrips = LatencyHistogram()
    /// The longest round trip before the window.
    public private(set) var longestBefore: Duration?
    public private(set) var tally = EchoTally()
    /// Most audio that came back beyond what was sent: the far end is no pure echo.
    public private(set) var surplus = Duration.zero
    /// When packets must be sent to be measured; `nil` measures all.
    public var window: Range<Moment>?

    public var packets: Int { tally.packets }
    public var lost: Int { tally.lost }

    private let inbound: SampleRate
    private let outbound: SampleRate
    private let lateAfter: Duration
    private var listener: EchoListener?
    private var sentSamples = 0
    private var arrivedSamples = 0
    /// From `head` on: the youngest packets, from the oldest without an answer. `end` is audio time in nanoseconds.
    private var waiting: [(end: Int64, at: Moment, isAnswered: Bool)] = []
    private var head = 0
    /// The number of the packet at `head`.
    private var oldest = 0

    /// - Parameters:
    ///   - inbound: the rate of what is sent.
    ///   - outbound: the rate of what comes back.
    ///   - lateAfter: longer round trips count as late.
    ///   - signature: how the packets sound.
    public init(inbound: SampleRate, outbound: SampleRate, lateAfter: Duration = .milliseconds(60), signature: CallSignature? = nil)
    {
        self.inbound = inbound
        self.outbound = outbound
        self.lateAfter = lateAfter
        listener = signature.map { EchoListener($0) }
    }

    /// One packet left.
    public mutating func sent(samples: Int, at now: Moment) {
        tally.packets += 1
        if isMeasured(now) { tally.measuredPackets += 1 }
        sentSamples += samples
        while head < waiting.count, now - waiting[head].at > Self.patience { passOldest() }
        if head == waiting.count || head > 1_024 {
            waiting.removeFirst(head)
            head = 0
        }
        waiting.append((inbound.nanoseconds(ofSamples: sentSamples), now, false))
    }

    /// One message of audio came back; what it sounds like is not looked at.
    public mutating func arrived(samples: Int, at now: Moment) {
        let end = count(samples)
        while head < waiting.count, waiting[head].end <= end {
            record(now - waiting[head].at, sentAt: waiting[head].at)
            waiting[head].isAnswered = true
            passOldest()
        }
    }

    /// One message of audio came back.
    public mutating func arrived(_ samples: Span<Int16>, at now: Moment) {
        guard var listener else { return arrived(samples: samples.count, at: now) }
        self.listener = nil
        _ = count(samples.count)
        listener.hear(samples, sent: tally.packets) { finding in take(finding, at: now) }
        self.listener = listener
    }

    /// The call is over: what has no answer is lost, but for what was under way.
    public mutating func finish(at now: Moment) {
        tally.lost += waiting[head...].count { !$0.isAnswered && now - $0.at > Self.underWay }
        waiting = []
        head = 0
        // A way that leaves most packets as they are converts none: those that differ were altered. One that converts leaves a few by chance.
        if tally.exact > tally.alike {
            tally.changed += tally.alike
            tally.alike = 0
        }
    }

    private mutating func take(_ finding: EchoListener.Finding, at now: Moment) {
        switch finding {
        case .exact(let packet):
            if answer(packet, at: now) { tally.exact += 1 }
        case .alike(let packet):
            if answer(packet, at: now) { tally.alike += 1 }
        case .foreign: tally.foreign += 1
        case .changed(let packet):
            tally.changed += 1
            _ = answer(packet, at: nil)
        }
    }

    /// - Parameter now: `nil` for an answer whose time says nothing.
    /// - Returns: whether it is the packet's first.
    private mutating func answer(_ packet: Int, at now: Moment?) -> Bool {
        let index = head + packet - oldest
        guard index < waiting.count else { return false }
        guard index >= head, !waiting[index].isAnswered else {
            if now != nil { tally.doubled += 1 }
            return false
        }
        if index + 1 < waiting.count, waiting[index + 1].isAnswered { tally.misordered += 1 }
        waiting[index].isAnswered = true
        if let now { record(now - waiting[index].at, sentAt: waiting[index].at) }
        while head < waiting.count, waiting[head].isAnswered { passOldest() }
        return true
    }

    private mutating func passOldest() {
        if !waiting[head].isAnswered { tally.lost += 1 }
        head += 1
        oldest += 1
    }

    private func isMeasured(_ sentAt: Moment) -> Bool { window.map { $0.contains(sentAt) } ?? true }

    private mutating func record(_ trip: Duration, sentAt: Moment) {
        if isMeasured(sentAt) {
            roundTrips.record(trip)
            if trip > lateAfter { tally.late += 1 }
        } else if let window, sentAt < window.lowerBound {
            longestBefore = max(longestBefore ?? trip, trip)
        }
    }

    /// - Returns: the end of what came back. Units: nanoseconds of audio.
    private mutating func count(_ samples: Int) -> Int64 {
        arrivedSamples += samples
        let end = outbound.nanoseconds(ofSamples: arrivedSamples)
        surplus = max(surplus, .nanoseconds(end - inbound.nanoseconds(ofSamples: sentSamples)))
        return end
    }
}
