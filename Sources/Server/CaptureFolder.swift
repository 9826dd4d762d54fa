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
        let file = KeyFile(
            setting: "--capture", path: path + "/" + Self.keyName, length: Masking.keyLength,
            loss: "new captures will have other pseudonyms than the old ones")
        key = try file.key(cryptography)
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
}
