import Dialing
import Foundation
import Net

/// The folder of `--journal`, held by this process alone.
///
/// - Shape: `journal.jsonl`, the records; `journal.jsonl.new`, a shorter one that is being written; `.lock`, whose `flock` says who has
///   the folder. The folder is made if it is missing, for its owner alone (0700); so are its files (0600).
final class JournalFolder: Sendable {
    static let fileName = "journal.jsonl"
    static let draftName = "journal.jsonl.new"
    /// A journal that had broken lines, as it was, so that somebody can look at it.
    static let damagedName = "journal.jsonl.damaged"
    static let lockName = ".lock"
    /// How long another server may still hold the folder: one that is stopping, when this one takes its place.
    static let patience = Duration.seconds(2)
    /// Between two looks at the lock.
    private static let pause: UInt32 = 50_000

    let path: String
    private let lock: Int32

    /// - Throws: ``NetError`` `system` when the folder cannot be had; the sentence names it and the mend.
    init(_ path: String, patience: Duration = patience) throws(NetError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Self.unusable(path, "it is no folder and none can be made there")
        }
        lock = open(path + "/" + Self.lockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw Self.unusable(path, Self.words(errno)) }
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            guard clock.now < deadline else {
                close(lock)
                throw .system("--journal \(path): another server has this folder; stop it, or give this one another folder")
            }
            usleep(Self.pause)
        }
    }

    deinit { close(lock) }

    /// Lets another server have the folder.
    func release() { flock(lock, LOCK_UN) }

    var file: String { path + "/" + Self.fileName }
    var draft: String { path + "/" + Self.draftName }

    /// Puts the finished draft in the journal's place, so that it stays there through a fall of power (`rename`, `fsync` of the folder).
    ///
    /// - Returns: the system's words when it could not be done.
    func putDraftInPlace() -> String? {
        guard rename(draft, file) == 0 else { return Self.words(errno) }
        return sync()
    }

    /// Makes names that came or went last (`fsync` of the folder).
    func sync() -> String? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return Self.words(errno) }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : Self.words(errno)
    }

    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    static func unusable(_ path: String, _ reason: String) -> NetError {
        .system("--journal \(path): cannot be used (\(reason)); choose a folder that this user may write to")
    }
}

/// How bytes reach the disk. Tests put a broken disk in its place.
struct JournalDisk: Sendable {
    /// `write(2)`.
    var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Foundation.write($0, $1.baseAddress, $1.count) }
    /// `fdatasync(2)`.
    var sync: @Sendable (Int32) -> Int32 = { fdatasync($0) }
}
