/// The spelling of single JSON values: strings, numbers, words, white space.
extension JSONScanner {
    /// A string between its quotes. Units: byte offsets in the message.
    struct StringToken {
        var start: Int
        /// The closing quote.
        var end: Int
        var isEscaped: Bool
    }

    @inline(__always)
    static func skipSpace(_ message: Span<UInt8>, from start: Int) -> Int {
        var cursor = start
        while cursor < message.count {
            let byte = message[cursor]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            cursor += 1
        }
        return cursor
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// - Parameter start: the opening quote.
    @inline(__always)
    static func string(_ message: Span<UInt8>, from start: Int) throws(WireError) -> StringToken {
        let end = plainEnd(message, from: start + 1)
        if end < message.count, message[end] == .quote { return StringToken(start: start + 1, end: end, isEscaped: false) }
        return try specialString(message, start: start + 1, from: end)
    }

    /// The first byte that is not plain text: a quote, a backslash, a control character or a byte past ASCII.
    ///
    /// A media payload is two hundred plain bytes and more, so eight are looked at in one step, as one number: a byte's top bit is
    /// set in `special` when it is one of those. A borrow can set the bit of a plain byte too, but only behind one of those: the
    /// first bit is always right.
    @inline(__always)
    static func plainEnd(_ message: Span<UInt8>, from start: Int) -> Int {
        var cursor = start
        while message.count &- cursor >= 8 {
            let part = message.extracting(cursor..<cursor &+ 8)
            let low = UInt64(part[0]) | UInt64(part[1]) << 8 | UInt64(part[2]) << 16 | UInt64(part[3]) << 24
            let high = UInt64(part[4]) | UInt64(part[5]) << 8 | UInt64(part[6]) << 16 | UInt64(part[7]) << 24
            let bytes = low | high << 32
            let ones: UInt64 = 0x0101_0101_0101_0101
            let quotes = (bytes ^ ones &* UInt64(UInt8.quote)) &- ones
            let backslashes = (bytes ^ ones &* UInt64(UInt8.backslash)) &- ones
            let controls = bytes &- ones &* 0x20
            let special = (quotes | backslashes | controls | bytes) & (ones &* 0x80)
            if special != 0 { return cursor &+ special.trailingZeroBitCount / 8 }
            cursor &+= 8
        }
        while cursor < message.count, !isSpecial(message[cursor]) { cursor &+= 1 }
        return cursor
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool { byte &- 0x20 >= 0x60 || byte == .quote || byte == .backslash }

    /// The rest of a string that has escapes or characters past ASCII, or never ends.
    private static func specialString(_ message: Span<UInt8>, start: Int, from: Int) throws(WireError) -> StringToken {
        var cursor = from
        var isEscaped = false
        while cursor < message.count {
            let byte = message[cursor]
            if byte == .quote { return StringToken(start: start, end: cursor, isEscaped: isEscaped) }
            if byte == .backslash {
                isEscaped = true
                cursor = try escape(message, from: cursor)
            } else if byte >= 0x80 {
                cursor = try multibyte(message, from: cursor)
            } else {
                guard byte >= 0x20 else { throw invalid(cursor) }
                cursor = plainEnd(message, from: cursor)
            }
        }
        throw invalid(cursor)
    }

    /// - Parameter start: the backslash.
    /// - Returns: the byte behind the escape; behind both halves for a surrogate pair.
    private static func escape(_ message: Span<UInt8>, from start: Int) throws(WireError) -> Int {
        guard start + 1 < message.count else { throw invalid(start) }
        switch message[start + 1] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard let unit = hexadecimal(message, from: start + 2) else { throw invalid(start) }
            if unit & 0xF800 != 0xD800 { return start + 6 }
            guard unit < 0xDC00, start + 7 < message.count, message[start + 6] == .backslash,
                message[start + 7] == UInt8(ascii: "u"), let low = hexadecimal(message, from: start + 8), low & 0xFC00 == 0xDC00
            else { throw invalid(start) }
            return start + 12
        default:
            throw invalid(start)
        }
    }

    /// Four hexadecimal digits.
    static func hexadecimal(_ message: Span<UInt8>, from start: Int) -> UInt32? {
        guard start + 4 <= message.count else { return nil }
        var value: UInt32 = 0
        for step in 0..<4 {
            guard let digit = hexadecimalDigit(message[start + step]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Length of a well-formed UTF-8 sequence past ASCII (Unicode, table 3-7): no overlong forms, no surrogates, nothing past
    /// U+10FFFF.
    private static func multibyte(_ message: Span<UInt8>, from start: Int) throws(WireError) -> Int {
        let first = message[start]
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default: throw invalid(start)
        }
        guard start + length <= message.count, message[start + 1] >= low, message[start + 1] <= high else { throw invalid(start) }
        for step in 2..<max(length, 2) where message[start + step] & 0xC0 != 0x80 { throw invalid(start) }
        return start + length
    }

    /// - Returns: the byte behind the number.
    static func number(_ message: Span<UInt8>, from start: Int) throws(WireError) -> Int {
        var cursor = start
        if message[cursor] == .minus { cursor += 1 }
        let whole = digitsEnd(message, from: cursor)
        guard whole > cursor, whole == cursor + 1 || message[cursor] != UInt8(ascii: "0") else { throw invalid(cursor) }
        cursor = whole
        if cursor < message.count, message[cursor] == UInt8(ascii: ".") {
            let fraction = digitsEnd(message, from: cursor + 1)
            guard fraction > cursor + 1 else { throw invalid(cursor) }
            cursor = fraction
        }
        if cursor < message.count, message[cursor] | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if cursor < message.count, message[cursor] == .minus || message[cursor] == UInt8(ascii: "+") { cursor += 1 }
            let exponent = digitsEnd(message, from: cursor)
            guard exponent > cursor else { throw invalid(cursor) }
            cursor = exponent
        }
        return cursor
    }

    private static func digitsEnd(_ message: Span<UInt8>, from start: Int) -> Int {
        var cursor = start
        while cursor < message.count, isDigit(message[cursor]) { cursor += 1 }
        return cursor
    }

    static func word(_ message: Span<UInt8>, from start: Int) throws(WireError) -> (Kind, length: Int) {
        let (kind, text): (Kind, String) =
            switch message[start] {
            case UInt8(ascii: "t"): (.yes, "true")
            case UInt8(ascii: "f"): (.no, "false")
            case UInt8(ascii: "n"): (.null, "null")
            default: throw invalid(start)
            }
        let length = text.utf8.count
        guard start + length <= message.count, equal(message, start..<start + length, text) else { throw invalid(start) }
        return (kind, length)
    }

    /// Whether the bytes of the range are the text.
    @inline(__always)
    static func equal(_ message: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var cursor = range.lowerBound
        for byte in text.utf8 {
            guard message[cursor] == byte else { return false }
            cursor += 1
        }
        return true
    }
}

/// - Returns: 0...15, or `nil` when the character is no hexadecimal digit.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

extension UInt8 {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let minus = UInt8(ascii: "-")
}
