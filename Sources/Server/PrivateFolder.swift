import Foundation
import Net

/// A folder that a setting names. It is made if it is missing, for its owner alone (0700).
struct PrivateFolder: Sendable {
    /// As it is typed, for sentences: `--capture`.
    let setting: String
    let path: String

    /// - Throws: ``NetError`` `system` when the folder cannot be written to; the sentence names it and the mend.
    func make() throws(NetError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw unusable("it is no folder and none can be made there")
        }
        guard access(path, W_OK | X_OK) == 0 else { throw unusable(Self.words(errno)) }
    }

    func unusable(_ reason: String) -> NetError {
        .system("\(setting) \(path): cannot be written to (\(reason)); choose a folder that this user may write to")
    }

    /// The system's words for an error number.
    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
