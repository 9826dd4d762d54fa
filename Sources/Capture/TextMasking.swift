import Call
import Wire

/// Masks one value by the name of its field and by its own shape. Only what is plainly harmless stays.
struct TextMasking: Sendable {
    /// Encodings inside each other that are looked into (base64 of JSON of base64 …). What is wrapped deeper is masked whole.
    static let deepest = 5
    /// Longest value that may stay as it is. Units: bytes.
    static let longestPlain = 32
    /// Digits that a value may have and stay: `16000`, `delay_ms=1500`. From six on it could be part of a number.
    static let mostDigits = 5
    /// Characters without a separator that may stay; more look like a token.
    static let longestRun = 15

    private let keepsKeys: Bool
    private(set) var pseudonyms: Pseudonyms
    private var rules: [String: FieldRule] = [:]
    /// Names that stay. A dialect has a few dozen, and they come in every message.
    private var plainNames: Set<String> = []

    init(_ pseudonyms: Pseudonyms, keepsKeys: Bool) {
        self.pseudonyms = pseudonyms
        self.keepsKeys = keepsKeys
    }

    mutating func rule(_ name: String) -> FieldRule {
        if let known = rules[name] { return known }
        let rule = FieldRule(name)
        // The names of a dialect are few; a peer that invents more is looked up each time.
        if rules.count < Pseudonyms.mostKept { rules[name] = rule }
        return rule
    }

    // MARK: Strings

    /// - Parameter name: of the field that holds the text; empty for none.
    mutating func text(_ text: String, of name: String, depth: Int = 0) -> String {
        guard !text.isEmpty else { return text }
        return switch rule(name) {
        case .secret, .personal: Self.isWord(text) ? text : Pseudonyms.mask
        case .id: pseudonyms.id(text)
        case .keys: Self.isOption(text) ? text : keys(text)
        case .phone: phone(text, depth: depth)
        case .open: open(text, depth: depth)
        }
    }

    /// Words that say that there is no value.
    private static func isWord(_ text: String) -> Bool { ["true", "false", "null", "none", "unknown"].contains(text.lowercased()) }

    /// A word that tells a bot what to do about keys, and is none: `repeat`, `off`.
    private static func isOption(_ text: String) -> Bool {
        let isWord = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
        return isWord && (2...longestRun).contains(text.utf8.count) && KeypadEntry.keys(in: text) == nil
    }

    /// Pressed keys: each a `0`, or a `?` where it is no key.
    func keys(_ text: String) -> String {
        guard let keys = KeypadEntry.keys(in: text) else { return String(repeating: "?", count: text.count) }
        return keepsKeys ? text : String(repeating: "0", count: keys.count)
    }

    /// A mark's name: a bot's word, which must come back as it was sent. Kept when it is short, plain and holds no longer number than
    /// a count of samples has (nine digits); else a hash.
    mutating func mark(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let isPlain =
            bytes.count <= 64 && bytes.allSatisfy { Self.isPlain($0) || $0 == UInt8(ascii: "#") }
            && Self.longest(bytes, where: Self.isDigit) <= 9 && Self.longest(bytes, where: Self.isAlphanumeric) <= 24
            && !bytes.split(whereSeparator: { !Self.isAlphanumeric($0) }).contains(where: Self.isMixed)
            && !IDShape.isEvident(name) && Self.base64Text(name) == nil
        return isPlain ? pseudonyms.replacingIDs(in: name) : pseudonyms.token("mark", name)
    }

    /// The name of a field, which a peer may have made of anything.
    mutating func name(_ name: String) -> String {
        if plainNames.contains(name) { return name }
        let masked = maskedName(name)
        if masked == name, plainNames.count < Pseudonyms.mostKept { plainNames.insert(name) }
        return masked
    }

    private mutating func maskedName(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let isPlain = bytes.count <= 64 && bytes.allSatisfy(Self.isPlain) && bytes.count(where: Self.isDigit) <= Self.mostDigits
        if isPlain, !bytes.split(whereSeparator: { !Self.isAlphanumeric($0) }).contains(where: Self.isMixed) {
            return pseudonyms.replacingIDs(in: name)
        }
        return Self.isPhone(bytes) ? pseudonyms.phone(name) : pseudonyms.token("field", name)
    }

    private mutating func phone(_ text: String, depth: Int) -> String {
        if ["anonymous", "restricted", "unavailable", "unknown", "private", "blocked"].contains(text.lowercased()) { return text }
        let bytes = Array(text.utf8)
        if bytes.allSatisfy(Self.isPhoneCharacter), bytes.contains(where: Self.isDigit) { return pseudonyms.phone(text) }
        // Plivo's alphabet has no `+`: our answer document writes a `Z` and two hexadecimal digits for it.
        if text.hasPrefix("Z2B"), bytes[3...].allSatisfy(Self.isDigit), bytes.count > 3 {
            return "Z2B" + pseudonyms.phone(String(text.dropFirst(3)))
        }
        return wrapped(text, depth: depth) ?? Pseudonyms.mask
    }

    private mutating func open(_ text: String, depth: Int) -> String {
        let bytes = Array(text.utf8)
        if let known = pseudonyms.ids[text] { return known }
        if IDShape.isEvident(text) { return pseudonyms.id(text) }
        if Self.isPhone(bytes) { return pseudonyms.phone(text) }
        if let inner = wrapped(text, depth: depth) { return inner }
        guard Self.isPlainValue(bytes) else { return Pseudonyms.mask }
        return pseudonyms.replacingIDs(in: text)
    }

    // MARK: Numbers

