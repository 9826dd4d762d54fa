/// Writes JSON into bytes that already hold the beginning of a message.
public enum JSONText {
    /// Appends a string with its quotes. Quotes, backslashes and control characters are escaped; all else stays UTF-8.
    public static func string(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(.quote)
        for byte in text.utf8 {
            switch byte {
            case .quote, .backslash:
                bytes.append(.backslash)
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexadecimal(byte >> 4))
                bytes.append(hexadecimal(byte & 0x0F))
            default: bytes.append(byte)
            }
        }
        bytes.append(.quote)
    }

    /// Appends a whole number.
    public static func integer(_ value: Int, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Appends text that is JSON already: braces, names, commas.
    public static func raw(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a string of base64.
    public static func base64(_ data: Span<UInt8>, into bytes: inout [UInt8]) {
        bytes.append(.quote)
        Base64.encode(data, into: &bytes)
        bytes.append(.quote)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit - 10 + 0x61 }
}
