import Call
import Foundation

/// A file of whole lines about one call, readable while it grows and after a crash. Owned by one writer's thread.
struct LineFile: ~Copyable {
    /// Why a file ends before its call: the system's words.
    struct Failure: Error { let reason: String }

    let path: String
    private let descriptor: Int32
    /// Bytes of whole lines that the file holds.
    private(set) var length = 0

    /// Makes `20261121T045500Z-call-<24 digits>.jsonl` (`open`, new, 0600).
    ///
    /// - Parameter startedAt: microseconds since 1970.
    init(folder: String, call id: String, startedAt: Int64) throws(Failure) {
        path = folder + "/" + Self.name(call: id, startedAt: startedAt)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(reason: PrivateFolder.words(errno)) }
    }

    /// Takes an open descriptor over.
    init(descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Gives the lines to the system (`write`): from here on they outlive this process. Leaves `lines` empty.
    ///
    /// - Throws: ``Failure`` when the disk takes no more. What went in of the last line is taken back, so that the file reads whole.
    mutating func append(_ lines: inout [UInt8]) throws(Failure) {
        var start = 0
        while start < lines.count {
            let count = lines[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = PrivateFolder.words(count == 0 ? EIO : errno)
                if let end = lines[..<start].lastIndex(of: 0x0A) { length += end + 1 }
                ftruncate(descriptor, off_t(length))
                throw Failure(reason: reason)
            }
            start += count
        }
        length += lines.count
        lines.removeAll(keepingCapacity: true)
    }

    /// - Parameter startedAt: microseconds since 1970.
    static func name(call id: String, startedAt: Int64) -> String {
        let second = max(startedAt, 0) / 1_000_000
        let date = CivilDay(number: second / 86_400).text.filter { $0 != "-" }
        let time = CivilDay.clock(second % 86_400).filter { $0 != ":" }
        return "\(date)T\(time)Z-\(id).jsonl"
    }
}
