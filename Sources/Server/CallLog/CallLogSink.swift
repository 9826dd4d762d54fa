import Call
import Dispatch
import Net
import Synchronization

/// Writes the logs of all loops' calls, on a thread of its own: a slow disk costs lines, never calls.
final class CallLogSink: Sendable {
    /// Most that waits for the writer; past it events are dropped and counted. A minute of a thousand calls that each write a line of
    /// 256 bytes a second. Units: bytes.
    static let longestQueue = 16 << 20
    /// Calls that are with another telephone and may come back. Each holds a descriptor; past it the log of the oldest ends.
    static let mostAsleep = 1_000

    private final class Box: Sendable {
        private let held: Mutex<CallLogFile>
        init(_ file: consuming sending CallLogFile) { held = Mutex(file) }
        func with<Value: Sendable>(_ body: (inout CallLogFile) -> Value) -> Value { held.withLock { body(&$0) } }
    }

    /// Makes the file of one call: folder, call, microseconds since 1970.
    typealias Opener = @Sendable (String, String, Int64) throws(LineFile.Failure) -> LineFile

    private struct Files {
        var open: [String: Box] = [:]
        /// Calls that are elsewhere, and when they went: a number that counts up.
        var asleep: [String: UInt64] = [:]
        var lastAsleep: UInt64 = 0
    }

    private let folder: String
    private let keepsKeys: Bool
    private let logger: Logger
    private let limit: Int
    private let largestFile: Int
    private let mostAsleep: Int
    private let thread: WritingThread
    private let open: Opener
    private let waiting = Atomic<Int>(0)
    /// Touched on the thread alone.
    private let files = Mutex(Files())

    /// - Throws: ``NetError`` `system` when the folder cannot be written to; the sentence names it and the mend.
    init(
        folder: String, keepsKeys: Bool, _ logger: Logger, limit: Int = longestQueue, largestFile: Int = CallLogFile.largestFile,
        mostAsleep: Int = mostAsleep, thread: WritingThread = WritingThread("call logs"),
        open: @escaping Opener = { folder, call, time throws(LineFile.Failure) in
            try LineFile(folder: folder, call: call, startedAt: time)
        }
    ) throws(NetError) {
        try PrivateFolder(setting: "--log-dir", path: folder).make()
        self.folder = folder
        self.keepsKeys = keepsKeys
        self.logger = logger
        self.limit = limit
        self.largestFile = largestFile
        self.mostAsleep = mostAsleep
        self.thread = thread
        self.open = open
    }

    var isFull: Bool { waiting.load(ordering: .relaxed) > limit }

    /// Takes what a loop has gathered. Returns at once.
    func take(_ notes: [CallLogNote], size: Int) {
        waiting.wrappingAdd(size, ordering: .relaxed)
        thread.run { [self] in
            write(notes)
            waiting.wrappingSubtract(size, ordering: .relaxed)
        }
    }

    /// Waits until everything is written, ends the logs of calls that are elsewhere, and closes. Gives up as a capture's sink does.
    ///
    /// - Parameter now: by the clock of the loops.
    /// - Returns: `false` when it gave up.
    @discardableResult
    func finish(at now: Moment, patience: DispatchTimeInterval = WritingThread.patience) -> Bool {
        let left = thread.finish(patience: patience, left: { waiting.load(ordering: .relaxed) }) { [self] in
            let open = files.withLock { files in
                defer { files = Files() }
                return files.open
            }
            for box in open.values {
                box.with { $0.end(at: now) }
                _ = flush(box)
            }
        }
        guard let left else { return true }
        logger.log(
            .error, "call logs are not written to their end: the disk or the machine is too slow",
            ["folder": folder, "bytes_left": "\(left)"])
        return false
    }

    // MARK: On the thread

    private func write(_ notes: [CallLogNote]) {
        var touched: [String: Box] = [:]
        for note in notes {
            if case .began(let beginning) = note.content, files.withLock({ $0.open[note.call] }) == nil {
                begin(beginning, at: note.at)
            }
            guard let box = files.withLock({ $0.open[note.call] }) else { continue }
            touched[note.call] = box
            box.with { $0.write(note) }
            // A call that begins anew under the same id in this batch gets its own file.
            if box.with({ $0.isOver }) { settle(note.call, box) }
        }
        for (call, box) in touched { settle(call, box) }
        if let last = notes.last { endOldestAsleep(at: last.at) }
    }

    private func begin(_ beginning: CallLogNote.Beginning, at now: Moment) {
        let info = beginning.info
        do throws(LineFile.Failure) {
            let lines = try open(folder, info.id, beginning.startedAt)
            let path = lines.path
            let box = Box(CallLogFile(beginning, at: now, keepsKeys: keepsKeys, limit: largestFile, lines))
            files.withLock { $0.open[info.id] = box }
            logger.log(.debug, "call log begins", call: info.id, ["log": path])
        } catch {
            logger.log(
                .error, "call not logged: no file can be made in the folder; the call goes on", call: info.id,
                ["reason": error.reason, "folder": folder])
        }
    }

    /// Gives the lines to the system; forgets a file that is complete or takes no more.
    private func settle(_ call: String, _ box: Box) {
        let goesOn = flush(box)
        let isAsleep = box.with { $0.isAsleep }
        files.withLock { files in
            guard files.open[call] === box else { return }
            if !goesOn { files.open[call] = nil }
            guard goesOn, isAsleep else { return files.asleep[call] = nil }
            guard files.asleep[call] == nil else { return }
            files.lastAsleep += 1
            files.asleep[call] = files.lastAsleep
        }
    }

    private func endOldestAsleep(at now: Moment) {
        while let (call, box) = files.withLock({ files -> (String, Box)? in
            guard files.asleep.count > mostAsleep, let oldest = files.asleep.min(by: { $0.value < $1.value }) else { return nil }
            return files.open[oldest.key].map { (oldest.key, $0) }
        }) {
            box.with { $0.end(at: now) }
            settle(call, box)
        }
    }

    /// - Returns: whether more may be written.
    private func flush(_ box: Box) -> Bool {
        box.with { file in
            do throws(LineFile.Failure) {
                try file.flush()
            } catch {
                logger.log(
                    .error, "call log ended: the file takes no more; the call goes on", call: file.call,
                    ["reason": error.reason, "log": file.path])
                return false
            }
            return !file.isOver
        }
    }
}
