import Call
import Foundation
import Providers
import Wire

/// Messages of one stream and what they mean, in a text file.
///
/// - Shape: one entry a line. `#` says why the file is there; `<` is a text message from the provider, `<b` a binary one in hexadecimal;
///   the lines that follow say what comes of it: `=` an event, `!` the rule that the message breaks. A message with neither says nothing.
struct Transcript {
    /// `plivo/good/call`.
    let name: String
    let lines: [String]

    init(_ name: String) throws {
        self.name = name
        let text = try String(contentsOf: Self.folder.appending(path: name + ".txt"), encoding: .utf8)
        lines = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// The names of all files of one provider, in its `good`, `bad` and `quirks`.
    static func names(_ provider: String, _ kinds: [String] = ["good", "bad", "quirks"]) -> [String] {
        kinds.flatMap { kind in
            let files =
                (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "\(provider)/\(kind)").path)) ?? []
            return files.sorted().filter { $0.hasSuffix(".txt") }.map { "\(provider)/\(kind)/\($0.dropLast(4))" }
        }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

    /// The messages alone.
    var messages: [(bytes: [UInt8], kind: MessageKind)] { lines.compactMap(Self.message) }

    /// The text message that a stream of the provider opens with.
    var opening: [UInt8]? {
        zip(lines, lines.dropFirst()).first { $1.hasPrefix("= started") }.flatMap { Self.message($0.0)?.bytes }
    }

    /// The file as this serializer writes it: the messages, and behind each what came of it.
    func played(to serializer: inout any StreamSerializer) -> [String] {
        lines.flatMap { line -> [String] in
            guard let (bytes, kind) = Self.message(line) else { return [] }
            return [line] + Self.outcome(of: bytes, kind, &serializer)
        }
    }

    static func outcome(of bytes: [UInt8], _ kind: MessageKind, _ serializer: inout any StreamSerializer) -> [String] {
        var events: [CallEvent] = []
        do {
            try serializer.decode(bytes.span, kind, at: .zero, into: &events)
            return events.map { "= \(words($0))" }
        } catch {
            return events.map { "= \(words($0))" } + ["! \(error.path) \(error.problem.rawValue)"]
        }
    }

    private static func message(_ line: String) -> (bytes: [UInt8], kind: MessageKind)? {
        if line.hasPrefix("<b ") {
            let digits = Array(line.dropFirst(3))
            return (stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }, .binary)
        }
        return line.hasPrefix("< ") ? (Array(line.dropFirst(2).utf8), .text) : nil
    }

    private static func words(_ event: CallEvent) -> String {
        switch event {
        case .started(let start): words(start)
        case .audio(let audio): "audio \(audio.rate) " + audio.samples.map(String.init).joined(separator: " ")
        case .key(let key): "key \(key.rawValue)"
        case .markReturned(let name): "mark \(name)"
        case .cleared: "cleared"
        case .providerError(let code): "error \(code)"
        case .stopped(let reason): reason.map { "stopped \($0)" } ?? "stopped"
        }
    }

    private static func words(_ start: StreamStart) -> String {
        var text = "started \(start.provider)"
        if let id = start.streamID { text += " stream \(id)" }
        if let id = start.callID { text += " call \(id)" }
        if let id = start.accountID { text += " account \(id)" }
        if let number = start.from { text += " from \(number.exposed)" }
        if let number = start.to { text += " to \(number.exposed)" }
        text += ", \(start.inbound) in, \(start.outbound) out"
        guard !start.parameters.isEmpty else { return text }
        return text + ", parameters " + start.parameters.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
    }
}

/// Reproducible disorder.
struct Disorder: RandomNumberGenerator {
    private var chance: SplitMix64
    init(_ seed: UInt64) { chance = SplitMix64(state: seed) }

    mutating func next() -> UInt64 { chance.next() }

    /// The bytes with some of them changed, lost, doubled or cut off.
    mutating func broken(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard let index = bytes.indices.randomElement(using: &self) else { return bytes }
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[index], at: index)
            default: bytes.removeLast(Int.random(in: 0...bytes.count, using: &self))
            }
        }
        return bytes
    }
}
