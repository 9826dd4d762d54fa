import Foundation

/// A file of `Tests/Fixtures/audio`.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent("Fixtures/audio").appendingPathComponent(name)))
    }

    /// 16-bit little-endian samples.
    static func samples(_ name: String) throws -> [Int16] {
        let bytes = try bytes(name)
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }
}
