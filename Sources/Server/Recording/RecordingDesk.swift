import Call
import Net
import Pipeline
import Recording

/// The recordings of one loop: gathers what its calls say and gives it to the writer ten times a second. Lives on its loop.
final class RecordingDesk {
    /// How long a note waits here: a tenth of what sound waits anyway until it has settled.
    static let period = Duration.milliseconds(100)
    /// A batch of this size leaves at once. Units: bytes. Bounds what loops hold beside the writer's queue.
    static let largestBatch = 1 << 20

    let sink: RecordingSink
    private let home: EventLoopHandle
    private var batch = RecordingBatch()
    /// When the batch leaves; `nil` while it is empty.
    private(set) var deadline: Moment?
    private var isFull = false
    /// Asks the loop to call ``flush(ifDueAt:)`` at a moment.
    private let wake: (Moment) -> Void

    init(_ sink: RecordingSink, _ home: EventLoopHandle, wake: @escaping (Moment) -> Void) {
        self.sink = sink
        self.home = home
        self.wake = wake
    }

    /// What is done with each call at its beginning.
    var firstOrders: [RecordingOrder] { sink.settings.isAutomatic ? [.start(sink.settings.layout)] : [] }

    /// Begins to record a call.
    func begin(_ call: CallRecord, _ layout: RecordingLayout, id: String, unixTime: Double, at now: Moment) -> RecordingTap {
        let plan = RecordingPlan(
            layout, inbound: call.start.inbound.rate, outbound: call.start.outbound.rate, masksKeys: !sink.settings.keepsKeys,
            start: now)
        let entry = RecordingEntry(
            id: id, callID: call.id, provider: call.provider.text, layout: layout, rate: plan.rate,
            startedAt: Int64(unixTime * 1_000_000))
        sink.catalog.add(entry)
        let number = sink.newNumber()
        change(at: now) { $0.begin(RecordingBatch.Beginning(recording: number, entry: entry, plan: plan, home: home)) }
        return RecordingTap(self, number: number, entry: entry)
    }

    /// Whether the writer takes more. Looked at once a batch, and while it does not.
    fileprivate func hasRoom() -> Bool {
        if isFull { isFull = sink.isFull }
        return !isFull
    }

    fileprivate func change(at now: Moment, _ change: (inout RecordingBatch) -> Void) {
        change(&batch)
        if batch.size >= Self.largestBatch { return flush(at: now) }
        guard deadline == nil else { return }
        let due = now + Self.period
        deadline = due
        wake(due)
    }

    func flush(at now: Moment) {
        deadline = nil
        guard !batch.isEmpty else { return }
        let full = batch
        batch = RecordingBatch(like: full)
        sink.take(full, at: now)
        isFull = sink.isFull
    }

    func flush(ifDueAt now: Moment) { if let deadline, deadline <= now + Schedule.grain { flush(at: now) } }

    /// The writer is too far behind: the call loses its recording, not its time. Told behind this turn of the loop.
    fileprivate func drop(_ entry: RecordingEntry) {
        let (id, call) = (entry.id, entry.callID)
        home.post { ($0.service as? LoopServer)?.host(call)?.recordingEnded(id, .errored) }
    }
}

/// What one recording hears of its call. Lives on the call's loop.
final class RecordingTap: CallTap {
    private unowned let desk: RecordingDesk
    private let number: UInt64
    let entry: RecordingEntry
    private var isOver = false
    private(set) var isPaused = false

    fileprivate init(_ desk: RecordingDesk, number: UInt64, entry: RecordingEntry) {
        self.desk = desk
        self.number = number
        self.entry = entry
    }

    var id: String { entry.id }
    var status: RecordingStatus { isPaused ? .paused : .recording }

    /// The last moment that is known to the tap: what carries none has this one.
    private var last = Moment.zero

    func caller(_ samples: Span<Int16>, at now: Moment) { note(.caller, samples, at: now) }

    func sent(_ samples: Span<Int16>, position: Int, playsAt: Moment) {
        note(.sent(position: position, playsAt: playsAt), samples, at: last)
    }

    private func note(_ kind: RecordingBatch.Kind, _ samples: Span<Int16>, at now: Moment) {
        guard !isOver else { return }
        guard desk.hasRoom() else { return drop(at: now) }
        last = now
        desk.change(at: now) { $0.note(number, at: now, kind, samples) }
    }

    func confirmed(position: Int, at now: Moment) { note(.confirmed(position), at: now) }
    func cut(_ positions: Range<Int>) { note(.cut(positions), at: last) }
    func key(at now: Moment) { note(.key, at: now) }

    func pause(at now: Moment) {
        guard !isPaused else { return }
        isPaused = true
        note(.pause, at: now)
        change(to: .paused)
    }

    func resume(at now: Moment) {
        guard isPaused else { return }
        isPaused = false
        note(.resume, at: now)
        change(to: .recording)
    }

    private func change(to status: RecordingStatus) {
        guard let changed = desk.sink.catalog.change(id, { if $0.isLive { $0.status = status } }) else { return }
        desk.sink.keep(changed)
    }

    /// - Parameter reason: why it ends as an error.
    func end(at now: Moment, reason: String? = nil) {
        note(.end(reason: reason), at: now)
        isOver = true
    }

    private func note(_ kind: RecordingBatch.Kind, at now: Moment) {
        guard !isOver else { return }
        last = now
        desk.change(at: now) { $0.note(number, at: now, kind) }
    }

    private func drop(at now: Moment) {
        end(at: now, reason: "the writer was more than \(RecordingSink.longestQueue >> 20) MiB behind")
        desk.drop(entry)
    }
}
