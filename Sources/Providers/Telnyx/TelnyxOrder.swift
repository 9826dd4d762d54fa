import Audio
import Call

/// Puts media back in order. Telnyx numbers it and does not promise its order.
///
/// What comes in order passes at once. What comes early waits for what is missing, for a short time; what comes too late or twice is
/// dropped and counted.
struct TelnyxOrder {
    /// Most messages that wait: 100 ms of speech. More missing than this is loss, not disorder.
    static let maximumWaiting = 5

    /// Longest wait of a message. Past it a gap in the sound is heard less than the delay.
    static let longestWait = Duration.milliseconds(60)

    /// A number this far from the next one is another count (it wrapped, or the stream began again), not disorder: one second.
    static let farAway = 50

    /// This many messages in a row whose numbers have passed are another count too, begun near the old one.
    static let maximumLateRun = 10

    private struct Waiting {
        let number: Int
        /// `nil` for a message that has a number and no audio.
        let audio: PCM16?
        let since: Moment
    }

    private var next: Int?
    private var waiting: [Waiting] = []
    private var lateRun = 0
    /// Messages that came twice or too late. Units: messages.
    private(set) var dropped = 0

    /// When the message that waits longest has waited long enough.
    var wake: Moment? { waiting.lazy.map(\.since).min().map { $0 + Self.longestWait } }

    /// Says with which number the count begins. Without it, it begins with the first message, whatever its number.
    ///
    /// A first message further on than what may wait is no disorder: the stream was joined late.
    mutating func begin(with first: Int, before number: Int) {
        if next == nil, (first...first + Self.maximumWaiting).contains(number) { next = first }
    }

    /// Takes one message.
    ///
    /// - Parameter audio: `nil` for a message that takes part in the count and has no audio.
    mutating func insert(_ number: Int, _ audio: PCM16?, at now: Moment, into events: inout [CallEvent]) {
        let distance = next.map { number.subtractingReportingOverflow($0).partialValue } ?? 0
        lateRun = distance < 0 ? lateRun + 1 : 0
        if distance == 0 {
            pass(number, audio, into: &events)
            drain(into: &events)
        } else if distance.magnitude > UInt(Self.farAway) || lateRun >= Self.maximumLateRun {
            flush(into: &events)
            pass(number, audio, into: &events)
            lateRun = 0
        } else if distance < 0 || waiting.contains(where: { $0.number == number }) {
            dropped += 1
        } else {
            waiting.append(Waiting(number: number, audio: audio, since: now))
            waiting.sort { $0.number < $1.number }
            if waiting.count > Self.maximumWaiting { skipGap(into: &events) }
        }
        if !waiting.isEmpty { release(at: now, into: &events) }
    }

    /// Passes what has waited long enough, and all before it.
    mutating func release(at now: Moment, into events: inout [CallEvent]) {
        while let wake, wake <= now { skipGap(into: &events) }
    }

    /// Passes all that waits.
    mutating func flush(into events: inout [CallEvent]) {
        while !waiting.isEmpty { skipGap(into: &events) }
    }

    /// Gives up what is missing before the first message that waits.
    private mutating func skipGap(into events: inout [CallEvent]) {
        guard let first = waiting.first else { return }
        next = first.number
        drain(into: &events)
    }

    /// Passes the waiting messages that follow without a gap.
    private mutating func drain(into events: inout [CallEvent]) {
        while let first = waiting.first, first.number == next {
            waiting.removeFirst()
            pass(first.number, first.audio, into: &events)
        }
    }

    private mutating func pass(_ number: Int, _ audio: PCM16?, into events: inout [CallEvent]) {
        next = number &+ 1
        if let audio { events.append(.audio(audio)) }
    }
}
