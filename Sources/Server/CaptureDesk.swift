import Call
import Capture

/// The captures of one loop: gathers what its calls note and gives it to the writer ten times a second. Lives on its loop.
final class CaptureDesk {
    /// How long a note waits here. A process that is killed loses no more of a call than this and what the writer is at.
    static let period = Duration.milliseconds(100)
    /// A batch of this size leaves at once. Units: bytes. Bounds what loops hold beside the writer's queue.
    static let largestBatch = 1 << 20

    private let sink: CaptureSink
    private var batch = CaptureBatch()
    /// When the batch leaves; `nil` while it is empty.
    private(set) var deadline: Moment?
    private var isFull = false
    /// Asks the loop to call ``flush()`` at a moment.
    private let wake: (Moment) -> Void

    init(_ sink: CaptureSink, wake: @escaping (Moment) -> Void) {
        self.sink = sink
        self.wake = wake
    }

    /// A tape for a socket that has just opened.
    ///
    /// - Parameter unixTime: seconds since 1970.
    func tape(call id: String, at now: Moment, unixTime: Double) -> CaptureTape {
        CaptureTape(self, number: sink.newNumber(), call: id, openedAt: now, startedAt: Int64(unixTime * 1_000_000))
    }

    /// Whether the writer takes more. Looked at once a batch, and while it does not.
    fileprivate func hasRoom() -> Bool {
        if isFull { isFull = sink.isFull }
        return !isFull
    }

    fileprivate func change(at now: Moment, _ change: (inout CaptureBatch) -> Void) {
        change(&batch)
        if batch.size >= Self.largestBatch { return flush() }
        guard deadline == nil else { return }
        let due = now + Self.period
        deadline = due
        wake(due)
    }

    func flush() {
        deadline = nil
        guard !batch.isEmpty else { return }
        let full = batch
        batch = CaptureBatch()
        sink.take(full)
        isFull = sink.isFull
    }

    func flush(ifDueAt now: Moment) { if let deadline, deadline <= now + Schedule.grain { flush() } }
}

/// What one call notes. Until the call is admitted the notes wait here, with their own times; a socket that never becomes a call
/// leaves no file.
final class CaptureTape {
    /// Most that waits for the admission. Units: bytes. Four of the largest messages; a `start` comes first or second.
    static let mostWaiting = 262_144

    private enum State {
        case waiting(CaptureBatch)
        case running
        case over
    }

    private unowned let desk: CaptureDesk
    private let number: UInt64
    private let call: String
    private let openedAt: Moment
    private let startedAt: Int64
    private var state = State.waiting(CaptureBatch())
    /// How late the host is in this turn. Units: microseconds.
    private var late: Int64 = 0

    fileprivate init(_ desk: CaptureDesk, number: UInt64, call: String, openedAt: Moment, startedAt: Int64) {
        self.desk = desk
        self.number = number
        self.call = call
        self.openedAt = openedAt
        self.startedAt = startedAt
    }

    /// The host turns to the call.
    ///
    /// - Parameter due: when the call had wanted to be woken.
    func turn(at now: Moment, due: Moment?) {
        let behind = due.map { (now - $0).nanoseconds / 1_000 } ?? 0
        late = behind < CaptureLimits.leastLate ? 0 : behind
    }

    /// The call is admitted: its file begins, with what has waited.
    func begin(_ info: CallInfo, at now: Moment) {
        guard case .waiting(let early) = state else { return }
        state = .running
        desk.change(at: now) {
            $0.begin(CaptureBatch.Beginning(call: number, info: info, startedAt: startedAt))
            $0.append(early)
        }
    }

    func note(_ message: Span<UInt8>, _ kind: MessageKind, _ direction: CaptureEntry.Direction, at now: Moment) {
        let time = (now - openedAt).nanoseconds / 1_000
        switch state {
        case .running:
            guard desk.hasRoom() else { return cut(at: now) }
            desk.change(at: now) { $0.note(number, at: time, late: late, direction, kind, message) }
        case .waiting(var early):
            state = .over
            guard early.size + message.count <= Self.mostWaiting else { return }
            early.note(number, at: time, late: late, direction, kind, message)
            state = .waiting(early)
        case .over: return
        }
    }

    /// A message that is about to leave.
    func note(_ message: borrowing MessageBuffer, at now: Moment) {
        note(message.storage.span.extracting(droppingFirst: MessageBuffer.headroom), message.kind, .outward, at: now)
    }

    func note(_ kind: CaptureBatch.Kind, _ direction: CaptureEntry.Direction, at now: Moment) {
        let time = (now - openedAt).nanoseconds / 1_000
        switch state {
        case .running: desk.change(at: now) { $0.note(number, at: time, late: late, direction, kind) }
        case .waiting(var early):
            early.note(number, at: time, late: late, direction, kind)
            state = .waiting(early)
        case .over: return
        }
        if case .end = kind, direction == .outward { state = .over }
    }

    /// The host's timer has woken the call. In time, that is nothing to note.
    func noteLateWake(at now: Moment) { if late > 0 { note(.woken, .inward, at: now) } }

    private func cut(at now: Moment) {
        state = .over
        let time = (now - openedAt).nanoseconds / 1_000
        desk.change(at: now) { $0.note(number, at: time, late: 0, .inward, .cut(.backlog)) }
    }
}
