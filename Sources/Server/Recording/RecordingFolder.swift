import Call
import Foundation
import Net
import Recording
import Wire

/// The folder of `--record`, held by this process alone.
///
/// - Shape: for each recording `rec-<24 digits>.json` and `rec-….wav`, or `rec-….caller.wav` and `rec-….bot.wav`; `.key`, from which the
///   key of download links is made when no secret is set; `.lock`. The folder is made if it is missing, for its owner alone (0700); so
///   are its files (0600).
final class RecordingFolder: Sendable {
    static let keyName = ".key"
    static let lockName = ".lock"
    /// Units: bytes. That of HMAC-SHA256.
    static let keyLength = 32
    /// How long another server may still hold the folder: one that is stopping, when this one takes its place.
    static let patience = Duration.seconds(2)
    /// Largest `.json` that is read. Units: bytes. They have one; a longer one is not ours.
    static let largestEntry = 65_536

    let path: String
    private let lock: Int32
    private let cryptography: any Cryptography

    /// - Throws: ``NetError`` `system` when the folder cannot be had; the sentence names it and the mend.
    init(_ path: String, _ cryptography: any Cryptography, patience: Duration = patience) throws(NetError) {
        self.path = path
        self.cryptography = cryptography
        let folder = PrivateFolder(setting: "--record", path: path)
        try folder.make()
        lock = try folder.lock(Self.lockName, patience)
    }

    deinit { close(lock) }

    /// Lets another server have the folder.
    func release() { flock(lock, LOCK_UN) }

    /// What download links are signed with: made from the server's secret, which replicas share, else from the folder's own key.
    func linkKey(_ secret: Secret?) throws(NetError) -> [UInt8] {
        let key: [UInt8]
        if let secret {
            key = Array(secret.exposed.utf8)
        } else {
            let file = KeyFile(
                setting: "--record", path: path + "/" + Self.keyName, length: Self.keyLength,
                loss: "download links that were given out are worth nothing")
            key = try file.key(cryptography)
        }
        return cryptography.hmacSHA256(Array("recording links".utf8), key: key)
    }

    func file(_ entry: RecordingEntry, _ track: RecordingTrack) -> String { path + "/" + entry.fileName(track) }

    private func record(_ id: String) -> String { path + "/" + id + ".json" }

    /// Writes what is known of a recording: whole under another name, then renamed, so that nobody reads half of it.
    ///
    /// - Returns: the system's words when it cannot be written; what was there stays.
    func keep(_ entry: RecordingEntry) -> String? {
        let draft = record(entry.id) + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return PrivateFolder.words(errno) }
        let text = entry.kept.bytes + [0x0A]
        let isWritten = write(descriptor, text, text.count) == text.count
        let code = errno
        close(descriptor)
        guard isWritten else {
            unlink(draft)
            return PrivateFolder.words(code)
        }
        return rename(draft, record(entry.id)) == 0 ? nil : PrivateFolder.words(errno)
    }

    /// Removes the files; what is not there needs no removing.
    ///
    /// - Returns: the system's words when one stays.
    func remove(_ entry: RecordingEntry) -> String? {
        for file in entry.tracks.map({ self.file(entry, $0) }) + [record(entry.id)] {
            guard unlink(file) == 0 || errno == ENOENT else { return PrivateFolder.words(errno) }
        }
        return nil
    }

    /// All recordings in the folder. One that was going on when its process died is put right: it is `errored`, and plays.
    ///
    /// - Returns: what could not be read or put right, in sentences.
    func read() -> (entries: [RecordingEntry], complaints: [String]) {
        var entries: [RecordingEntry] = []
        var complaints: [String] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in names.sorted() where name.hasSuffix(".json") && RecordingEntry.isID(String(name.dropLast(5))) {
            guard let data = FileManager.default.contents(atPath: path + "/" + name), data.count <= Self.largestEntry,
                let value = try? JSONValue(parsing: Array(data)), let entry = RecordingEntry(value), entry.id + ".json" == name
            else {
                complaints.append("\(name) says nothing of a recording; it is left out")
                continue
            }
            entries.append(entry.isLive ? mended(entry, &complaints) : entry)
        }
        return (entries, complaints)
    }

    private func mended(_ entry: RecordingEntry, _ complaints: inout [String]) -> RecordingEntry {
        var entry = entry
        entry.status = .errored
        entry.reason = "the server stopped in the middle of the recording"
        let counts = entry.tracks.map { RecordingFile.repair(file(entry, $0), $0, entry.rate) }
        entry.frames = counts.compactMap(\.self).min() ?? 0
        if let reason = counts.contains(nil) ? "a file is missing" : keep(entry) {
            complaints.append("\(entry.id) of a server that died could not be put right: \(reason)")
        }
        return entry
    }
}
