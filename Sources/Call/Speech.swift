/// A word of an utterance, at its place in the utterance's audio.
public struct SpokenWord: Equatable, Sendable {
    public var text: String
    /// From the start of the utterance's audio.
    public var start: Duration
    public var end: Duration

    public init(_ text: String, start: Duration, end: Duration) {
        self.text = text
        self.start = start
        self.end = end
    }
}

/// What somebody was heard to say, as a recogniser wrote it down.
public struct Transcription: Equatable, Sendable {
    public var text: String
    /// `false`: the recogniser may still change its mind.
    public var isFinal: Bool
    /// A name for who spoke, where there are several; empty for the caller.
    public var userID: String

    public init(_ text: String, isFinal: Bool = true, userID: String = "") {
        self.text = text
        self.isFinal = isFinal
        self.userID = userID
    }
}

/// What became of one utterance of the bot: all that it had to say, all that left, all that the caller heard.
public struct UtteranceReport: Equatable, Sendable {
    /// Counts up from 1 in each call.
    public var number: Int
    /// What the bot handed over.
    public var queued: Duration
    /// What was sent to the provider.
    public var sent: Duration
    /// What the provider played.
    public var heard: Duration
    /// `heard` is by our clock: the provider did not confirm it.
    public var isEstimate: Bool
    /// Cut short by an interruption.
    public var wasInterrupted: Bool
    /// The words of ``Frame/Content/words(_:)`` that were heard whole, with spaces between them; `nil` when the bot gave none.
    public var textHeard: String?
    /// When the bot handed over the first sample.
    public var queuedAt: Moment
    /// When the first packet left; `nil`: none did.
    public var sentAt: Moment?
    /// When the first sample was heard, by the provider's word or our clock; `nil`: none was.
    public var heardAt: Moment?

    public var queuedMilliseconds: Int { Int(queued.milliseconds) }
    public var sentMilliseconds: Int { Int(sent.milliseconds) }
    public var heardMilliseconds: Int { Int(heard.milliseconds) }

    public init(
        number: Int, queued: Duration = .zero, sent: Duration = .zero, heard: Duration = .zero, isEstimate: Bool = false,
        wasInterrupted: Bool = false, textHeard: String? = nil, queuedAt: Moment, sentAt: Moment? = nil, heardAt: Moment? = nil
    ) {
        self.number = number
        self.queued = queued
        self.sent = sent
        self.heard = heard
        self.isEstimate = isEstimate
        self.wasInterrupted = wasInterrupted
        self.textHeard = textHeard
        self.queuedAt = queuedAt
        self.sentAt = sentAt
        self.heardAt = heardAt
    }
}
