/// Named limits of recordings, with their reasons.
public enum RecordingLimits {
    /// How long a sample waits before it is written: what an interruption cut is known by then, and a gap is told from a late packet.
    ///
    /// The account of an interruption takes a second at most (`Playout.longestConfirmation`).
    public static let settling: Duration = .milliseconds(1_500)

    /// How long a caller may be silent on the line before that counts as a gap: until then everything may still come at once, behind a
    /// stall. Longer than TCP's retransmissions hold a line that lives on; past it what comes late is cut to what has room.
    public static let longestStall: Duration = .seconds(20)

    /// Most of one voice that is held. Units: seconds of sound. Stall and settling with room to spare; a peer that sends faster than
    /// anybody speaks has its oldest sound settled early.
    static let mostHeld = 30

    /// Least lasting delay that counts as a gap. Units: milliseconds. Half a packet: one that was lost is seen.
    static let leastGap = 11

    /// From here on a track that has drifted is put right where it is quiet, and from there on anywhere. Units: milliseconds.
    static let drift = 8
    static let largestDrift = 15

    /// What jitter may raise ``leastGap`` and ``largestDrift`` to. Units: milliseconds. Two packets: more is a gap on any line.
    static let mostAmidJitter = 40
    /// Largest error of the bot's track that is put right in the middle of what it says. Units: milliseconds. What is more is no drift.
    static let mostSpokenDrift = 40

    /// Over how long a drift is told from jitter. Units: seconds. A hundred millionths are 1.5 ms by then.
    static let driftWindow = 15

    /// Loudest sample of a quiet packet: -40 dBFS.
    static let quiet: Int16 = 328

    /// What is silenced around a key that the provider reports, for the tones that it lets through. Units: milliseconds. The report comes
    /// once a tone is known, 40 to 100 ms behind its beginning.
    static let beforeKey = 250
    static let afterKey = 150

    /// Where a new stretch of the bot's speech begins: so far from the end of the one before. Units: milliseconds.
    static let seam = 2

    /// Most bytes of sound in a file: the lengths in a WAV header have 32 bits. A stereo recording at 8 kHz reaches it after 37 hours, one
    /// at 24 kHz after 12; it ends there, whole.
    public static let largestFile = Int(UInt32.max) - 44
}
