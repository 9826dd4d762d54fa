/// How much one capture may hold. The writer ends a capture at a limit and says so; the reader refuses what is past one.
public enum CaptureLimits {
    /// One line. Units: bytes. Four times the longest message that a socket takes (65,536), which base64 and escapes stay under.
    public static let longestLine = 262_144

    /// Entries of one capture. Four hours, the longest call, are 1.44 million media messages in both directions.
    public static let mostEntries = 2_000_000

    /// Units: bytes. Two hours of linear audio at 24 kHz both ways, seven of mu-law; a reader holds the file and its entries in memory.
    public static let largestFile = 1 << 30

    /// Least lateness of the host that is written. Units: microseconds. A server's wakes lie on a grid of 5 ms and its timers on one of
    /// a millisecond; what is more is a machine that had other work.
    public static let leastLate: Int64 = 10_000

    /// One message. Units: bytes. The longest that a socket takes; an audio marker that stands for more is refused.
    public static let longestMessage = 65_536
}
