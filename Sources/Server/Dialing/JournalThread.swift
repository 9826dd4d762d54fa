import Dialing
import Dispatch
import Foundation
import Synchronization

/// The thread that the journal is written on: it takes all lines that wait, writes them and syncs once (group commit).
final class JournalThread: Sendable {
    enum News: Sendable {
        /// On disk up to this record.
        case synced(through: UInt64)
        /// Nothing could be written; the lines wait and are tried again. The sentence is the system's.
        case failed(String)
        /// Compaction failed; the journal goes on as it is.
        case stayedLong(String)
    }

    /// How long a broken disk is left alone.
    static let retry = DispatchTimeInterval.seconds(1)

    private struct State {
        var lines: [JournalLine] = []
        var draft: Result<JournalFile.Draft, JournalFile.Failure>?
        var isEnding = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let disk: JournalDisk
    private let clock: @Sendable () -> Double
    private let tell: @Sendable (News) -> Void

    /// - Parameters:
    ///   - clock: seconds since 1970.
    ///   - tell: called on the thread.
    init(
        _ file: JournalFile, _ disk: JournalDisk, clock: @escaping @Sendable () -> Double,
        tell: @escaping @Sendable (News) -> Void
    ) {
        self.disk = disk
        self.clock = clock
        self.tell = tell
        let thread = Thread { [self] in run(file) }
        thread.name = "journal"
        thread.start()
    }

    /// Appends lines; ``News/synced(through:)`` tells when they are on disk.
    func write(_ lines: [JournalLine]) {
        state.withLock { $0.lines += lines }
        signal.signal()
    }

    /// Writes what waits and ends the thread. Blocks until it has.
    func end() {
        state.withLock { $0.isEnding = true }
        signal.signal()
        ended.wait()
    }

    private func run(_ opened: JournalFile) {
        var file = opened
        var waiting: [JournalLine] = []
        var isCompacting = false
        while true {
            if waiting.isEmpty { signal.wait() } else { _ = signal.wait(timeout: .now() + Self.retry) }
            let (lines, draft, isEnding) = state.withLock { state in
                defer {
                    state.lines = []
                    state.draft = nil
                }
                return (state.lines, state.draft, state.isEnding)
            }
            waiting += lines
            if !waiting.isEmpty { write(&waiting, to: &file) }
            if let draft {
                isCompacting = false
                take(draft, into: &file)
            }
            if isEnding {
                // A draft that is being made ends first, or it would be written into the next server's folder.
                if isCompacting { continue }
                file.close()
                ended.signal()
                return
            }
            if !isCompacting, file.isLong {
                isCompacting = true
                compact(file.folder, covers: file.length)
            }
        }
    }

    private func write(_ waiting: inout [JournalLine], to file: inout JournalFile) {
        if let reason = file.append(waiting) { return tell(.failed(reason)) }
        if let last = waiting.last { tell(.synced(through: last.number)) }
        waiting = []
    }

    private func take(_ draft: Result<JournalFile.Draft, JournalFile.Failure>, into file: inout JournalFile) {
        let reason: String? =
            switch draft {
            case .success(let draft): file.adopt(draft)
            case .failure(let failure): failure.reason
            }
        guard let reason else { return }
        file.giveUpCompaction()
        tell(.stayedLong(reason))
    }

    /// On a thread that yields to all others: folding some megabytes takes a while, and nobody waits for it.
    private func compact(_ folder: JournalFolder, covers: Int) {
        let thread = Thread { [self] in
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, WritingThread.niceness)
            let draft = JournalFile.draft(of: folder, covers: covers, disk, unixTime: clock())
            state.withLock { $0.draft = draft }
            signal.signal()
        }
        thread.name = "compaction"
        thread.start()
    }
}
