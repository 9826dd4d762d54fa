import Foundation

/// What libFuzzer calls first.
///
/// The environment says what is wanted: `FUZZ_TARGET` names the target. `FUZZ_LIST=1` prints the names; `FUZZ_SEEDS=DIR` writes the
/// target's seeds, its dictionary and its longest input there. Both end the process.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeRawPointer?) -> CInt {
    let environment = ProcessInfo.processInfo.environment
    if environment["FUZZ_LIST"] != nil {
        for target in FuzzTargets.all { print(target.name) }
        exit(0)
    }
    guard let target = FuzzTargets.all.first(where: { $0.name == environment["FUZZ_TARGET"] }) else {
        FileHandle.standardError.write(Data("FUZZ_TARGET must name a target; Scripts/fuzz --list prints them\n".utf8))
        exit(64)
    }
    if let folder = environment["FUZZ_SEEDS"] {
        do { try target.writeSeeds(to: URL(filePath: folder)) } catch {
            FileHandle.standardError.write(Data("the seeds cannot be written: \(error)\n".utf8))
            exit(1)
        }
        exit(0)
    }
    chosen = target.run
    return 0
}

/// One input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// Set once, before the first input; libFuzzer has one thread.
nonisolated(unsafe) private var chosen: @Sendable ([UInt8]) -> Void = { _ in }

extension FuzzTarget {
    /// Files `seed-<n>`, `dictionary` (libFuzzer's form) and `longest` in the folder.
    fileprivate func writeSeeds(to folder: URL) throws {
        let inputs = folder.appending(path: "seeds")
        try FileManager.default.createDirectory(at: inputs, withIntermediateDirectories: true)
        for (number, seed) in seeds().enumerated() { try Data(seed).write(to: inputs.appending(path: "seed-\(number)")) }
        let dictionary = words.map { word in
            "\"" + word.utf8.map { String(format: "\\x%02X", Int($0)) }.joined() + "\"\n"
        }
        try Data(dictionary.joined().utf8).write(to: folder.appending(path: "dictionary"))
        try Data("\(longest)".utf8).write(to: folder.appending(path: "longest"))
    }
}
