import Foundation

/// The files of Tests/Fixtures, as seeds.
enum Fixtures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    /// The files below a folder whose names end so, in order.
    static func files(_ path: String, _ ending: String) -> [[UInt8]] {
        let root = folder.appending(path: path)
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: root.path)) ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().compactMap {
            (try? Data(contentsOf: root.appending(path: $0))).map { Array($0) }
        }
    }

    /// The inputs that were once findings of a target: `Tests/Fixtures/fuzz/<target>/`.
    static func findings(_ target: String) -> [[UInt8]] { files("fuzz/\(target)", "") }

    /// A provider's transcripts as conversations (``Conversation``).
    static func conversations(_ provider: String) -> [[UInt8]] { files(provider, ".txt").map(conversation) }

    /// The text messages of a provider's transcripts.
    static func messages(_ provider: String) -> [[UInt8]] {
        files(provider, ".txt").flatMap { $0.split(separator: 0x0A) }.filter { $0.starts(with: Array("< ".utf8)) }.map {
            Array($0.dropFirst(2))
        }
    }

    private static func conversation(_ transcript: [UInt8]) -> [UInt8] {
        var lines: [[UInt8]] = []
        for line in transcript.split(separator: 0x0A) {
            if line.starts(with: Array("<b ".utf8)) {
                let digits = Array(line.dropFirst(3))
                let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
                    UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
                }
                lines.append(Array("b".utf8) + bytes)
            } else if line.starts(with: Array("< ".utf8)) {
                lines.append(Array(line))
                lines.append(Array(". 20".utf8))
            }
        }
        return Array(lines.joined(separator: [0x0A]))
    }
}
