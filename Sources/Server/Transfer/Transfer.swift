import Call
import Net
import Pipeline
import Providers

/// One call on its way to a telephone, from the bot's order to the end of the talk or to the caller's coming back. It does no I/O.
struct Transfer: Sendable {
    /// What is to be done.
    enum Action: Equatable, Sendable {
        case tellBot(TransferAnswer)
        /// Close the stream, not the call.
        case closeStream
        /// The call is over.
        ///
        /// - Parameter hangsUp: the paid leg may still be up.
        case end(Termination, hangsUp: Bool)
    }

    /// The caller's first stream.
    private enum Stream: Sendable {
        case open
        /// With the word by which the call would have ended.
        case ended(Termination)

        var isOpen: Bool { if case .open = self { true } else { false } }
    }

    private enum Phase: Sendable {
        /// The provider has been asked.
        case asked(Stream)
        /// It has not answered, and may have heard.
        case doubtful(Stream)
        /// It said yes and has not fetched the document yet.
        case accepted(Stream)
        /// It rings, or the two talk.
        case dialling(Stream)
        /// A bridged telephone has answered.
        case talking(Stream)
        /// Nobody answered; the new stream is to come.
        case returning(DialEnd)
        /// The call goes on or has ended without the transfer.
        case over
    }

    /// Tells this transfer from others of the same call.
    let nonce: String
    let order: TransferOrder
    let dial: TransferDial
    let call: CallInfo
    let dialled: DialledClaim?
    let bodyError: String?
    let isBridged: Bool
    /// The loop of the first stream, which keeps the time.
    let home: EventLoopHandle
    private let limits: TransferLimits
    private var phase = Phase.asked(.open)
    /// When the step under way is given up.
    private(set) var deadline: Moment?

    init(
        nonce: String, _ order: TransferOrder, _ dial: TransferDial, _ call: CallInfo, dialled: DialledClaim?, bodyError: String?,
        isBridged: Bool, home: EventLoopHandle, _ limits: TransferLimits
    ) {
        self.nonce = nonce
        self.order = order
        self.dial = dial
        self.call = call
        self.dialled = dialled
        self.bodyError = bodyError
        self.isBridged = isBridged
        self.home = home
        self.limits = limits
    }

    /// Nothing more comes of it: the table forgets it.
    var isOver: Bool { if case .over = phase { true } else { false } }

    /// The caller is not on a stream of ours.
    var isAway: Bool {
        switch phase {
        case .asked(.ended), .doubtful(.ended), .accepted(.ended), .dialling(.ended), .talking(.ended), .returning: true
        case .asked(.open), .doubtful(.open), .accepted(.open), .dialling(.open), .talking(.open), .over: false
        }
    }

    // MARK: What happens

    /// The provider has answered the request.
    mutating func answered(_ outcome: TransferOutcome, at now: Moment) -> [Action] {
        guard case .asked(let stream) = phase else { return [] }
        switch outcome {
        case .accepted where isBridged, .unknown where isBridged:
            phase = .dialling(stream)
            deadline = now + .seconds(dial.timeout) + limits.grace
            return []
        case .accepted:
            phase = .accepted(stream)
            deadline = now + limits.document
            return stream.isOpen ? [.tellBot(.accepted)] : []
        case .unknown(let sentence):
            phase = .doubtful(stream)
            deadline = now + limits.document
            return stream.isOpen ? [.tellBot(.refused(sentence))] : []
        case .refused(let sentence): return giveUp(sentence, stream)
        }
    }

    /// The provider wants the document that dials.
    ///
    /// - Returns: `nil` when it may not have it any more.
    mutating func documentAsked(at now: Moment) -> [Action]? {
        let news: [Action]
        let stream: Stream
        switch phase {
        case .asked(let given), .doubtful(let given): (stream, news) = (given, given.isOpen ? [.tellBot(.accepted)] : [])
        case .accepted(let given): (stream, news) = (given, [])
        // A provider that did not get it asks once more.
        case .dialling where !isBridged: return []
        case .dialling, .talking, .returning, .over: return nil
        }
        guard !isBridged else { return nil }
        phase = .dialling(stream)
        deadline = now + (stream.isOpen ? limits.streamEnd : whole)
        return news
    }

