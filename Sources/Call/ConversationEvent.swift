/// One thing worth remembering of a conversation: a line in the call's event log.
public enum ConversationEvent: Equatable, Sendable {
    /// The caller begins or ends a turn.
    case userStartedSpeaking
    case userStoppedSpeaking
    /// The caller hears the bot begin, or its last word.
    case botStartedSpeaking
    case botStoppedSpeaking
    /// The bot holds its tongue: the caller may be about to interrupt.
    case outputPaused
    case outputResumed
    /// An interruption has reached playout. What was heard until then is in the `utterance` that follows.
    case interruption
    /// An utterance is over and its account is closed.
    case utterance(UtteranceReport)
    /// The caller pressed a key.
    case key(KeypadEntry)
    /// Keys were sent to the far end.
    case keysSent([KeypadEntry])
    case transcription(Transcription)
    /// What the bot says, in words.
    case botText(String)
    case turn(Turn)
    case latency(TurnLatency)
    /// Nobody has said anything for the idle time; how often in a row.
    case userIdle(Int)
    case transferAsked(timeout: Int)
    case transferAnswered(TransferAnswer)
    case handedOver(bot: String)
    /// A line of the bot's own: a name and named values, none of them secret.
    case bot(String, [String: String])

    /// One exchange: what the caller said and what the bot answered, numbered from 1.
    public struct Turn: Equatable, Sendable {
        public var number: Int
        public var duration: Duration
        public var wasInterrupted: Bool

        public init(number: Int, duration: Duration, wasInterrupted: Bool) {
            self.number = number
            self.duration = duration
            self.wasInterrupted = wasInterrupted
        }
    }

    /// From the caller's last sound to the bot's answer, step by step. Each is measured from the caller's last sound.
    public struct TurnLatency: Equatable, Sendable {
        /// The bot handed over its first sample.
        public var queued: Duration
        /// Its first packet left.
        public var sent: Duration?
        /// The caller heard it.
        public var heard: Duration?
        /// `heard` is by our clock.
        public var isEstimate: Bool

        public init(queued: Duration, sent: Duration? = nil, heard: Duration? = nil, isEstimate: Bool = false) {
            self.queued = queued
            self.sent = sent
            self.heard = heard
            self.isEstimate = isEstimate
        }
    }
}
