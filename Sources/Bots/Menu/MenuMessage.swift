import Audio
import Call

/// A message while it is spoken: when it is over, and its sound as far as it may be wanted again.
struct MenuMessage {
    /// Louder than this is speech; a quiet room's noise on the phone stays below. Units: dBFS.
    static let level = -40.0
    /// What is kept of the silence at the end.
    static let tail = Duration.milliseconds(300)
    /// The caller's audio may stand still for so long, beyond the silence that ends a message, before it counts as silence.
    static let stall = Duration.seconds(1)

    let order: MenuRecord
    private let since: Moment
    private let holds: Bool
    private var samples: [Int16] = []
    private var rate = SampleRate.hz8000
    /// Silence since the last speech. Units: nanoseconds.
    private var quiet: Int64 = 0
    /// Of the whole message. Units: nanoseconds.
    private var length: Int64 = 0
    private var lastArrival: Moment
    private var hasSpeech = false

    /// - Parameter holds: whether the sound is kept in memory.
    init(_ order: MenuRecord, holds: Bool, at now: Moment) {
        self.order = order
        self.holds = holds
        since = now
        lastArrival = now
    }

    /// - Returns: whether the message is over: it is long enough, or the caller has been silent.
    mutating func hear(_ audio: PCM16, at now: Moment) -> Bool {
        lastArrival = now
        length += audio.nanoseconds
        if Loudness(audio).rms > Self.level {
            quiet = 0
            hasSpeech = true
        } else {
            quiet += audio.nanoseconds
        }
        if holds, length <= MenuPlan.longestHeld.nanoseconds {
            rate = audio.rate
            samples += audio.samples
        }
        return isOver(at: now)
    }

    /// When the message is over even if no audio comes.
    var deadline: Moment { min(since + order.longest, lastArrival + order.silence + Self.stall) }

    func isOver(at now: Moment) -> Bool {
        quiet >= order.silence.nanoseconds || length >= order.longest.nanoseconds || now >= deadline
    }

    /// What was said, without the silence at its end; `nil` when nothing was, or nothing is held.
    var spoken: PCM16? {
        guard holds, hasSpeech, !samples.isEmpty else { return nil }
        let tail = max(quiet - Self.tail.nanoseconds, 0) / 1_000_000
        let kept = samples.count - rate.samples(inMilliseconds: Int(tail))
        return kept > 0 ? PCM16(samples: Array(samples[..<kept]), rate: rate) : nil
    }
}
