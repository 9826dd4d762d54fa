import Call
import Pipeline

/// A bot to rehearse against. It says numbered tones, so that a listener can tell which piece of which call it hears, and reacts
/// as it is told.
///
/// Segment n of voice v is a tone of 300 + 25·(4·(n mod 24) + v) Hz at -10 dBFS; one passes into the next with no gap and no jump in
/// phase. Segments count through the call: greeting 0…g-1, first reply g…g+r-1, and so on; one that is said again keeps its number.
/// Behind each goes a mark `s<n>`, and a segment counts as heard when that mark (or a later one) comes back as played.
///
/// A call may ask, by stream parameter, query of the WebSocket URL, field of the answer webhook or member of the body, for
/// - `voice`: 0 to 3 (0);
/// - `segment_ms`: length of a segment, 100 to 1,000 (250);
/// - `greet`: segments said when the call starts, 0 to 40,000 (12);
/// - `reply`: segments said each time the caller has stopped speaking, 0 to 40,000 (4; 0 is never). Speech is a message above
///   -35 dBFS; the caller has spoken after `speech_ms` of it without a break and stopped after 300 ms without any, both counted in the
///   caller's audio and not by the clock: a stall of the network is no silence;
/// - `interrupt`: `speech`, `keys`, `both` or `off` (`both`): what interrupts while something is unsaid or not yet heard;
/// - `speech_ms`: 40 to 2,000 (120);
/// - `then`: what follows an interruption. `stop` (the default): all that waits is dropped; a reply still follows when the caller stops
///   speaking. `resume`: when the caller has stopped speaking, or 500 ms after the key, the bot goes on with the first segment that
///   was not heard. `restart`: the same, from the first segment of the utterance. No reply follows these, unless everything turns
///   out to have been heard, so that nothing was interrupted;
/// - `keys`: `repeat` or `off` (`off`): each key is said back as the one segment whose number is its place in `0123456789*#ABCD`;
///   several wait for each other. With it goes `interrupt` `off` or `speech`, or a key would interrupt the one before it;
/// - `hang_up`: `never`, `after_greeting`, `after_reply`, `on_pound` (`never`). What waits is played first; a greeting or reply that was
///   interrupted for good is over too. The pound key then interrupts nothing, and nothing new is said after it.
public struct DrillBot: Bot {
    public let name = "drill"

    public init() {}

    public func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        BotPipeline([Drill(try DrillOptions(of: call), rate: call.stream.outbound.rate)])
    }
}
