import Audio
import Call
import Dispatch
import Net
import Recording
import Synchronization

/// Writes the recordings of all loops, on a thread of its own: a slow disk costs recordings, never calls.
final class RecordingSink: Sendable {
    /// Most that waits for the writer. Units: bytes. A thousand recorded calls at 8 kHz both ways for two seconds; past it the recordings
    /// whose calls speak end as `errored`.
    static let longestQueue = 64 << 20

    private final class Box: Sendable {
        let beginning: RecordingBatch.Beginning
        private let held: Mutex<RecordingWriter>
        init(_ beginning: RecordingBatch.Beginning, _ writer: consuming sending RecordingWriter) {
            self.beginning = beginning
            held = Mutex(writer)
        }
        func with<Value: Sendable>(_ body: (inout RecordingWriter) -> Value) -> Value { held.withLock { body(&$0) } }
    }

    let folder: RecordingFolder
    let catalog: RecordingCatalog
    let links: RecordingLinks
    let settings: RecordingSettings
    /// Reads for downloads: they do not wait for the writer, nor it for them.
    let reader = WritingThread("recording downloads")
    private let resamplers: any ResamplerFactory
    private let logger: Logger
    private let limit: Int
    private let patience: DispatchTimeInterval
    private let thread: WritingThread
    private let waiting = Atomic<Int>(0)
    private let numbers = Atomic<UInt64>(0)
    /// Touched on the thread alone.
    private let writers = Mutex<[UInt64: Box]>([:])

    init(
        _ folder: RecordingFolder, _ settings: RecordingSettings, _ links: RecordingLinks, resamplers: any ResamplerFactory,
        _ logger: Logger, patience: DispatchTimeInterval = WritingThread.patience,
        thread: WritingThread = WritingThread("recordings")
    ) {
        self.folder = folder
        self.settings = settings
        self.links = links
        self.resamplers = resamplers
        self.logger = logger
        limit = settings.longestQueue
        self.patience = patience
        self.thread = thread
        let (entries, complaints) = folder.read()
        catalog = RecordingCatalog(entries)
        for complaint in complaints { logger.log(.error, "recordings: \(complaint)", ["folder": folder.path]) }
    }

    func newNumber() -> UInt64 { numbers.wrappingAdd(1, ordering: .relaxed).newValue }

    var isFull: Bool { waiting.load(ordering: .relaxed) > limit }

    /// Takes what a loop has gathered. Returns at once.
    func take(_ batch: RecordingBatch, at now: Moment) {
        let size = batch.size
        waiting.wrappingAdd(size, ordering: .relaxed)
        thread.run { [self] in
            write(batch, at: now)
            waiting.wrappingSubtract(size, ordering: .relaxed)
        }
    }

    /// Runs a job on the thread, behind what was taken before.
    func run(_ job: @escaping WritingThread.Job) { thread.run(job) }

    /// Notes the recording's state in its file too, soon.
    func keep(_ entry: RecordingEntry) {
        thread.run { [self] in if let entry = catalog[entry.id] { write(entry) } }
    }

    /// Waits until everything is written, closes what is still open and lets the folder go.
    func finish() {
        _ = reader.end {}
        let left = thread.finish(patience: patience, left: { waiting.load(ordering: .relaxed) }) { [self] in
            let open = writers.withLock { writers in
                defer { writers = [:] }
                return writers.values.map(\.self)
            }
            for box in open { end(box, .errored, "the server stopped in the middle of the recording") }
            folder.release()
        }
        guard let left else { return }
        logger.log(
            .error, "recordings are not written to their end: the disk or the machine is too slow",
            ["folder": folder.path, "bytes_left": "\(left)"])
    }

    // MARK: On the thread

    private func write(_ batch: RecordingBatch, at now: Moment) {
        for beginning in batch.beginnings { begin(beginning) }
        var touched: [UInt64: Box] = [:]
        var start = 0
        for note in batch.notes {
            defer { start = note.end }
            guard let box = touched[note.recording] ?? writers.withLock({ $0[note.recording] }) else { continue }
            touched[note.recording] = box
            let range = start..<note.end
            box.with { $0.take(note, batch.samples.span.extracting(range)) }
            if case .end(let reason?) = note.kind { catalog.change(box.beginning.entry.id) { $0.reason = reason } }
        }
        for (number, box) in touched where !write(box, at: now) { writers.withLock { $0[number] = nil } }
    }

    private func begin(_ beginning: RecordingBatch.Beginning) {
        let entry = beginning.entry
        do throws(RecordingFile.Failure) {
            if let reason = folder.keep(entry) { throw RecordingFile.Failure(reason: reason) }
            let writer = try RecordingWriter(entry, beginning.plan, folder, settings.disk, resamplers)
            let box = Box(beginning, writer)
            writers.withLock { $0[beginning.recording] = box }
            logger.log(.info, "call recorded", call: entry.callID, ["recording": entry.id, "layout": entry.layout.rawValue])
        } catch {
            fail(beginning, error.reason)
        }
    }

    /// - Returns: whether more may be written.
    private func write(_ box: Box, at now: Moment) -> Bool {
        let beginning = box.beginning
        let (failure, frames, isOver, isFull): (String?, Int, Bool, Bool) = box.with { writer in
            do throws(RecordingFile.Failure) {
                try writer.write(at: now)
                return (nil, writer.frames, writer.isOver, writer.isFull)
            } catch {
                return (error.reason, writer.frames, writer.isOver, false)
            }
        }
        catalog.change(beginning.entry.id) { $0.frames = frames }
        if let failure {
            fail(beginning, failure)
            return false
        }
        if isOver {
            let isErrored = catalog[beginning.entry.id]?.reason != nil
            end(box, isErrored ? .errored : .finished, nil)
        } else if isFull {
            end(box, .finished, "the file is as long as a WAV file can be")
            tell(beginning, .finished)
        }
        return !isOver && !isFull
    }

    private func end(_ box: Box, _ status: RecordingStatus, _ reason: String?) {
        let changed = catalog.change(box.beginning.entry.id) {
            $0.status = status
            $0.reason = reason ?? $0.reason
        }
        guard let changed else { return }
        write(changed)
        logger.log(
            status == .errored ? .error : .info, status == .errored ? "recording ended in an error" : "recording finished",
            call: changed.callID, ["recording": changed.id, "seconds": "\(changed.duration)", "reason": changed.reason])
    }

    /// The recording takes no more; its call goes on.
    private func fail(_ beginning: RecordingBatch.Beginning, _ reason: String) {
        let changed = catalog.change(beginning.entry.id) {
            $0.status = .errored
            $0.reason = reason
        }
        logger.log(
            .error, "recording ended: the file takes no more; the call goes on", call: beginning.entry.callID,
            ["recording": beginning.entry.id, "reason": reason, "folder": folder.path])
        if let changed { write(changed) }
        tell(beginning, .errored)
    }

    private func write(_ entry: RecordingEntry) {
        guard let reason = folder.keep(entry) else { return }
        logger.log(
            .error, "what is known of a recording cannot be written; it is known until the server stops", call: entry.callID,
            ["recording": entry.id, "reason": reason, "folder": folder.path])
    }

    /// Tells the call that its recording has ended.
    private func tell(_ beginning: RecordingBatch.Beginning, _ status: RecordingStatus) {
        let (id, call) = (beginning.entry.id, beginning.entry.callID)
        beginning.home.post { ($0.service as? LoopServer)?.host(call)?.recordingEnded(id, status) }
    }
}
