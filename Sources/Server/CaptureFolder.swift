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
        try PrivateFolder(setting: "--capture", path: path).make()
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
        guard descriptor >= 0 else { return .failure(CaptureFile.Failure(reason: PrivateFolder.words(errno))) }
        return .success((descriptor, file))
    }

    /// - Parameter startedAt: microseconds since 1970.
    static func name(call id: String, startedAt: Int64) -> String {
        let second = max(startedAt, 0) / 1_000_000
        let date = CivilDay(number: second / 86_400).text.filter { $0 != "-" }
        let time = CivilDay.clock(second % 86_400).filter { $0 != ":" }
        return "\(date)T\(time)Z-\(id).jsonl"
    }
}
