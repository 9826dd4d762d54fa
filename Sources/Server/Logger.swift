import Dispatch
import Foundation
import Synchronization

public enum LogLevel: String, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }
}

public enum LogFormat: String, Sendable, CaseIterable { case text, json }

/// Writes one line an event to standard error, off the event loops.
///
/// A value that may be secret reaches this only as a `Redacted`, which prints a mask. Line breaks and control characters in values
/// are escaped, so that no peer can forge a line.
public final class Logger: Sendable {
    /// Lines that may wait for a slow standard error. Past it lines are dropped and counted; a stuck pipe must not stop calls.
    static let longestQueue = 10_000

    /// Most characters of one value. Ids and sentences are shorter; what a peer puts in their place must not fill the disk.
    static let longestValue = 512

    private let level: LogLevel
    private let format: LogFormat
    private let write: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "trunkline.log")
    private let waiting = Mutex((lines: 0, dropped: 0))

    public init(level: LogLevel, format: LogFormat, write: @escaping @Sendable (String) -> Void = Logger.toStandardError) {
        self.level = level
        self.format = format
        self.write = write
    }

    public func log(_ level: LogLevel, _ message: String, call: String? = nil, _ fields: KeyValuePairs<String, String?> = [:]) {
        guard level >= self.level else { return }
        let dropped: Int? = waiting.withLock { state in
            guard state.lines < Self.longestQueue else {
                state.dropped += 1
                return nil
            }
            state.lines += 1
            defer { state.dropped = 0 }
            return state.dropped
        }
        guard let dropped else { return }
        let pairs =
            [("call", call)].compactMap { key, value in value.map { (key, $0) } }
            + fields.compactMap { pair in pair.value.map { (pair.key, $0) } }
            + (dropped > 0 ? [("dropped_lines", "\(dropped)")] : [])
        let time = Date()
        queue.async { [self] in
            write(line(time, level, message, pairs))
            waiting.withLock { $0.lines -= 1 }
        }
    }

    /// Waits until every line is written. For the end of the program and for tests.
    public func flush() { queue.sync {} }

    private func line(_ time: Date, _ level: LogLevel, _ message: String, _ pairs: [(String, String)]) -> String {
        let stamp = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        switch format {
        case .text:
            let tail = pairs.map { " \($0)=\(Self.escaped($1))" }.joined()
            return "\(stamp) \(level.rawValue.uppercased()) \(Self.sentence(message))\(tail)\n"
        case .json:
            let members = [("time", stamp), ("level", level.rawValue), ("message", message)] + pairs
            return "{" + members.map { "\(Self.quoted($0)):\(Self.quoted($1))" }.joined(separator: ",") + "}\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && !isUnprintable($0) }
        return isPlain ? bounded(text) : quoted(text)
    }

    /// A message stands without quotes, so long as it is one line.
    private static func sentence(_ text: String) -> String {
        text.unicodeScalars.contains(where: isUnprintable) ? quoted(text) : bounded(text)
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > longestValue else { return text }
        let start = text.unicodeScalars.prefix(longestValue)
        return start.count < text.unicodeScalars.count ? String(start) + "…" : text
    }

    /// Controls, line and paragraph separators, and what turns the direction of the text behind it.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in bounded(text).unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isUnprintable(scalar):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    public static let toStandardError: @Sendable (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
}
