import Wire

/// The events of one call as lines of its log.
///
/// An interruption and the account of the utterance that it cut are one line, `interruption`: the engine tells of the first at once and
/// of the second when the provider has said how far it got. Utterances that were heard to their end, and those that waited behind one
/// that was cut, are `utterance` lines. An interruption that cut nothing is a line with `heard_ms` 0 and no `utterance`.
public struct ConversationLines: Sendable {
    /// How long an interruption waits for its account. The provider has a second to answer a clear; past twice that none will come.
    public static let longestWait = Duration.seconds(2)
    /// Interruptions that wait at once; past it the oldest is written without an account. Eight a second is more than anybody interrupts.
    static let mostWaiting = 16

    private let beganAt: Moment
    private let keepsKeys: Bool
    /// Interruptions without their account, the oldest first.
    private var waiting: [Moment] = []
    /// The last interruption that has it.
    private var accounted: Moment?

    /// - Parameter keepsKeys: whether the lines say which keys were pressed.
    public init(beganAt: Moment, keepsKeys: Bool) {
        self.beganAt = beganAt
        self.keepsKeys = keepsKeys
    }

    public mutating func lines(of event: ConversationEvent, at now: Moment) -> [EventLine] {
        var lines = giveUp { now - $0 > Self.longestWait }
        if case .interruption = event {
            waiting.append(now)
            if waiting.count > Self.mostWaiting { lines.append(Self.cutNothing(at: waiting.removeFirst())) }
        } else if case .utterance(let report) = event, report.wasInterrupted {
            lines += close(report, at: now)
        } else {
            lines.append(event.line(at: now, since: beganAt, keepsKeys: keepsKeys))
        }
        return lines
    }

    /// The call is over: what still waits.
    public mutating func finish() -> [EventLine] { giveUp { _ in true } }

    private mutating func close(_ report: UtteranceReport, at now: Moment) -> [EventLine] {
        let plain = ConversationEvent.utterance(report).line(at: now, since: beganAt, keepsKeys: keepsKeys)
        // It waited behind the one that was cut: one interruption, one line.
        if let accounted, report.queuedAt < accounted { return [plain] }
        // An interruption before the bot spoke is not the one that cut it. What a bot answers to a key has the moment of the key.
        var lines = giveUp { $0 <= report.queuedAt }
        guard !waiting.isEmpty else { return lines + [plain] }
        let moment = waiting.removeFirst()
        accounted = moment
        lines.append(
            EventLine(
                "interruption", at: moment,
                [
                    "heard_ms": .milliseconds(report.heard), "queued_ms": .milliseconds(report.queued),
                    "sent_ms": .milliseconds(report.sent), "estimated": .bool(report.isEstimate),
                    "text_heard": report.textHeard.map(JSONValue.spoken), "utterance": .whole(report.number),
                    "queued_at_ms": .milliseconds(report.queuedAt - beganAt),
                    "sent_at_ms": report.sentAt.map { .milliseconds($0 - beganAt) },
                    "heard_at_ms": report.heardAt.map { .milliseconds($0 - beganAt) },
                ]))
        return lines
    }

    private mutating func giveUp(_ isOver: (Moment) -> Bool) -> [EventLine] {
        let over = waiting.prefix(while: isOver)
        waiting.removeFirst(over.count)
        return over.map(Self.cutNothing)
    }

    private static func cutNothing(at moment: Moment) -> EventLine {
        EventLine("interruption", at: moment, ["heard_ms": .whole(0), "estimated": .bool(false)])
    }
}