    /// A JSON number as it is spelt.
    mutating func number(_ text: String, of name: String) -> String {
        let isShort = text.utf8.count(where: Self.isDigit) <= Self.mostDigits
        return switch rule(name) {
        case .keys:
            keepsKeys && isShort || text.isEmpty
                ? text : text.utf8.count == 1 ? "0" : "1" + String(repeating: "0", count: text.utf8.count - 1)
        case .open: isShort ? text : pseudonyms.number(text)
        case .secret, .personal, .id, .phone: pseudonyms.number(text)
        }
    }

    // MARK: Values

    /// A whole value that stands outside of any message.
    mutating func value(_ value: JSONValue, of name: String, depth: Int = 0) -> JSONValue {
        switch value {
        case .null, .bool: return value
        case .string(let text): return .string(self.text(text, of: name, depth: depth))
        case .number(let number):
            let spelt = String(decoding: value.bytes, as: UTF8.self)
            let masked = self.number(spelt, of: name)
            return masked == spelt ? value : .number(Double(masked) ?? (number < 0 ? -1 : 1))
        case .array(let values): return .array(values.map { self.value($0, of: name, depth: depth) })
        case .object(let members):
            var masked: [String: JSONValue] = [:]
            let pair = members.count == 2 ? members["name"]?.string : nil
            for (key, value) in members {
                if let pair, key == "value" {
                    masked[key] = self.value(value, of: pair, depth: depth)
                } else if pair != nil, members["value"] != nil, key == "name" {
                    masked[key] = .string(self.name(pair ?? ""))
                } else {
                    masked[self.name(key)] = self.value(value, of: key, depth: depth)
                }
            }
            return .object(masked)
        }
    }

    // MARK: Wrappings

    /// A text that holds others: JSON, base64 of text, percent escapes, `sip:` and `tel:` addresses, `name=value` lists.
    ///
    /// - Returns: `nil` when it is none of these.
    private mutating func wrapped(_ text: String, depth: Int) -> String? {
        guard depth < Self.deepest else { return Pseudonyms.mask }
        let bytes = Array(text.utf8)
        if Self.opensJSON(bytes), let json = try? JSONValue(parsing: bytes) {
            return String(decoding: value(json, of: "", depth: depth + 1).bytes, as: UTF8.self)
        }
        if let inner = base64(text, depth: depth) ?? pairs(text, depth: depth) { return inner }
        if bytes.contains(UInt8(ascii: "%")), let decoded = Self.percentDecoded(bytes) {
            let masked = self.text(decoded, of: "", depth: depth + 1)
            return masked == decoded ? text : FormEncoding.component(masked)
        }
        for scheme in ["sips:", "sip:", "tel:"] where text.lowercased().hasPrefix(scheme) {
            let user = text.dropFirst(scheme.utf8.count).prefix { $0 != "@" && $0 != ";" && $0 != "?" }
            let isNumber = !user.isEmpty && user.utf8.allSatisfy(Self.isPhoneCharacter)
            let host = text.contains("@") ? "@" + Pseudonyms.mask : ""
            return scheme + (isNumber ? pseudonyms.phone(String(user)) : Pseudonyms.mask) + host
        }
        return nil
    }

    private static func opensJSON(_ bytes: [UInt8]) -> Bool {
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    private mutating func base64(_ text: String, depth: Int) -> String? {
        guard let inner = Self.base64Text(text) else { return nil }
        let masked = self.text(inner, of: "", depth: depth + 1)
        return masked == inner ? text : Base64.text(Array(masked.utf8))
    }

    /// - Returns: `nil` when the text is not base64 of printable ASCII or of JSON.
    private static func base64Text(_ text: String) -> String? {
        guard text.utf8.count >= 8, let data = Base64.lenientBytes(text) else { return nil }
        let isPrintable = data.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return isPrintable || opensJSON(data) ? String(validating: data, as: UTF8.self) : nil
    }

    private static func percentDecoded(_ bytes: [UInt8]) -> String? {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            result.append(value)
        }
        return String(validating: result, as: UTF8.self)
    }

    /// `tenant=t-42,fromNumber=Z2B15005550006`, or a printed dictionary, `{'tenant': 't-42'}`: every value by its own name; what
    /// stands between them stays.
    private mutating func pairs(_ text: String, depth: Int) -> String? {
        let isPrinted = text.first == "{" && text.last == "}" && text.count > 2
        let equals: Character = isPrinted ? ":" : "="
        var rest = isPrinted ? text.dropFirst().dropLast() : text[...]
        guard rest.contains(equals) else { return nil }
        var result = isPrinted ? "{" : ""
        while true {
            let piece = rest.prefix { $0 != "," && $0 != ";" && $0 != "&" }
            rest = rest[piece.endIndex...]
            guard let middle = piece.firstIndex(of: equals) else { return nil }
            let key = Self.trimmed(piece[..<middle])
            guard !key.isEmpty, key.utf8.count <= 64, key.utf8.allSatisfy(Self.isPlain), isPrinted || !piece.contains("\"") else {
                return nil
            }
            let value = Self.trimmed(piece[piece.index(after: middle)...])
            let masked = self.text(String(value), of: String(key), depth: depth + 1)
            result += piece[..<key.startIndex] + name(String(key)) + piece[key.endIndex..<value.startIndex] + masked
            result += piece[value.endIndex...]
            guard let separator = rest.popFirst() else { return isPrinted ? result + "}" : result }
            result.append(separator)
        }
    }

    /// Without the spaces and quotes at both ends.
    private static func trimmed(_ text: Substring) -> Substring {
        func isEdge(_ character: Character) -> Bool { character == " " || character == "\"" || character == "'" }
        var text = text.drop(while: isEdge)
        while let last = text.last, isEdge(last) { text.removeLast() }
        return text
    }
}
