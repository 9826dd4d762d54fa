import Dialing
import Foundation

/// The append-only state of a campaign, next to its list. One process holds it at a time (`flock`).
final class CampaignStateFile {
    let path: String
    /// -1 once it is released.
    private var descriptor: Int32
    /// What the last run left; `nil` when it called nobody.
    let state: CampaignState?

    static func path(of list: String) -> String { list + ".state.jsonl" }

    /// - Parameter mustExist: for a resume; otherwise nobody may have been called yet.
    init(list: String, mustExist: Bool) throws(CampaignFiles.Failure) {
        path = Self.path(of: list)
        let isThere = FileManager.default.fileExists(atPath: path)
        if mustExist, !isThere {
            throw CampaignFiles.Failure(
                sentence: "\(path): there is no campaign to go on with; begin it with trunkline campaign run")
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CampaignFiles.Failure(sentence: "\(path): cannot be opened: \(Self.words(errno))") }
        var found: CampaignState?
        do throws(CampaignFiles.Failure) {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw CampaignFiles.Failure(sentence: "\(path): another process runs this campaign; stop that one first")
            }
            let bytes = try CampaignFiles.read(path)
            found = try Self.read(bytes, path)
            if found?.hasCalledNobody == true { found = nil }
            if found != nil, !mustExist {
                throw CampaignFiles.Failure(
                    sentence:
                        "\(path): this campaign has begun already; go on with trunkline campaign resume, or remove the file to begin anew"
                )
            }
            // What is behind the last whole line was cut off in the writing, and nothing came after it. A file of nobody's calls begins anew.
            guard ftruncate(descriptor, off_t(found?.length ?? 0)) == 0, Self.syncFolder(of: path) else {
                throw CampaignFiles.Failure(sentence: "\(path): cannot be written: \(Self.words(errno))")
            }
        } catch {
            close(descriptor)
            throw error
        }
        state = found
    }

    /// Lets another process have it. Nothing is appended any more.
    func release() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
    }

    deinit { release() }

    private static func read(_ bytes: [UInt8], _ path: String) throws(CampaignFiles.Failure) -> CampaignState? {
        do throws(CampaignError) {
            return try CampaignState.read(bytes)
        } catch {
            throw CampaignFiles.Failure(sentence: "\(path): \(error)")
        }
    }

    /// Appends whole lines, and with `sync` returns when they are on the disk (`fdatasync`).
    func append(_ lines: [UInt8], sync: Bool) throws(CampaignFiles.Failure) {
        var start = 0
        while start < lines.count {
            let count = lines[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CampaignFiles.Failure(sentence: "\(path): cannot be written: \(Self.words(errno))") }
            start += count
        }
        guard !sync || fdatasync(descriptor) == 0 else {
            throw CampaignFiles.Failure(sentence: "\(path): cannot be brought to the disk: \(Self.words(errno))")
        }
    }

    private static func syncFolder(of path: String) -> Bool {
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
