import Call
import Capture
import Dispatch
import Net
import Synchronization

/// Writes the captures of all loops, on a thread of its own: a slow disk costs captures, never calls.
final class CaptureSink: Sendable {
    /// Most that waits for the writer. Units: bytes. Two seconds of a thousand mu-law calls; past it the captures of the calls that
    /// speak end with a line that says so.
    static let longestQueue = 64 << 20

    /// What is kept of a call.
    struct Options: Sendable {
        let audio: CaptureHeader.AudioKept
        let keepsKeys: Bool
        let build: String
        let cryptography: any Cryptography
    }

    private final class Box: Sendable {
        private let held: Mutex<CaptureFile>
        init(_ file: consuming sending CaptureFile) { held = Mutex(file) }
        func with<Value: Sendable>(_ body: (inout CaptureFile) -> Value) -> Value { held.withLock { body(&$0) } }
    }

    private let folder: CaptureFolder
    private let options: Options
    private let logger: Logger
    private let limit: Int
    private let patience: DispatchTimeInterval
    private let thread: WritingThread
    private let waiting = Atomic<Int>(0)
    private let numbers = Atomic<UInt64>(0)
    /// Touched on the thread alone.
    private let files = Mutex<[UInt64: Box]>([:])

    init(
        _ folder: CaptureFolder, _ options: Options, _ logger: Logger, limit: Int = longestQueue,
        patience: DispatchTimeInterval = WritingThread.patience, thread: WritingThread = WritingThread("captures")
    ) {
        self.folder = folder
        self.options = options
        self.logger = logger
        self.limit = limit
        self.patience = patience
        self.thread = thread
    }

    func newNumber() -> UInt64 { numbers.wrappingAdd(1, ordering: .relaxed).newValue }

    var isFull: Bool { waiting.load(ordering: .relaxed) > limit }

    /// Takes what a loop has gathered. Returns at once.
    func take(_ batch: CaptureBatch) {
        let size = batch.size
        waiting.wrappingAdd(size, ordering: .relaxed)
        thread.run { [self] in
            write(batch)
            waiting.wrappingSubtract(size, ordering: .relaxed)
        }
    }

    /// Waits until everything is written, and closes what is still open (``WritingThread/finish(patience:left:with:)``).
    ///
    /// - Returns: `false` when it gave up.
    @discardableResult
    func finish() -> Bool {
        let left = thread.finish(patience: patience, left: { waiting.load(ordering: .relaxed) }) { [self] in
            files.withLock { $0 = [:] }
        }
        guard let left else { return true }
        logger.log(
            .error, "captures are not written to their end: the disk or the machine is too slow",
            ["folder": folder.path, "bytes_left": "\(left)"])
        return false
    }

    /// Runs on the thread.
    private func write(_ batch: CaptureBatch) {
        for beginning in batch.beginnings { begin(beginning) }
        var touched: [UInt64: Box] = files.withLock { files in
            Dictionary(uniqueKeysWithValues: batch.beginnings.compactMap { one in files[one.call].map { (one.call, $0) } })
        }
        var start = 0
        for note in batch.notes {
            defer { start = note.end }
            guard let box = touched[note.call] ?? files.withLock({ $0[note.call] }) else { continue }
            touched[note.call] = box
            box.with { $0.write(note, batch.bytes[start..<note.end]) }
        }
        for (number, box) in touched where !flush(box) { files.withLock { $0[number] = nil } }
    }

    private func begin(_ beginning: CaptureBatch.Beginning) {
        do throws(CaptureFile.Failure) {
            let lines = try LineFile(folder: folder.path, call: beginning.info.id, startedAt: beginning.startedAt)
            let path = lines.path
            let file = CaptureFile(beginning, options, key: folder.key, lines)
            let box = Box(file)
            files.withLock { $0[beginning.call] = box }
            logger.log(.info, "call captured", call: beginning.info.id, ["capture": path])
        } catch {
            logger.log(
                .error, "call not captured: no file can be made in the folder", call: beginning.info.id,
                ["reason": error.reason, "folder": folder.path])
        }
    }

    /// - Returns: whether more may be written.
    private func flush(_ box: Box) -> Bool {
        box.with { file in
            do throws(CaptureFile.Failure) {
                try file.flush()
            } catch {
                logger.log(
                    .error, "capture ended: the file takes no more; the call goes on", call: file.call,
                    ["reason": error.reason, "capture": file.path])
                return false
            }
            if let cut = file.cut {
                logger.log(
                    .warning, "capture ended before the call; the call goes on", call: file.call,
                    ["reason": cut.rawValue, "capture": file.path])
            }
            return !file.isOver
        }
    }
}
