import Dialing
import Foundation

/// A campaign's files other than its state.
enum CampaignFiles {
    /// Why a file cannot be used. One sentence.
    struct Failure: Error { let sentence: String }

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure(sentence: "\(path): there is no such file")
        }
        guard !isFolder.boolValue, let data = FileManager.default.contents(atPath: path) else {
            throw Failure(sentence: "\(path): cannot be read")
        }
        return Array(data)
    }

    /// Puts a file in the place of another, whole or not at all. Only its owner may read it: it holds numbers.
    static func replace(_ path: String, with text: String) throws(Failure) {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = target.deletingLastPathComponent()
        let new = folder.appendingPathComponent(".\(target.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)").path
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: new, contents: Data(text.utf8), attributes: attributes), synced(new),
            rename(new, target.path) == 0
        else {
            unlink(new)
            throw Failure(sentence: "\(path): cannot be written; is there room in \(folder.path), and may it be written to?")
        }
    }

    private static func synced(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}

/// The do-not-call list, looked at again when it has changed.
struct CampaignSuppressionFile {
    /// What tells one state of a file from another.
    private struct Mark: Equatable {
        let inode: ino_t
        let size: off_t
        let seconds: Int
        let nanoseconds: Int
    }

    let path: String
    private var mark: Mark?

    init(_ path: String) { self.path = path }

    /// - Returns: `nil` when nothing has changed since the last look.
    /// - Throws: why it cannot be used. Nobody is to be called until it can be.
    mutating func look() throws(CampaignFiles.Failure) -> CampaignSuppression? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            mark = nil
            throw CampaignFiles.Failure(sentence: "the do-not-call list \(path) cannot be read")
        }
        let new = Mark(
            inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        guard new != mark else { return nil }
        mark = nil
        guard status.st_size <= CampaignSuppression.largest else {
            throw CampaignFiles.Failure(sentence: "the do-not-call list \(path) is over \(CampaignSuppression.largest >> 20) MiB")
        }
        let list = CampaignSuppression(try CampaignFiles.read(path))
        guard list.badLines.isEmpty else {
            let lines = list.badLines.prefix(10).map(String.init).joined(separator: ", ")
            throw CampaignFiles.Failure(
                sentence:
                    "the do-not-call list \(path): line \(lines) is no number; write +, country code and number, or # before a remark"
            )
        }
        mark = new
        return list
    }
}
