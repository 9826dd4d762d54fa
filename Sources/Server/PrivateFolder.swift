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

    /// Between two looks at a lock.
    private static let pause: UInt32 = 50_000

    /// Makes this process the only one that has the folder (`flock`).
    ///
    /// - Parameter patience: how long another server may still hold it.
    /// - Returns: the descriptor that holds the lock.
    func lock(_ name: String, _ patience: Duration) throws(NetError) -> Int32 {
        let descriptor = open(path + "/" + name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unusable(Self.words(errno)) }
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard clock.now < deadline else {
                close(descriptor)
                throw .system("\(setting) \(path): another server has this folder; stop it, or give this one another folder")
            }
            usleep(Self.pause)
        }
        return descriptor
    }

    func unusable(_ reason: String) -> NetError {
        .system("\(setting) \(path): cannot be written to (\(reason)); choose a folder that this user may write to")
    }

    /// The system's words for an error number.
    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
