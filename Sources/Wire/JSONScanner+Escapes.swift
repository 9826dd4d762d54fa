/// Text out of checked strings. The ranges were checked by the scan, so nothing here can fail.
extension JSONScanner {
    static func text(_ message: Span<UInt8>, _ range: Range<Int>, isEscaped: Bool) -> String {
        if isEscaped { return unescaped(message, range) }
        guard let text = try? UTF8Span(validating: message.extracting(range)) else { return "" }
        return String(copying: text)
    }

    static func unescaped(_ message: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: unescapedBytes(message, range), as: UTF8.self)
    }

    /// The UTF-8 bytes of a string, escapes replaced by what they mean.
    static func unescapedBytes(_ message: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var cursor = range.lowerBound
        while cursor < range.upperBound {
            guard message[cursor] == .backslash else {
                bytes.append(message[cursor])
                cursor += 1
                continue
            }
            let escape = message[cursor + 1]
            cursor += 2
            switch escape {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = hexadecimal(message, from: cursor) ?? 0xFFFD
                cursor += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x1_0000 + (scalar & 0x3FF) << 10 + ((hexadecimal(message, from: cursor + 2) ?? 0xDC00) & 0x3FF)
                    cursor += 6
                }
                bytes.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
            default: bytes.append(escape)
            }
        }
        return bytes
    }
}
