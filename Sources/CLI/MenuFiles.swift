import Bots
import Call
import Foundation
import Wire

/// Menu files on disk, and the one that ships with the program.
enum MenuFiles {
    /// A sound file; the longest that is taken, ten minutes at 48 kHz in stereo, has 115 MB. Units: bytes.
    static let largestSound = 120_000_000
    /// The name of the menu in the folder of the demo.
    private static let demoName = "menu.json"

    /// Reads a menu file, and its sounds from the folder in which it lies.
    ///
    /// - Throws: ``UsageError`` with a line for each mistake.
    static func plan(_ path: String, bots: BotCatalog) throws(UsageError) -> MenuPlan {
        let place = "--menu \(path)"
        let bytes: [UInt8]
        do throws(UnreadableFile) { bytes = try read(path, most: MenuPlan.longestFile) } catch {
            throw UsageError("\(place): \(error.words)")
        }
        let folder = (path as NSString).deletingLastPathComponent
        do throws(MenuError) {
            return try MenuPlan(parsing: bytes, bots: bots.names) { sound($0, in: folder.isEmpty ? "." : folder) }
        } catch {
            let count = error.mistakes.count
            throw UsageError("\(place): \(count) mistake\(count == 1 ? "" : "s")\n\(error.description)")
        }
    }

    /// The demo menu's file; `nil` when it does not lie where the program was built or installed to.
    ///
    /// The package's own `Bundle.module` ends the process when there is no bundle.
    static var demo: String? { folders.map { $0 + "/" + demoName }.first { FileManager.default.isReadableFile(atPath: $0) } }

    /// Where the demo may lie: in the resource bundle beside the program or the library that holds this code, or where a package would
    /// install it.
    private static var folders: [String] {
        var folders: [String] = []
        for image in [program, library] {
            guard let image else { continue }
            let folder = (image as NSString).deletingLastPathComponent
            folders.append(folder + "/trunkline_CLI.resources/DemoMenu")
            folders.append((folder as NSString).deletingLastPathComponent + "/share/trunkline/DemoMenu")
        }
        return folders
    }

    private static var program: String? {
        Bundle.main.executablePath.map { ($0 as NSString).resolvingSymlinksInPath }
    }

    /// The file that this code was loaded from: not the program where tests run. `nil` where the system does not say.
    private static var library: String? {
        let address = UInt(bitPattern: #dsohandle)
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return nil }
        for line in maps.split(separator: "\n") {
            // 7f1c5a000000-7f1c5a021000 r--p 00000000 08:01 1234   /usr/lib/some.so
            let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, (bounds[0]..<bounds[1]).contains(address) else { continue }
            return line.firstIndex(of: "/").map { String(line[$0...]) }
        }
        return nil
    }

    // MARK: Sounds

    /// Why a file cannot be read.
    private struct UnreadableFile: Error { let words: String }

    /// A name has no step out of the folder; a symbolic link may have one.
    private static func sound(_ name: String, in folder: String) -> Result<[UInt8], MenuSoundError> {
        let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        let path = URL(fileURLWithPath: root + "/" + name).resolvingSymlinksInPath().path
        guard path.hasPrefix(root == "/" ? root : root + "/") else {
            return .failure(MenuSoundError("\"\(name)\" is a link out of the menu's folder; put the file itself there"))
        }
        guard FileManager.default.fileExists(atPath: path) else { return .failure(missing(name, root)) }
        do throws(UnreadableFile) {
            return .success(try read(path, most: largestSound))
        } catch {
            return .failure(MenuSoundError("\"\(name)\" \(error.words)"))
        }
    }

    private static func missing(_ name: String, _ root: String) -> MenuSoundError {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter { $0.hasSuffix(".wav") }
        let near = NearSpelling.of(name, among: names).map { "is \"\($0)\" meant?" }
        return MenuSoundError("no file \"\(name)\" in \(root); \(near ?? "put a WAV file of that name there")")
    }

    /// A regular file's bytes. Anything else (a folder, a pipe that would never end) is refused.
    private static func read(_ path: String, most: Int) throws(UnreadableFile) -> [UInt8] {
        let resolved = (path as NSString).resolvingSymlinksInPath
        guard let facts = try? FileManager.default.attributesOfItem(atPath: resolved) else {
            throw UnreadableFile(words: "cannot be read; is the path right?")
        }
        guard facts[.type] as? FileAttributeType == .typeRegular else { throw UnreadableFile(words: "is no regular file") }
        guard let size = facts[.size] as? Int, size <= most else {
            throw UnreadableFile(words: "is larger than \(most) bytes, the most that is read")
        }
        guard let data = FileManager.default.contents(atPath: resolved) else {
            throw UnreadableFile(words: "cannot be read; may this user read it?")
        }
        return Array(data)
    }
}

extension BotCatalog {
    /// With the menu of a file; when none is named with the demo, where it is found and no other bot has its name.
    func withMenu(_ path: String?) throws(UsageError) -> BotCatalog {
        guard let path = path ?? (self[MenuBot.name] == nil ? MenuFiles.demo : nil) else { return self }
        return adding(MenuBot(try MenuFiles.plan(path, bots: self)))
    }
}
