import Wire

/// The text that Plivo carries from `<Stream extraHeaders="…">` to `start.extra_headers`.
///
/// - Shape: `key=value` pairs separated by `,` (XML reference) or `;` (guide); at most 512 bytes, nominally of the letters and digits
///   of ASCII. What other people's documents put there is read too: a JSON object, or a printed dictionary.
/// - Source: Plivo, *Stream XML* and *Audio streaming guide*.
enum ExtraHeaders {
    /// Most bytes that Plivo takes.
    static let limit = 512

    /// The parameters of a `start` message: none when there is no text, or nothing in it has a key and a value. A broken text is no error.
    ///
    /// - Throws: ``WireError`` `tooLarge` past ``JSONScanner/maximumMembers``.
    static func parameters(
        of root: JSONScanner.Node, _ scanner: JSONScanner, _ message: Span<UInt8>
    ) throws(WireError) -> [String: String] {
        guard let node = scanner.member("extra_headers", of: root, in: message) else { return [:] }
        if let text = scanner.text(node, in: message) { return parameters(in: text) }
        return named(Array(try scanner.strings(node, in: message, at: "extra_headers")))
    }

    /// The parameters in a received text.
    ///
    /// Percent escapes of a pair's value are resolved where all of them are valid, because a value with a separator in it cannot be
    /// written otherwise. ``numberKeys`` are resolved and renamed.
    static func parameters(in text: String) -> [String: String] {
        let text = text.trimming(while: isSpace)
        guard text.utf8.first == UInt8(ascii: "{") else { return named(pairs(in: text, key: "=")) }
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        if let root = try? scanner.scanObject(bytes.span),
            let members = try? scanner.strings(root, in: bytes.span, at: "extra_headers")
        {
            return named(Array(members))
        }
        return named(pairs(in: text.trimming { $0 == "{" || $0 == "}" }, key: ":"))
    }

    /// The text for our answer document: the numbers that are known, in the documented alphabet and length.
    ///
    /// Past ``limit`` the dialled number goes first and the caller's last.
    ///
    /// - Returns: `nil` when neither is known or fits.
    static func text(from: String?, to: String?) -> String? {
        var pairs = [("fromNumber", from), ("toNumber", to)].compactMap { key, value in
            value.flatMap { $0.isEmpty ? nil : "\(key)=\(escaped($0))" }
        }
        while !pairs.isEmpty {
            let text = pairs.joined(separator: ",")
            if text.utf8.count <= limit { return text }
            pairs.removeLast()
        }
        return nil
    }

    /// Wire names of the numbers in our answer document and the names that bots know them by (Pipecat's).
    private static let numberKeys = ["fromNumber": "from_number", "toNumber": "to_number"]

    private static func named(_ pairs: [(key: String, value: String)]) -> [String: String] {
        var parameters: [String: String] = [:]
        for (key, value) in pairs where !key.isEmpty {
            if let name = numberKeys[key] { parameters[name] = unescaped(value) } else { parameters[key] = value }
        }
        return parameters
    }

    private static func pairs(in text: String, key separator: Character) -> [(key: String, value: String)] {
        text.split { $0 == "," || $0 == ";" }.compactMap { pair in
            let parts = pair.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let key = String(parts[0]).trimming(while: isSpaceOrQuote)
            return (key, percentDecoded(String(parts[1]).trimming(while: isSpaceOrQuote)))
        }
    }
}

// MARK: - Letters and digits only

extension ExtraHeaders {
    /// Writes a value with the letters and digits of ASCII alone: every other byte, and `Z` itself, becomes `Z` and two upper-case
    /// hexadecimal digits. A number without `+` stays as it is.
    static func escaped(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            let isPlain =
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")..<UInt8(ascii: "Z")).contains(byte)
            if isPlain {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "Z" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// The value that ``escaped(_:)`` wrote; a text that it cannot have written comes back as it is.
    static func unescaped(_ text: String) -> String { resolved(text, escape: UInt8(ascii: "Z")) ?? text }

    private static func percentDecoded(_ text: String) -> String { resolved(text, escape: UInt8(ascii: "%")) ?? text }

    /// - Returns: `nil` when an escape is broken or the bytes are not UTF-8.
    private static func resolved(_ text: String, escape: UInt8) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == escape else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
    }

    private static func isSpace(_ character: Character) -> Bool { character.isWhitespace }
    private static func isSpaceOrQuote(_ character: Character) -> Bool {
        character.isWhitespace || character == "\"" || character == "'"
    }
}

extension String {
    /// The text without the characters at both ends that the condition holds for.
    fileprivate func trimming(while condition: (Character) -> Bool) -> String {
        var text = self[...]
        while let first = text.first, condition(first) { text.removeFirst() }
        while let last = text.last, condition(last) { text.removeLast() }
        return String(text)
    }
}
