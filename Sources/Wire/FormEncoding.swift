/// `application/x-www-form-urlencoded` and the query of a URL: `name=value&name=value`, `+` for a space, `%41` for any byte.
public enum FormEncoding {
    /// One name and its value, decoded. Order and repeats are kept in arrays of these.
    public struct Field: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Fields of one form. A voice webhook has thirty to forty; a body of 64 KiB could hold thousands that each cost a string.
    public static let maximumFields = 256

    /// Reads a form body or a query (without its `?`).
    ///
    /// A broken escape (`%4`, `%zz`) stays as it is written; bytes that are no UTF-8 become U+FFFD; a field without `=` has an empty
    /// value; empty fields (`a=1&&b=2`) are skipped.
    ///
    /// - Throws: ``WireError`` `tooLarge` at `form` past ``maximumFields``.
    public static func fields(_ bytes: Span<UInt8>) throws(WireError) -> [Field] {
        var fields: [Field] = []
        var start = 0
        while start <= bytes.count {
            var end = start
            var equals = -1
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if equals < 0, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if end > start {
                guard fields.count < maximumFields else { throw WireError(.tooLarge, at: "form", offset: start) }
                let nameEnd = equals < 0 ? end : equals
                fields.append(
                    Field(
                        decoded(bytes.extracting(start..<nameEnd)),
                        decoded(bytes.extracting((equals < 0 ? end : equals + 1)..<end))))
            }
            start = end + 1
        }
        return fields
    }

    public static func fields(_ text: String) throws(WireError) -> [Field] { try fields(Array(text.utf8).span) }

    /// Writes a form or a query.
    public static func text(_ fields: [Field]) -> String {
        fields.map { escaped($0.name, space: "+") + "=" + escaped($0.value, space: "+") }.joined(separator: "&")
    }

    /// One value for a query or one segment for a path: all but RFC 3986's unreserved characters is percent-encoded, `/` and `%` too.
    ///
    /// A path segment of dots alone would still climb (`..`), so the dots of such a text are encoded as well; servers that decode
    /// before they climb need ids checked by their own rules first.
    public static func component(_ text: String) -> String {
        let isDots = !text.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
        return isDots ? String(repeating: "%2E", count: text.utf8.count) : escaped(text, space: "%20")
    }

    private static func decoded(_ bytes: Span<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var cursor = 0
        while cursor < bytes.count {
            let byte = bytes[cursor]
            cursor += 1
            if byte == UInt8(ascii: "+") {
                result.append(0x20)
            } else if byte == UInt8(ascii: "%"), cursor + 1 < bytes.count, let high = hexadecimalDigit(bytes[cursor]),
                let low = hexadecimalDigit(bytes[cursor + 1])
            {
                result.append(high << 4 | low)
                cursor += 2
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func escaped(_ text: String, space: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            case 0x20:
                result.append(contentsOf: space.utf8)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
