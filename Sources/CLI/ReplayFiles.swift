import Capture
import Foundation

/// Captures on disk.
enum ReplayFiles {
    /// How the name of a capture ends.
    static let ending = ".jsonl"

    /// Files for paths: a file is itself, a folder the captures in it and below, by name. What begins with a dot is left out.
    ///
    /// - Returns: in the order of the paths; for a folder that holds no capture and a path that is nothing, the path itself.
    static func found(_ paths: [String]) -> [String] {
        paths.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [path] }
            let below = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
            let names = below.filter { name in
                name.hasSuffix(ending) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
            }
            let folder = path.hasSuffix("/") ? path : path + "/"
            return names.isEmpty ? [path] : names.sorted().map { folder + $0 }
        }
    }

    /// - Throws: ``Failure`` with the sentence for the report.
    static func read(_ path: String) throws(Failure) -> Capture {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw Failure("there is no such file") }
        guard !isFolder.boolValue else { throw Failure("the folder holds no *\(ending) file") }
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("cannot be read") }
        do throws(CaptureError) {
            return try CaptureReader.read(Array(data))
        } catch {
            throw Failure("\(error)")
        }
    }

    /// Puts a capture in the place of a file, whole or not at all, with the file's permissions.
    static func replace(_ path: String, with capture: Capture) throws(Failure) {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = target.deletingLastPathComponent()
        let new = folder.appendingPathComponent(".\(target.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)")
        let permissions = (try? FileManager.default.attributesOfItem(atPath: target.path))?[.posixPermissions] ?? 0o600
        guard
            FileManager.default.createFile(
                atPath: new.path, contents: Data(capture.encoded()), attributes: [.posixPermissions: permissions])
        else { throw Failure("cannot be updated: \(folder.path) cannot be written to") }
        guard rename(new.path, target.path) == 0 else {
            try? FileManager.default.removeItem(at: new)
            throw Failure("cannot be updated: the file cannot be replaced")
        }
    }

    /// Why a capture is not played. One sentence.
    struct Failure: Error {
        let sentence: String
        init(_ sentence: String) { self.sentence = sentence }
    }
}
