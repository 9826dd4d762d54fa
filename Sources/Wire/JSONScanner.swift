/// A strict reader of JSON (RFC 8259) straight from the bytes of a message: one pass, no Foundation, no allocation once warm.
///
/// ``scan(_:)`` checks the *whole* message (structure, strings with their escapes and UTF-8, numbers, nothing behind the value) and
/// notes where each value stands. Members are then found in any order, and only what is asked for is copied out.
///
/// The scanner does not keep the message: the same span goes into every call, and nodes count until the next scan.
///
/// Decided where RFC 8259 leaves a choice: of members with the same name the **last** counts (as in JavaScript and Python, which
/// the providers' own samples read with); a surrogate without its other half, a byte order mark, and any encoding but UTF-8 are
/// invalid; numbers may be of any size, ``integer(_:in:)`` says `nil` for those that do not fit.
public struct JSONScanner: Sendable {
    /// Objects and arrays inside each other. No provider's message nests deeper than four; the rest is room for their news and for
    /// a `body`, and a message made of `[` costs nothing.
    public static let maximumDepth = 64

    /// Values in one message. The longest documented message (a `start` with all parameters a provider allows) has about 130;
    /// the list of places is kept for the next message, so this holds its memory to 24 KiB a call.
    public static let maximumValues = 1_024

    /// Members that ``strings(_:in:at:)`` collects. Twilio allows 99 parameters, the others fewer.
    public static let maximumMembers = 128

    public enum Kind: UInt8, Sendable { case object, array, string, number, yes, no, null }

    /// One value of the message that was scanned last.
    public struct Node: Equatable, Sendable {
        let index: Int
        public let kind: Kind
    }

    /// Where a value stands. Strings without their quotes.
    struct Entry {
        var keyStart: Int32
        var keyEnd: Int32
        var start: Int32
        var end: Int32
        /// Index of the first entry behind this value and all inside it; while a container is open, the index of its parent.
        var next: Int32
        var kind: Kind
        var isEscaped: Bool
        var keyIsEscaped: Bool
    }

    var entries: [Entry] = []
    private let valueLimit: Int

    public init() { valueLimit = Self.maximumValues }

    /// For texts that are no provider's message.
    init(maximumValues: Int) { valueLimit = maximumValues }

    /// Reads one message.
    ///
    /// - Returns: the outermost value.
    /// - Throws: ``WireError``: `invalidJSON` at `message` with the byte; `tooLarge` past a limit above.
    public mutating func scan(_ message: Span<UInt8>) throws(WireError) -> Node {
        entries.removeAll(keepingCapacity: true)
        guard message.count < Int(Int32.max) else { throw WireError(.tooLarge, at: "message") }
        try fill(from: message)
        return Node(index: 0, kind: entries[0].kind)
    }

    /// Reads one message that must be an object, as every provider's text message is.
    ///
    /// - Throws: what ``scan(_:)`` throws, and `notAnObject` at `message`.
    public mutating func scanObject(_ message: Span<UInt8>) throws(WireError) -> Node {
        let root = try scan(message)
        guard root.kind == .object else { throw WireError(.notAnObject, at: "message") }
        return root
    }

    private mutating func fill(from message: Span<UInt8>) throws(WireError) {
        var key = StringToken(start: 0, end: 0, isEscaped: false)
        var parent = -1
        var inObject = false
        var depth = 0
        var cursor = Self.skipSpace(message, from: 0)
        value: while true {
            guard cursor < message.count else { throw Self.invalid(cursor) }
            guard entries.count < valueLimit else { throw WireError(.tooLarge, at: "message", offset: cursor) }
            let byte = message[cursor]
            if byte == .quote {
                let text = try Self.string(message, from: cursor)
                append(.string, key, text.start, text.end, isEscaped: text.isEscaped)
                cursor = text.end + 1
            } else if byte == .openBrace || byte == .openBracket {
                guard depth < Self.maximumDepth else { throw WireError(.tooLarge, at: "message", offset: cursor) }
                let isObject = byte == .openBrace
                append(isObject ? .object : .array, key, cursor, cursor, next: parent)
                depth += 1
                parent = entries.count - 1
                inObject = isObject
                cursor = Self.skipSpace(message, from: cursor + 1)
                guard cursor < message.count else { throw Self.invalid(cursor) }
                if message[cursor] != (isObject ? .closeBrace : .closeBracket) {
                    key = try nextKey(message, &cursor, inObject)
                    continue value
                }
            } else if byte == .minus || Self.isDigit(byte) {
                let end = try Self.number(message, from: cursor)
                append(.number, key, cursor, end)
                cursor = end
            } else {
                let (kind, length) = try Self.word(message, from: cursor)
                append(kind, key, cursor, cursor + length)
                cursor += length
            }
            // Behind a value: the next one, the end of what holds it, or the end of the message.
            while true {
                cursor = Self.skipSpace(message, from: cursor)
                guard parent >= 0 else {
                    guard cursor == message.count else { throw Self.invalid(cursor) }
                    return
                }
                guard cursor < message.count else { throw Self.invalid(cursor) }
                let byte = message[cursor]
                if byte == .comma {
                    cursor = Self.skipSpace(message, from: cursor + 1)
                    key = try nextKey(message, &cursor, inObject)
                    continue value
                }
                guard byte == (inObject ? .closeBrace : .closeBracket) else { throw Self.invalid(cursor) }
                cursor += 1
                let outer = Int(entries[parent].next)
                entries[parent].end = Int32(truncatingIfNeeded: cursor)
                entries[parent].next = Int32(truncatingIfNeeded: entries.count)
                depth -= 1
                parent = outer
                inObject = outer >= 0 && entries[outer].kind == .object
            }
        }
    }

    /// Reads a member's name and its colon when the value is in an object. Leaves the cursor on the value.
    @inline(__always)
    private func nextKey(_ message: Span<UInt8>, _ cursor: inout Int, _ inObject: Bool) throws(WireError) -> StringToken {
        guard inObject else { return StringToken(start: 0, end: 0, isEscaped: false) }
        guard cursor < message.count, message[cursor] == .quote else { throw Self.invalid(cursor) }
        let key = try Self.string(message, from: cursor)
        cursor = Self.skipSpace(message, from: key.end + 1)
        guard cursor < message.count, message[cursor] == .colon else { throw Self.invalid(cursor) }
        cursor = Self.skipSpace(message, from: cursor + 1)
        return key
    }

    @inline(__always)
    private mutating func append(
        _ kind: Kind, _ key: StringToken, _ start: Int, _ end: Int, isEscaped: Bool = false, next: Int? = nil
    ) {
        entries.append(
            Entry(
                keyStart: Int32(truncatingIfNeeded: key.start), keyEnd: Int32(truncatingIfNeeded: key.end),
                start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
                next: Int32(truncatingIfNeeded: next ?? entries.count + 1),
                kind: kind, isEscaped: isEscaped, keyIsEscaped: key.isEscaped))
    }

    @inline(__always)
    static func invalid(_ offset: Int) -> WireError { WireError(.invalidJSON, at: "message", offset: offset) }
}
