import Dialing
import Foundation
import Net

/// The journal on disk: whole lines, each of them synced before anybody is told.
///
/// A value that one thread has at a time.
struct JournalFile: Sendable {
    /// A file below this is not worth rewriting. Units: bytes.
    static let smallest = 4 << 20
    /// One read of the file. Units: bytes.
    static let readSize = 1 << 18

    let folder: JournalFolder
    private let disk: JournalDisk
    private var descriptor: Int32
    /// What is known to be good; whatever lies behind it is cut off before the next line is written. Units: bytes.
    private(set) var length: Int
    /// What the last compaction left. Units: bytes.
    private var base: Int
    /// Whether bytes of a failed write may lie behind ``length``.
    private var hasTail = false

    /// A shorter journal that says the same as the first bytes of the one that is in use.
    struct Draft: Sendable {
        fileprivate let descriptor: Int32
        fileprivate let length: Int
        /// How much of the journal it stands for. Units: bytes.
        fileprivate let covers: Int
    }

    /// Opens the journal, or makes an empty one, cuts off a torn last line and writes it anew in fewer words.
    ///
    /// - Returns: the file, what it says, and what could not be done that can be done without.
    static func open(_ folder: JournalFolder, _ disk: JournalDisk, unixTime: Double) throws(NetError) -> (
        file: JournalFile, fold: JournalFold, complaints: [String]
    ) {
        unlink(folder.draft)
        let descriptor = Foundation.open(folder.file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw folder.unusable(PrivateFolder.words(errno)) }
        var file = JournalFile(folder: folder, disk: disk, descriptor: descriptor, length: 0, base: 0)
        do throws(NetError) {
            var fold = JournalFold()
            let size = try read(descriptor, upTo: .max, folder, into: &fold)
            file.length = fold.end()
            guard file.length >= 0, file.length <= size else {
                throw folder.unusable("its journal cannot be read")
            }
            file.hasTail = file.length < size
            if let reason = file.cutTail() ?? folder.sync() { throw folder.unusable(reason) }
            var complaints = fold.problems.map { "a line of the journal was left out: \($0)" }
            if !complaints.isEmpty {
                let kept = folder.path + "/" + JournalFolder.damagedName
                if link(folder.file, kept) == 0 { complaints.append("the journal with the broken lines is kept as \(kept)") }
            }
            file.base = file.length
            guard file.length > 0 else { return (file, fold, complaints) }
            let reason: String? =
                switch draft(of: fold, covers: file.length, folder, disk, unixTime: unixTime) {
                case .success(let draft): file.adopt(draft)
                case .failure(let failure): failure.reason
                }
            if let reason { complaints.append("the journal could not be written anew and stays as it is: \(reason)") }
            return (file, fold, complaints)
        } catch {
            file.close()
            throw error
        }
    }

    func close() { _ = Foundation.close(descriptor) }

    struct Failure: Error { let reason: String }

    // MARK: Lines

    /// Appends whole lines and syncs them. After a failure nothing of them counts: the next call begins where this one did.
    ///
    /// - Returns: the system's words when it failed.
    mutating func append(_ lines: [JournalLine]) -> String? {
        if let reason = cutTail() { return reason }
        var bytes: [UInt8] = []
        for line in lines { bytes += line.bytes }
        hasTail = true
        let reason =
            Self.write(bytes, to: descriptor, disk) ?? (disk.sync(descriptor) == 0 ? deletion : PrivateFolder.words(errno))
        guard reason == nil else {
            // At once: a whole line that got there is a call that was refused, and the next run would place it.
            _ = cutTail()
            return reason
        }
        hasTail = false
        length += bytes.count
        return nil
    }

    /// Why the file would be gone with this process; nothing in it is promised then.
    private var deletion: String? {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0 ? nil : "its file was deleted"
    }

