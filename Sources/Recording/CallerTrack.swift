import Audio
import Call

/// Puts what the caller says at its place in time, from packets that come when they come.
///
/// A packet ends where it arrived, less what it was late. How late packets are is the least lateness of the packets around it: jitter
/// makes single packets late, a gap all that follow. See the decision `recording-time`.
///
/// - Units: positions are samples since the recording began, at the inbound rate; negative for what was on its way by then.
struct CallerTrack: Sendable {
    private struct Packet {
        /// Number of its first sample, as the queue counts.
        let first: Int
        let count: Int
        let arrival: Moment
        /// Arrival less the number of its last sample.
        let lateness: Int
        /// Lateness less that of the packet before.
        let step: Int
    }

    private let ruler: Ruler
    private var samples = SampleQueue()
    private var packets: [Packet] = []
    /// The first packet that waits, in ``packets``.
    private var head = 0
    /// How many packets were before it.
    private var released = 0
    private var waiting = WaitingMinimum()
    private var recent = RecentMinimum()
    private var mask: KeyMask?
    private var lastLateness = 0
    private var lastArrival: Moment
    /// A sample's position less its number; `nil` before the first packet is placed.
    private var offset: Int?
    /// Position before which everything was given out.
    private var floor: Int?
    /// The packet before which a gap lies.
    private var gap: Int?
    /// Mean lateness over the lowest. Units: samples.
    private var spread = 0.0

    init(_ ruler: Ruler, masksKeys: Bool) {
        self.ruler = ruler
        lastArrival = ruler.origin
        mask = masksKeys ? KeyMask(rate: ruler.rate) : nil
    }

    mutating func add(_ new: Span<Int16>, at now: Moment) {
        guard !new.isEmpty else { return }
        let first = samples.end
        samples.append(new)
        mask?.heard(new, in: &samples)
        let lateness = ruler.position(of: now) - samples.end
        let step = packets.isEmpty && released == 0 ? 0 : lateness - lastLateness
        packets.append(Packet(first: first, count: new.count, arrival: now, lateness: lateness, step: step))
        waiting.add(lateness, packet: released + packets.count - 1 - head)
        lastLateness = lateness
        lastArrival = now
    }

    /// Where the track begins; `nil` while that is not known.
    mutating func beginning(at now: Moment, isLast: Bool) -> Int? {
        if let offset, head < packets.count { return packets[head].first + offset }
        if let floor { return floor }
        guard head < packets.count, let lowest = waiting.lowest else {
            return isLast || now - lastArrival > RecordingLimits.longestStall ? 0 : nil
        }
        guard isLast || now - packets[head].arrival >= RecordingLimits.settling else { return nil }
        offset = lowest
        return packets[head].first + lowest
    }

    /// Gives out what has settled, and silence up to where nothing more can come.
    mutating func release(at now: Moment, isLast: Bool, into lane: inout Lane) {
        while head < packets.count {
            let packet = packets[head]
            let isDue = now - packet.arrival >= RecordingLimits.settling
            guard isLast || isDue || samples.count > RecordingLimits.mostHeld * ruler.rate.hertz else { break }
            release(packet, into: &lane)
            waiting.remove(released)
            head += 1
            released += 1
        }
        if head > packets.count / 2 {
            packets.removeFirst(head)
            head = 0
        }
        if head == packets.count, now - lastArrival > RecordingLimits.longestStall {
            floor = max(floor ?? .min, ruler.position(of: now - RecordingLimits.longestStall))
        }
        if let floor { lane.fill(to: floor) }
    }

    private mutating func release(_ packet: Packet, into lane: inout Lane) {
        let lowest = waiting.lowest ?? packet.lateness
        var offset = self.offset ?? lowest
        var skipped = 0
        spread += (Double(packet.lateness - lowest) - spread) / 64
        recent.add(packet.lateness, second: ruler.position(of: packet.arrival) / ruler.rate.hertz)
        findGap(lowest, offset)
        if gap == released {
            gap = nil
            if lowest > offset {
                offset += whole(lowest - offset, packet.count)
                recent.forget()
            }
        } else if gap == nil {
            let (early, late) = (offset - lowest, (recent.lowest.map { min($0, lowest) } ?? offset) - offset)
            if max(early, late) > drift {
                let isQuiet = samples.isQuiet(packet.first..<packet.first + packet.count)
                if early > (isQuiet ? drift : atLeast(RecordingLimits.largestDrift, spread)) {
                    skipped = min(early, packet.count)
                } else if late > (isQuiet ? drift : atLeast(RecordingLimits.largestDrift, 0)) {
                    offset += late
                }
            }
        }
        var begin = packet.first + offset
        if let floor, begin < floor {
            offset += floor - begin
            begin = floor
        }
        samples.with(packet.first + skipped..<packet.first + packet.count) { lane.put($0, at: begin) }
        samples.drop(before: packet.first + packet.count)
        self.offset = offset - skipped
        floor = begin + packet.count - skipped
    }

    /// Where all packets that wait are late for good, a gap lies before the one that was longest in coming, of those up to the one that
    /// was least late: that one came straight behind it.
    private mutating func findGap(_ lowest: Int, _ offset: Int) {
        let least = atLeast(RecordingLimits.leastGap, 2 * spread)
        guard gap == nil, lowest - offset > least, let last = waiting.first?.packet else { return }
        var widest = head
        for index in head..<min(head + last - released + 1, packets.count) where packets[index].step > packets[widest].step {
            widest = index
        }
        guard 2 * packets[widest].step >= lowest - offset else { return }
        gap = released + widest - head
    }

    /// A gap is packets that are missing: their number, when it is clear, else its length.
    private func whole(_ length: Int, _ packet: Int) -> Int {
        let rounded = (length + packet / 2) / packet * packet
        return abs(rounded - length) <= ruler.rate.samples(inMilliseconds: RecordingLimits.drift) / 2 ? rounded : length
    }

    private var drift: Int { ruler.rate.samples(inMilliseconds: RecordingLimits.drift) }

    /// A threshold in samples, larger where jitter hides what is smaller.
    private func atLeast(_ milliseconds: Int, _ jitter: Double) -> Int {
        let least = ruler.rate.samples(inMilliseconds: milliseconds)
        return min(max(least, Int(jitter)), ruler.rate.samples(inMilliseconds: RecordingLimits.mostAmidJitter))
    }
}
