import Audio
import Call

/// Hears both sides of a call as they pass: what the caller says, and what of the bot's speech is played when. For recordings.
///
/// Called on the call's loop, once a packet: it takes a copy and returns.
///
/// Positions count the samples sent to the provider since the stream began, at the outbound rate. What a tap is told of the bot is
/// what was *sent*; it was *heard* unless a ``cut(_:)`` follows, which comes within
/// ``Playout/longestConfirmation`` of the interruption. So a tap that waits for that long before it believes has the truth.
public protocol CallTap: AnyObject {
    /// The caller's audio as it arrived, at the inbound rate.
    func caller(_ samples: Span<Int16>, at now: Moment)
    /// A packet has left.
    ///
    /// - Parameters:
    ///   - position: of its first sample.
    ///   - playsAt: when the provider plays that, by our clock.
    func sent(_ samples: Span<Int16>, position: Int, playsAt: Moment)
    /// The provider says that it has played everything before this position, now.
    func confirmed(position: Int, at now: Moment)
    /// These samples were sent and never played.
    func cut(_ positions: Range<Int>)
    /// The caller pressed a key.
    func key(at now: Moment)
}
