import Call
import Wire

/// Reads the lines behind the header, one at a time.
struct EntryReader {
    enum Line {
        case entry(CaptureEntry)
        case cut(Capture.Cut)
    }

    private let header: CaptureHeader
    private var scanner = JSONScanner()

    init(_ header: CaptureHeader) { self.header = header }

    /// - Throws: ``CaptureError`` at the line.
    ///
    /// - Parameter range: the line in the file, without its line break.
    mutating func read(_ file: [UInt8], _ range: Range<Int>, number: Int) throws(CaptureError) -> Line {
        let line = file.span.extracting(range)
        if let found = plain(line) {
            let message = (range.lowerBound + found.message.lowerBound)..<(range.lowerBound + found.message.upperBound)
            let entry = CaptureEntry(at: found.time, found.direction, json(Array(file[message]), found.direction))
            return .entry(entry)
        }
        let (entry, cut) = try any(line, number)
        if let cut { return .cut(cut) }
        return .entry(entry)
    }

    private mutating func json(_ message: [UInt8], _ direction: CaptureEntry.Direction) -> CaptureEntry.Content {
        .json(header.audio == .none ? LeftOutAudio.expanded(message, header.format(direction), &scanner) : message)
    }

    // MARK: As the writer spells it

    /// A JSON message with the members in the writer's order and no space between them: nearly all lines of a capture.
    ///
    /// - Returns: `nil` for any other line.
    private mutating func plain(
        _ line: Span<UInt8>
    ) -> (time: Int64, direction: CaptureEntry.Direction, message: Range<Int>)? {
        var cursor = 0
        guard Self.skip(Self.timeMember, line, &cursor), let time = Self.digits(line, &cursor) else { return nil }
        let direction: CaptureEntry.Direction
        if Self.skip(Self.inward, line, &cursor) {
            direction = .inward
        } else if Self.skip(Self.outward, line, &cursor) {
            direction = .outward
        } else {
            return nil
        }
        guard line.count > cursor, line[line.count - 1] == UInt8(ascii: "}") else { return nil }
        // A line with members behind the message, or a broken one, is looked at as a whole.
        guard (try? scanner.scan(line.extracting(cursor..<(line.count - 1)))) != nil else { return nil }
        return (time, direction, cursor..<(line.count - 1))
    }

    private static let timeMember = Array(#"{"t":"#.utf8)
    private static let inward = Array(#","dir":"in","json":"#.utf8)
    private static let outward = Array(#","dir":"out","json":"#.utf8)

    private static func skip(_ text: [UInt8], _ line: Span<UInt8>, _ cursor: inout Int) -> Bool {
        guard line.count - cursor >= text.count else { return false }
        for index in text.indices where line[cursor + index] != text[index] { return false }
        cursor += text.count
        return true
    }

    /// - Returns: `nil` for none, and for more than 15.
    private static func digits(_ line: Span<UInt8>, _ cursor: inout Int) -> Int64? {
        var value: Int64 = 0
        let start = cursor
        while cursor < line.count, (0x30...0x39).contains(line[cursor]) {
            guard cursor - start < 15 else { return nil }
            value = value * 10 + Int64(line[cursor] & 0x0F)
            cursor += 1
        }
        return cursor > start ? value : nil
    }

    // MARK: As JSON allows it

    private mutating func any(_ line: Span<UInt8>, _ number: Int) throws(CaptureError) -> (CaptureEntry, Capture.Cut?) {
        let root: JSONScanner.Node
        do throws(WireError) {
            root = try scanner.scanObject(line)
        } catch {
            throw CaptureError(.invalidJSON(byte: error.offset ?? 0), line: number)
        }
        func unusable(_ member: String, _ must: String) -> CaptureError {
            CaptureError(.unusable(member: member, must: must), line: number)
        }
        guard let stamp = scanner.member("t", of: root, in: line) else { throw CaptureError(.missing(member: "t"), line: number) }
        guard stamp.kind == .number, let time = scanner.integer(stamp, in: line), (0..<1_000_000_000_000_000).contains(time) else {
            throw unusable("t", "a whole number of microseconds since the start, 0 or more")
        }
        if let cut = scanner.member("cut", of: root, in: line) {
            guard let reason = scanner.text(cut, in: line).flatMap({ Capture.Cut(rawValue: $0) }) else {
                throw unusable("cut", Capture.Cut.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return (CaptureEntry(at: Int64(time), .inward, .text("")), reason)
        }
        guard let word = scanner.member("dir", of: root, in: line) else {
            throw CaptureError(.missing(member: "dir"), line: number)
        }
        guard let direction = scanner.text(word, in: line).flatMap({ CaptureEntry.Direction(rawValue: $0) }) else {
            throw unusable("dir", "in or out")
        }
        let contents = ["json", "text", "binary", "close", "end", "woken"].compactMap { name in
            scanner.member(name, of: root, in: line).map { (name, $0) }
        }
        guard let (name, node) = contents.first else {
            throw CaptureError(.missing(member: "json, text, binary, close, end or woken"), line: number)
        }
        guard contents.count == 1 else { throw unusable("an entry", "one of json, text, binary, close, end and woken, not two") }
        let content = try content(name, node, line, direction, number)
        var late = 0
        if let member = scanner.member("late", of: root, in: line) {
            guard member.kind == .number, let found = scanner.integer(member, in: line), (0..<1_000_000_000_000).contains(found)
            else {
                throw unusable("late", "a whole number of microseconds, 0 or more")
            }
            late = found
        }
        return (CaptureEntry(at: Int64(time), direction, content, late: Int64(late)), nil)
    }

    private mutating func content(
        _ name: String, _ node: JSONScanner.Node, _ line: Span<UInt8>, _ direction: CaptureEntry.Direction,
        _ number: Int
    ) throws(CaptureError) -> CaptureEntry.Content {
        func unusable(_ must: String) -> CaptureError { CaptureError(.unusable(member: name, must: must), line: number) }
        switch name {
        case "json":
            var range = scanner.range(node)
            if node.kind == .string { range = (range.lowerBound - 1)..<(range.upperBound + 1) }
            var message: [UInt8] = []
            for index in range { message.append(line[index]) }
            return json(message, direction)
        case "text":
            guard node.kind == .string, let text = scanner.text(node, in: line) else { throw unusable("a string") }
            return .text(text)
        case "binary":
            guard node.kind == .string, !scanner.isEscaped(node) else { throw unusable("base64") }
            let text = line.extracting(scanner.range(node))
            if header.audio == .none, let count = LeftOutAudio.bytes(text) {
                return .binary([UInt8](repeating: header.format(direction).encoding.silence, count: count))
            }
            var bytes: [UInt8] = []
            guard Base64.decode(text, into: &bytes) else { throw unusable("base64") }
            return .binary(bytes)
        case "close":
            if node.kind == .null { return .close(code: nil) }
            guard node.kind == .number, let code = scanner.integer(node, in: line).flatMap({ UInt16(exactly: $0) }) else {
                throw unusable("a close code of 0 to 65535, or null")
            }
            return .close(code: code)
        case "woken":
            guard node.kind == .yes, direction == .inward else { throw unusable("true, and dir in") }
            return .woken
        default:
            guard node.kind == .string, let word = scanner.text(node, in: line).flatMap({ Termination(rawValue: $0) }) else {
                throw unusable("one of \(Termination.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return .end(word)
        }
    }
}
