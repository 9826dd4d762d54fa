import Call
import Capture
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
}
