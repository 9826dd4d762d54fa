/// The lowest lateness of the packets that wait: a sliding minimum, in constant time per packet.
///
/// - Units: samples.
struct WaitingMinimum: Sendable {
    private var candidates: [(packet: Int, lateness: Int)] = []
    private var head = 0

    var lowest: Int? { first?.lateness }
    /// The first packet that has it.
    var first: (packet: Int, lateness: Int)? { head < candidates.count ? candidates[head] : nil }

    mutating func add(_ lateness: Int, packet: Int) {
        while candidates.count > head, let last = candidates.last, last.lateness > lateness { candidates.removeLast() }
        candidates.append((packet, lateness))
    }

    /// The packet waits no more.
    mutating func remove(_ packet: Int) {
        while head < candidates.count, candidates[head].packet <= packet { head += 1 }
        guard head > 64, head > candidates.count / 2 else { return }
        candidates.removeFirst(head)
        head = 0
    }
}

/// The lowest lateness of the last ``RecordingLimits/driftWindow`` seconds: what moves in it is a clock that drifts.
///
/// - Units: samples.
struct RecentMinimum: Sendable {
    private var seconds: [(second: Int, lowest: Int)] = []

    /// `nil` before the window is full.
    var lowest: Int? {
        guard seconds.count > RecordingLimits.driftWindow else { return nil }
        return seconds.reduce(nil) { min($0 ?? $1.lowest, $1.lowest) }
    }

    mutating func add(_ lateness: Int, second: Int) {
        if let last = seconds.last, last.second >= second {
            seconds[seconds.count - 1].lowest = min(last.lowest, lateness)
        } else {
            seconds.append((second, lateness))
            if seconds.count > RecordingLimits.driftWindow + 1 { seconds.removeFirst() }
        }
    }

    mutating func forget() { seconds = [] }
}