    /// The stream has ended.
    ///
    /// - Returns: whether the call goes on without it.
    mutating func streamEnded(_ termination: Termination, at now: Moment) -> Bool {
        let isLetGo: Bool
        switch termination {
        case .callerHungUp, .connectionLost, .transferred: isLetGo = true
        // A bot that is done once the provider has said yes.
        case .completed: if case .asked = phase { isLetGo = false } else { isLetGo = true }
        case .canceled, .idleTimeout, .maximumDuration, .noStart, .refused, .protocolViolation, .peerTooSlow, .shutdown, .botFailed:
            isLetGo = false
        }
        switch phase {
        case .asked(.open) where isLetGo: phase = .asked(.ended(termination))
        case .doubtful(.open) where isLetGo && termination != .completed: phase = .doubtful(.ended(termination))
        case .accepted(.open) where isLetGo: phase = .accepted(.ended(termination))
        case .dialling(.open) where isLetGo:
            phase = .dialling(.ended(termination))
            deadline = now + whole
        case .talking(.open) where isLetGo:
            phase = .talking(.ended(termination))
            deadline = now + whole
        case .asked, .doubtful, .accepted, .dialling, .talking, .returning, .over:
            phase = .over
            deadline = nil
            return false
        }
        return true
    }

    /// What the provider says when it asks how to go on. The stream has ended, or is closed before this.
    ///
    /// - Returns: what is to be done, and how the dial failed if the caller is to come back.
    mutating func actionAsked(_ news: TransferNews, at now: Moment) -> (actions: [Action], comesBack: DialEnd?)? {
        switch (phase, news) {
        case (.dialling, .progress), (.dialling, .connected), (.returning, .progress), (.returning, .connected): return ([], nil)
        case (.dialling, .ended(.completed)):
            phase = .over
            return ([.end(.transferred, hangsUp: false)], nil)
        case (.dialling, .callerGone), (.returning, .callerGone):
            phase = .over
            return ([.end(.callerHungUp, hangsUp: false)], nil)
        case (.dialling, .ended(let end)):
            phase = .returning(end)
            deadline = now + limits.comeback
            return ([], end)
        // The last word on a telephone that did not answer.
        case (.returning, .ended(.completed)): return ([], nil)
        // Asked once more: the same answer.
        case (.returning(let end), .ended): return ([], end)
        case (.asked, _), (.doubtful, _), (.accepted, _), (.talking, _), (.over, _): return nil
        }
    }

    /// A callback about a bridged telephone.
    mutating func bridgeTold(_ news: TransferNews, at now: Moment) -> [Action] {
        guard isBridged else { return [] }
        switch (phase, news) {
        case (.asked(let stream), .connected), (.doubtful(let stream), .connected), (.accepted(let stream), .connected),
            (.dialling(let stream), .connected):
            phase = .talking(stream)
            deadline = now + whole
            return stream.isOpen ? [.tellBot(.accepted), .closeStream] : []
        case (.asked(let stream), .ended(let end)), (.doubtful(let stream), .ended(let end)),
            (.accepted(let stream), .ended(let end)),
            (.dialling(let stream), .ended(let end)):
            return giveUp("nobody answered: \(end.rawValue)", stream, hangsUp: true)
        // The provider hangs up on the caller too (`park_after_unbridge` is not asked for).
        case (.talking, .ended):
            phase = .over
            return [.end(.transferred, hangsUp: false)]
        case (_, .progress), (_, .callerGone), (.talking, .connected), (.returning, _), (.over, _): return []
        }
    }

    /// The step under way has taken too long.
    mutating func timedOut(at now: Moment) -> [Action] {
        deadline = nil
        switch phase {
        case .asked, .over: return []
        case .doubtful(.open):
            phase = .over
            return []
        case .accepted(let stream): return giveUp("the provider said yes and did not ask for the document that dials", stream)
        case .doubtful(let stream): return giveUp("", stream)
        case .dialling(.open) where isBridged:
            return giveUp("nobody answered, and the provider did not say so", .open)
        case .dialling(.open), .talking(.open):
            deadline = now + limits.streamEnd
            return [.closeStream]
        case .dialling(.ended), .talking(.ended):
            phase = .over
            return [.end(.maximumDuration, hangsUp: true)]
        case .returning:
            phase = .over
            return [.end(.connectionLost, hangsUp: true)]
        }
    }

    /// The new stream is there.
    ///
    /// - Returns: how the dial failed; `nil` when no stream is waited for.
    mutating func cameBack() -> DialEnd? {
        guard case .returning(let end) = phase else { return nil }
        phase = .over
        deadline = nil
        return end
    }

    /// The ringing, the talk and a while.
    private var whole: Duration { .seconds(dial.timeout) + .seconds(dial.limit) + limits.grace }

    /// Without the transfer the call is as it was.
    private mutating func giveUp(_ sentence: String, _ stream: Stream, hangsUp: Bool = false) -> [Action] {
        phase = .over
        deadline = nil
        switch stream {
        case .open: return [.tellBot(.refused(sentence))]
        case .ended(let word): return [.end(word, hangsUp: hangsUp || word == .connectionLost)]
        }
    }
}
