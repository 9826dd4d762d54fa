import Call
import Foundation
import Net

/// A random key that a folder keeps from one start to the next.
///
/// - Shape: two hexadecimal digits for each byte and a line break. For its owner alone (0600).
struct KeyFile {
    /// The setting whose folder it is, for sentences.
    let setting: String
    let path: String
    /// Units: bytes.
    let length: Int
    /// What happens without a broken key, for the sentence that says how to mend it.
    let loss: String

    /// Reads the key, or makes it: written whole under another name and linked, so that no process ever reads half a key and two that
    /// start at once agree on one.
    ///
    /// - Throws: ``NetError`` `system` when it cannot be had; the sentence names it and the mend.
    func key(_ cryptography: any Cryptography) throws(NetError) -> [UInt8] {
        if let key = try read() { return key }
        let draft = path + "." + Hex.text(cryptography.randomBytes(8))
        let text = Array((Hex.text(cryptography.randomBytes(length)) + "\n").utf8)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(PrivateFolder.words(errno)) }
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        close(descriptor)
        defer { unlink(draft) }
        guard isWritten, link(draft, path) == 0 || errno == EEXIST else { throw unwritable(PrivateFolder.words(errno)) }
        guard let key = try read() else { throw unwritable("it went away") }
        return key
    }

    /// - Returns: `nil` when there is none yet.
    private func read() throws(NetError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(
                "\(setting): the key \(path) cannot be read (\(PrivateFolder.words(errno))); give this user the right to, or another folder"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw .system("\(setting): the key \(path) is open to others; run chmod 600 \(path)")
        }
        var text = [UInt8](repeating: 0, count: 2 * length + 2)
        let count = Foundation.read(descriptor, &text, text.count)
        let digits = text.prefix(max(count, 0)).filter { $0 != 0x0A }
        let key = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
        guard digits.count == 2 * length, key.count == length else {
            throw .system("\(setting): the key \(path) is broken; move it away, and \(loss)")
        }
        return key
    }

    private func unwritable(_ reason: String) -> NetError {
        .system("\(setting): the key \(path) cannot be written (\(reason)); choose a folder that this user may write to")
    }
}
