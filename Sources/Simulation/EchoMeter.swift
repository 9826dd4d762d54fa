import Audio
import Call

/// How long an echo takes, and what of it is lost.
///
/// The far end sends back what it is sent, in order. A packet is answered by the message that brings as much audio back as was sent
/// up to the packet's end: with packets of equal size, the k-th message answers the k-th packet; with larger ones, the message that
/// completes it. What is lost in the middle therefore shows as latency of all that follows and as loss at the end.
public struct EchoMeter: Sendable {
    /// A packet that is not answered for this long is lost. Longer than any delay an echo is asked for, and 24 KiB a call.
    static let patience = Duration.seconds(30)
    /// Packets sent this shortly before the end are neither answered nor lost. An echo that gathers 200 ms chunks needs 300 ms.
    /// ``SimulatedProvider/endMedia()`` before the end leaves none under way.
    static let underWay = Duration.milliseconds(500)

    /// Round trips of single packets.
    public private(set) var roundTrips = LatencyHistogram()
    /// Packets sent, and those that did not come back.
    public private(set) var packets = 0
    public private(set) var lost = 0
    /// Most audio that came back beyond what was sent: the far end is no pure echo.
    public private(set) var surplus = Duration.zero

    private let inbound: SampleRate
    private let outbound: SampleRate
    private var sentSamples = 0
    private var arrivedSamples = 0
    /// From `head` on: packets without an answer. `end` is audio time in nanoseconds.
    private var waiting: [(end: Int64, at: Moment)] = []
    private var head = 0

    /// - Parameters:
    ///   - inbound: the rate of what is sent.
    ///   - outbound: the rate of what comes back.
    public init(inbound: SampleRate, outbound: SampleRate) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// One packet left.
    public mutating func sent(samples: Int, at now: Moment) {
        packets += 1
        sentSamples += samples
        while head < waiting.count, now - waiting[head].at > Self.patience {
            head += 1
            lost += 1
        }
        if head == waiting.count || head > 4_096 {
            waiting.removeFirst(head)
            head = 0
        }
        waiting.append((inbound.nanoseconds(ofSamples: sentSamples), now))
    }

    /// One message of audio came back.
    public mutating func arrived(samples: Int, at now: Moment) {
        arrivedSamples += samples
        let end = outbound.nanoseconds(ofSamples: arrivedSamples)
        while head < waiting.count, waiting[head].end <= end {
            roundTrips.record(now - waiting[head].at)
            head += 1
        }
        surplus = max(surplus, .nanoseconds(end - inbound.nanoseconds(ofSamples: sentSamples)))
    }

    /// The call is over: what has no answer is lost, but for what was under way.
    public mutating func finish(at now: Moment) {
        lost += waiting[head...].count { now - $0.at > Self.underWay }
        waiting = []
        head = 0
    }
}
