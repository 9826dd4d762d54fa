import Call
import Capture
import Foundation
import Net

/// The folder of `--capture` and its key.
///
/// - Shape: one file a call, `20261121T045500Z-call-<24 digits>.jsonl`, and `.key`: 64 hexadecimal digits and a line break. The folder
///   is made if it is missing, for its owner alone; so are its files (0600).
struct CaptureFolder: Sendable {
    static let keyName = ".key"

    let path: String
    /// What ids and numbers are hashed with. Stays in the folder; no capture holds it.
    let key: [UInt8]

    /// - Throws: ``NetError`` `system` when the folder or its key cannot be had; the sentence names it and the mend.
    init(_ path: String, _ cryptography: any Cryptography) throws(NetError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Self.unusable(path, "it is no folder and none can be made there")
        }
        guard access(path, W_OK | X_OK) == 0 else { throw Self.unusable(path, Self.words(errno)) }
        key = try Self.key(in: path, cryptography)
    }

    /// Opens the file of one call (`open`, new, 0600).
    ///
    /// - Returns: descriptor and path, or the system's words.
    func open(call id: String, startedAt: Int64) -> Result<(descriptor: Int32, path: String), CaptureFile.Failure> {
        let file = path + "/" + Self.name(call: id, startedAt: startedAt)
        let descriptor = Foundation.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return .failure(CaptureFile.Failure(reason: Self.words(errno))) }
        return .success((descriptor, file))
    }

    /// - Parameter startedAt: microseconds since 1970.
    static func name(call id: String, startedAt: Int64) -> String {
        var second = time_t(startedAt / 1_000_000)
        var parts = tm()
        gmtime_r(&second, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map(padded).joined()
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0)) }.joined()
        return "\(date)T\(time)Z-\(id).jsonl"
    }

    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func unusable(_ path: String, _ reason: String) -> NetError {
        .system("--capture \(path): cannot be written to (\(reason)); choose a folder that this user may write to")
    }

    // MARK: The key

    /// Reads the key, or makes it: written whole under another name and linked, so that no process ever reads half a key and two that
    /// start at once agree on one.
    private static func key(in folder: String, _ cryptography: any Cryptography) throws(NetError) -> [UInt8] {
        let path = folder + "/" + keyName
        if let key = try read(path) { return key }
        let draft = path + "." + Hex.text(cryptography.randomBytes(8))
        let text = Array((Hex.text(cryptography.randomBytes(Masking.keyLength)) + "\n").utf8)
        let descriptor = Foundation.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unusable(folder, words(errno)) }
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        close(descriptor)
        defer { unlink(draft) }
        guard isWritten, link(draft, path) == 0 || errno == EEXIST else { throw unusable(folder, words(errno)) }
        guard let key = try read(path) else { throw unusable(folder, "its key went away") }
        return key
    }

    /// - Returns: `nil` when there is none yet.
    private static func read(_ path: String) throws(NetError) -> [UInt8]? {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(
                "--capture: the key \(path) cannot be read (\(words(errno))); give this user the right to, or another folder")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw .system("--capture: the key \(path) is open to others; run chmod 600 \(path)")
        }
        var text = [UInt8](repeating: 0, count: 2 * Masking.keyLength + 2)
        let count = Foundation.read(descriptor, &text, text.count)
        let digits = text.prefix(max(count, 0)).filter { $0 != 0x0A }
        let key = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
        guard digits.count == 2 * Masking.keyLength, key.count == Masking.keyLength else {
            throw .system(
                "--capture: the key \(path) is broken; move it away, and new captures will have other pseudonyms than the old ones")
        }
        return key
    }
}
