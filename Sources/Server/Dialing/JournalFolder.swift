import Call
import Dialing
import Foundation
import Net

/// The folder of `--journal`, held by this process alone.
///
/// - Shape: `journal.jsonl`, the records; `journal.jsonl.new`, a shorter one that is being written; `.lock`, whose `flock` says who has
///   the folder; `.secret`, what stream tokens are signed with when no secret is set. The folder is made if it is missing, for its owner
///   alone (0700); so are its files (0600).
final class JournalFolder: Sendable {
    static let fileName = "journal.jsonl"
    static let draftName = "journal.jsonl.new"
    /// A journal that had broken lines, as it was, so that somebody can look at it.
    static let damagedName = "journal.jsonl.damaged"
    static let lockName = ".lock"
    static let secretName = ".secret"
    /// Units: bytes. That of the MAC (HMAC-SHA256).
    static let secretLength = 32
    /// How long another server may still hold the folder: one that is stopping, when this one takes its place.
    static let patience = Duration.seconds(2)

    let path: String
    private let lock: Int32

    /// - Throws: ``NetError`` `system` when the folder cannot be had; the sentence names it and the mend.
    init(_ path: String, patience: Duration = patience) throws(NetError) {
        self.path = path
        let folder = PrivateFolder(setting: "--journal", path: path)
        try folder.make()
        // Taken before there is an instance: one whose `init` throws is closed by `deinit` too.
        lock = try folder.lock(Self.lockName, patience)
    }

    deinit { close(lock) }

    /// Lets another server have the folder.
    func release() { flock(lock, LOCK_UN) }

    var file: String { path + "/" + Self.fileName }
    var draft: String { path + "/" + Self.draftName }

    /// What stream tokens are signed with when no secret is set: made once, so that the stream of a call that was placed before a restart
    /// is let in behind it.
    func secret(_ cryptography: any Cryptography) throws(NetError) -> Secret {
        let file = KeyFile(
            setting: "--journal", path: path + "/" + Self.secretName, length: Self.secretLength,
            loss: "streams of calls that were placed before are refused")
        return Secret(Hex.text(try file.key(cryptography)))
    }

    /// Makes names that came or went last (`fsync` of the folder).
    func sync() -> String? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return PrivateFolder.words(errno) }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : PrivateFolder.words(errno)
    }

    func unusable(_ reason: String) -> NetError { PrivateFolder(setting: "--journal", path: path).unusable(reason) }
}

/// How bytes reach the disk. Tests put a broken disk in its place.
struct JournalDisk: Sendable {
    /// `write(2)`.
    var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Foundation.write($0, $1.baseAddress, $1.count) }
    /// `fdatasync(2)`.
    var sync: @Sendable (Int32) -> Int32 = { fdatasync($0) }
}