    private mutating func cutTail() -> String? {
        if hasTail {
            guard ftruncate(descriptor, off_t(length)) == 0, fdatasync(descriptor) == 0 else { return PrivateFolder.words(errno) }
            hasTail = false
        }
        return lseek(descriptor, off_t(length), SEEK_SET) == off_t(length) ? nil : PrivateFolder.words(errno)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ disk: JournalDisk) -> String? {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = disk.write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return PrivateFolder.words(count == 0 ? ENOSPC : errno) }
                rest = rest.dropFirst(count)
            }
            return nil
        }
    }

    /// - Returns: how many bytes were read.
    private static func read(
        _ descriptor: Int32, upTo limit: Int, _ folder: JournalFolder, into fold: inout JournalFold
    ) throws(NetError) -> Int {
        var buffer = [UInt8](repeating: 0, count: readSize)
        var total = 0
        while total < limit {
            let count = pread(descriptor, &buffer, min(readSize, limit - total), off_t(total))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw folder.unusable(PrivateFolder.words(errno)) }
            guard count > 0 else { return total }
            fold.read(Array(buffer[..<count]))
            total += count
        }
        return total
    }

    // MARK: Compaction

    /// Whether a shorter file would be worth its writing: more than ``smallest``, and more than twice what the last one left.
    var isLong: Bool { length > Self.smallest && length / 2 > base }

    /// Takes no new try until the file has doubled once more.
    mutating func giveUpCompaction() { base = length }

    /// Writes a shorter journal beside the one in use, and syncs it. On any thread: the journal itself is only read.
    static func draft(
        of folder: JournalFolder, covers: Int, _ disk: JournalDisk, unixTime: Double
    ) -> Result<Draft, Failure> {
        let descriptor = Foundation.open(folder.file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return .failure(Failure(reason: PrivateFolder.words(errno))) }
        defer { _ = Foundation.close(descriptor) }
        var fold = JournalFold()
        do throws(NetError) {
            let size = try read(descriptor, upTo: covers, folder, into: &fold)
            guard size == covers, fold.end() == covers else { return .failure(Failure(reason: "it is shorter than it was")) }
        } catch {
            return .failure(Failure(reason: "\(error)"))
        }
        return draft(of: fold, covers: covers, folder, disk, unixTime: unixTime)
    }

    private static func draft(
        of fold: JournalFold, covers: Int, _ folder: JournalFolder, _ disk: JournalDisk, unixTime: Double
    ) -> Result<Draft, Failure> {
        unlink(folder.draft)
        let descriptor = Foundation.open(folder.draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return .failure(Failure(reason: PrivateFolder.words(errno))) }
        let bytes = Array(fold.compacted(unixTime: unixTime).joined())
        if let reason = write(bytes, to: descriptor, disk) ?? (disk.sync(descriptor) == 0 ? nil : PrivateFolder.words(errno)) {
            _ = Foundation.close(descriptor)
            unlink(folder.draft)
            return .failure(Failure(reason: reason))
        }
        return .success(Draft(descriptor: descriptor, length: bytes.count, covers: covers))
    }

    /// Goes on with the draft, after the lines that came while it was made. Until the name has changed the old file is the journal, and
    /// both say the same.
    ///
    /// - Returns: why it stays with the old file.
    mutating func adopt(_ draft: Draft) -> String? {
        var tail = [UInt8](repeating: 0, count: length - draft.covers)
        var filled = 0
        while filled < tail.count {
            let count = tail[filled...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(draft.covers + filled))
            }
            guard count > 0 else { return drop(draft, PrivateFolder.words(errno)) }
            filled += count
        }
        if let reason = Self.write(tail, to: draft.descriptor, disk) { return drop(draft, reason) }
        guard disk.sync(draft.descriptor) == 0 else { return drop(draft, PrivateFolder.words(errno)) }
        guard rename(folder.draft, folder.file) == 0 else { return drop(draft, PrivateFolder.words(errno)) }
        close()
        descriptor = draft.descriptor
        length = draft.length + tail.count
        base = length
        hasTail = false
        // The name has changed for all who look now. After a fall of power it may be the old one again, so no line is written before
        // this is done.
        return folder.sync()
    }

    private func drop(_ draft: Draft, _ reason: String) -> String {
        _ = Foundation.close(draft.descriptor)
        unlink(folder.draft)
        return reason
    }
}
