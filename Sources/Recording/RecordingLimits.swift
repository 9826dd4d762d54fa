/// Named limits of recordings, with their reasons.
public enum RecordingLimits {
    /// How long a sample waits before it is written: what an interruption cut is known by then, and a gap is told from a late packet.
    ///
    /// The account of an interruption takes a second at most (`Playout.longestConfirmation`).
    public static let settling: Duration = .milliseconds(1_500)
}
