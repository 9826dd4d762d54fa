import Call
import Capture
import Foundation

/// Files of `Tests/Fixtures`.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    static let providers = ["twilio", "telnyx", "plivo", "exotel", "vonage"]

    static func lines(_ path: String) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Paths of one provider's transcripts.
    static func transcripts(_ provider: String) -> [String] {
        ["good", "bad", "quirks"].flatMap { kind in
            let path = "\(provider)/\(kind)"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(path).path)) ?? []
            return names.sorted().map { "\(path)/\($0)" }
        }
    }
}

/// One message of a fixture: `<` from the provider, `>` to it, with `b` binary in hexadecimal.
struct FixtureMessage {
    let bytes: [UInt8]
    let kind: MessageKind
    let direction: CaptureEntry.Direction

    init?(_ line: String) {
        guard let first = line.first, first == "<" || first == ">" else { return nil }
        direction = first == "<" ? .inward : .outward
        if line.dropFirst().hasPrefix("b ") {
            kind = .binary
            let digits = Array(line.dropFirst(3))
            bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        } else {
            guard line.dropFirst().first == " " else { return nil }
            kind = .text
            bytes = Array(line.dropFirst(2).utf8)
        }
    }
}
