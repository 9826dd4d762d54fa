import Audio
import Call

/// Tells when the caller has begun to speak and when they have stopped, in the caller's own audio time.
struct SpeechGate {
    /// A message above this is speech. Units: dBFS.
    static let level = -35.0
    /// Quiet after which the caller has stopped.
    static let pause = Duration.milliseconds(300)

    /// Speech without a break that counts as having spoken: less is a cough. Units: nanoseconds.
    private let least: Int64
    /// Speech up to now without a break. Units: nanoseconds.
    private var run: Int64 = 0
    /// Since the last speech. Units: nanoseconds.
    private var quiet: Int64 = 0
    /// The caller has spoken and has not stopped.
    private(set) var isOpen = false

    /// - Parameter least: speech without a break that counts.
    init(least: Duration) { self.least = least.nanoseconds }

    /// The caller has been speaking for long enough, up to this moment.
    var isSpeaking: Bool { run >= least }

    /// Nothing that was heard lately is speech or could become it.
    var isQuiet: Bool { run == 0 && !isOpen }

    /// - Returns: whether the caller has stopped speaking with this audio.
    mutating func hear(_ audio: PCM16) -> Bool {
        guard Loudness(audio).rms <= Self.level else {
            run += audio.nanoseconds
            quiet = 0
            isOpen = isOpen || isSpeaking
            return false
        }
        run = 0
        guard isOpen else { return false }
        quiet += audio.nanoseconds
        isOpen = quiet < Self.pause.nanoseconds
        return !isOpen
    }
}
