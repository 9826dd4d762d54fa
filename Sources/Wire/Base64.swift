/// Base64 (RFC 4648) of bytes.
///
/// Two forms: the strict one of the providers' payloads (standard alphabet, padded, nothing else), and a lenient one for what people
/// and URLs do to base64.
public enum Base64 {
    /// Appends the standard form, padded.
    public static func encode(_ data: Span<UInt8>, into text: inout [UInt8]) {
        let length = (data.count &+ 2) / 3 &* 4
        text.append(addingCapacity: length) { output in
            output.append(repeating: equals, count: length)
            var output = output.mutableSpan
            fill(&output, with: data)
        }
    }

    @inline(__always)
    private static func fill(_ output: inout MutableSpan<UInt8>, with data: Span<UInt8>) {
        var target = 0
        var source = 0
        while data.count &- source >= 3 {
            let part = data.extracting(source..<source &+ 3)
            let group = UInt32(part[0]) << 16 | UInt32(part[1]) << 8 | UInt32(part[2])
            output[target] = alphabet[Int(group >> 18 & 63)]
            output[target &+ 1] = alphabet[Int(group >> 12 & 63)]
            output[target &+ 2] = alphabet[Int(group >> 6 & 63)]
            output[target &+ 3] = alphabet[Int(group & 63)]
            source &+= 3
            target &+= 4
        }
        let rest = data.count &- source
        guard rest > 0 else { return }
        let group = UInt32(data[source]) << 16 | (rest == 2 ? UInt32(data[source &+ 1]) << 8 : 0)
        output[target] = alphabet[Int(group >> 18 & 63)]
        output[target &+ 1] = alphabet[Int(group >> 12 & 63)]
        if rest == 2 { output[target &+ 2] = alphabet[Int(group >> 6 & 63)] }
    }

    /// Decodes the standard form, padded, and appends the bytes.
    ///
    /// - Returns: `false`, and nothing is appended, for any other character, a length that is no multiple of four, padding that is
    ///   missing or in the wrong place, and bits behind the last byte that are not zero.
    public static func decode(_ text: Span<UInt8>, into data: inout [UInt8]) -> Bool {
        guard text.count % 4 == 0 else { return false }
        guard !text.isEmpty else { return true }
        let padding = text[text.count - 1] != equals ? 0 : text[text.count - 2] != equals ? 1 : 2
        let start = data.count
        let length = text.count / 4 &* 3
        var isValid = false
        data.append(addingCapacity: length) { output in
            output.append(repeating: 0, count: length)
            var output = output.mutableSpan
            isValid = fill(&output, from: text, padding: padding)
        }
        data.removeLast(isValid ? padding : data.count - start)
        return isValid
    }

    /// Whole groups, then the padded one. The bytes that stand for padding are written and cut off by the caller.
    @inline(__always)
    private static func fill(_ output: inout MutableSpan<UInt8>, from text: Span<UInt8>, padding: Int) -> Bool {
        var target = 0
        var source = 0
        let whole = padding == 0 ? text.count : text.count &- 4
        var wrong: UInt8 = 0
        while source < whole {
            let group = text.extracting(source..<source &+ 4)
            let a = values[Int(group[0])]
            let b = values[Int(group[1])]
            let c = values[Int(group[2])]
            let d = values[Int(group[3])]
            wrong |= a | b | c | d
            output[target] = a << 2 | b >> 4
            output[target &+ 1] = b << 4 | c >> 2
            output[target &+ 2] = c << 6 | d
            source &+= 4
            target &+= 3
        }
        guard padding > 0 else { return wrong < 64 }
        let a = values[Int(text[source])]
        let b = values[Int(text[source &+ 1])]
        let c = padding == 1 ? values[Int(text[source &+ 2])] : 0
        output[target] = a << 2 | b >> 4
        output[target &+ 1] = b << 4 | c >> 2
        let excess = padding == 1 ? c & 0x03 : b & 0x0F
        return wrong | a | b | c < 64 && excess == 0
    }

    /// The standard form as text, padded.
    public static func text(_ data: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(data.span, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes of the strict standard form; `nil` when it is not that.
    public static func bytes(_ text: String) -> [UInt8]? {
        var data: [UInt8] = []
        return decode(Array(text.utf8).span, into: &data) ? data : nil
    }

    /// The form for URLs (RFC 4648 §5): `-` and `_`, no padding.
    public static func urlText(_ data: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(data.span, into: &text)
        while text.last == equals { text.removeLast() }
        for index in text.indices {
            if text[index] == UInt8(ascii: "+") { text[index] = UInt8(ascii: "-") }
            if text[index] == UInt8(ascii: "/") { text[index] = UInt8(ascii: "_") }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes of either alphabet, with or without padding; a space reads as the `+` that a form decoder made of it.
    ///
    /// - Returns: `nil` for any other character, padding inside the text, more than two `=`, and a length that no bytes have.
    public static func lenientBytes(_ text: String) -> [UInt8]? {
        var standard = Array(text.utf8)
        var padding = 0
        while standard.last == equals {
            standard.removeLast()
            padding += 1
        }
        guard padding <= 2, standard.count % 4 != 1 else { return nil }
        for index in standard.indices {
            switch standard[index] {
            case UInt8(ascii: "-"), UInt8(ascii: " "): standard[index] = UInt8(ascii: "+")
            case UInt8(ascii: "_"): standard[index] = UInt8(ascii: "/")
            default: break
            }
        }
        // The bits behind the last byte are nobody's: cleared, so that the strict form takes them.
        if let last = standard.last, values[Int(last)] < 64, standard.count % 4 != 0 {
            standard[standard.count - 1] = alphabet[Int(values[Int(last)] & (standard.count % 4 == 2 ? 0x30 : 0x3C))]
        }
        while standard.count % 4 != 0 { standard.append(equals) }
        var data: [UInt8] = []
        return decode(standard.span, into: &data) ? data : nil
    }

    private static let equals = UInt8(ascii: "=")

    /// Characters by value.
    private static let alphabet: InlineArray<64, UInt8> = [
        0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F, 0x50,
        0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
        0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7A, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2B, 0x2F,
    ]

    /// Values by character; 0xFF for all that is no base64.
    private static let values: InlineArray<256, UInt8> = [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3E, 0xFF, 0xFF, 0xFF, 0x3F,
        0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E,
        0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
        0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x31, 0x32, 0x33, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ]
}
