import Call
import Pipeline

/// The logs of one loop's calls: gathers what happens in them and gives it to the writer ten times a second. Lives on its loop.
final class CallLogDesk {
    /// How long a note waits here. A process that is killed loses no more of a call than this and what the writer is at.
    static let period = Duration.milliseconds(100)
    /// Notes of this size leave at once. Bounds what loops hold beside the writer's queue. Units: bytes.
    static let largestBatch = 1 << 18

    private let sink: CallLogSink
    private var notes: [CallLogNote] = []
    private var size = 0
    private var isFull = false
    /// When the notes leave; `nil` while there are none.
    private(set) var deadline: Moment?
    /// Asks the loop to call ``flush(ifDueAt:)`` at a moment.
    private let wake: (Moment) -> Void

    init(_ sink: CallLogSink, wake: @escaping (Moment) -> Void) {
        self.sink = sink
        self.wake = wake
    }

    /// Opens the log of a call, or goes on with it when the call has had a stream before.
    ///
    /// - Parameter unixTime: seconds since 1970.
    func open(_ info: CallInfo, isOutbound: Bool, at now: Moment, unixTime: Double) -> CallLogStream {
        let beginning = CallLogNote.Beginning(info: info, isOutbound: isOutbound, startedAt: Int64(unixTime * 1_000_000))
        take(CallLogNote(call: info.id, at: now, content: .began(beginning)))
        return CallLogStream(self, call: info.id)
    }

    /// Something that happens to a call between two streams: so rare that it is taken also while the writer is behind. For a call that
    /// has no log nothing is written.
    func append(_ event: ConversationEvent, call id: String, at now: Moment) {
        take(CallLogNote(call: id, at: now, content: .event(event)))
    }

    /// Ends the log of a call whose last stream was closed with ``CallLogStream/close(_:_:callGoesOn:at:)`` and which does not come back.
    func close(call id: String, _ word: Termination, at now: Moment) {
        take(CallLogNote(call: id, at: now, content: .ended(word, CallCounters())))
        flush()
    }

    /// Whether the writer takes more. Looked at once a batch, and while it does not.
    fileprivate var hasRoom: Bool {
        if isFull { isFull = sink.isFull }
        return !isFull
    }

    fileprivate func take(_ note: CallLogNote) {
        notes.append(note)
        size += note.size
        if size >= Self.largestBatch { return flush() }
        guard deadline == nil else { return }
        let due = note.at + Self.period
        deadline = due
        wake(due)
    }

    func flush() {
        deadline = nil
        guard !notes.isEmpty else { return }
        sink.take(notes, size: size)
        notes = []
        size = 0
        isFull = sink.isFull
    }

    func flush(ifDueAt now: Moment) { if let deadline, deadline <= now + Schedule.grain { flush() } }
}

/// What one stream of a call writes its log with.
final class CallLogStream {
    private unowned let desk: CallLogDesk
    private let call: String
    private var isOver = false
    /// Events that were not taken since the last one that was.
    private var dropped = 0

    fileprivate init(_ desk: CallLogDesk, call: String) {
        self.desk = desk
        self.call = call
    }

    func append(_ event: ConversationEvent, at now: Moment) {
        guard !isOver else { return }
        guard desk.hasRoom else { return dropped += 1 }
        tellDropped(at: now)
        desk.take(CallLogNote(call: call, at: now, content: .event(event)))
    }

    /// - Parameter callGoesOn: the provider took the caller elsewhere; the call may come back with another stream.
    func close(_ word: Termination, _ counters: CallCounters, callGoesOn: Bool = false, at now: Moment) {
        guard !isOver else { return }
        isOver = true
        tellDropped(at: now)
        desk.take(
            CallLogNote(call: call, at: now, content: callGoesOn ? .streamEnded(word, counters) : .ended(word, counters)))
        // The next stream may be another loop's, and comes behind this one.
        if callGoesOn { desk.flush() }
    }

    private func tellDropped(at now: Moment) {
        guard dropped > 0 else { return }
        desk.take(CallLogNote(call: call, at: now, content: .dropped(dropped)))
        dropped = 0
    }
}
