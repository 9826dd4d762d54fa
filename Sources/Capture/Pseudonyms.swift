import Call

/// What stands in a capture for ids and numbers: keyed hashes (HMAC-SHA-256), the same for the same value within a folder, and worth
/// nothing without the folder's key.
struct Pseudonyms: Sendable {
    /// What stands for a secret, a name, a free text. Letters only, so that it can stand in any encoding.
    static let mask = "masked"

    /// Pseudonyms that are kept. A call has about ten ids and numbers; a peer that invents more costs their computing, not memory.
    static let mostKept = 256

    /// Shortest id that is looked for inside other texts. Units: bytes. A shorter one would be found by chance.
    static let shortestSearched = 5

    private let key: [UInt8]
    private let cryptography: any Cryptography
    /// By kind and value.
    private var kept: [String: String] = [:]
    /// Ids that were seen, with what stands for them.
    private(set) var ids: [String: String] = [:]

    init(key: [UInt8], _ cryptography: any Cryptography) {
        self.key = key
        self.cryptography = cryptography
    }

    /// A hash in a shape that keeps the id's kind: `CA` and 32 digits, a UUID, `v3:` and 32 digits; else `id-` and 24.
    mutating func id(_ text: String) -> String {
        if let known = ids[text] { return known }
        let digest = digest("id", text)
        let shape = IDShape(text)
        let hex = Self.hex(digest)
        let pseudonym =
            switch shape {
            case .uuid:
                [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: hex[$0], as: UTF8.self) }.joined(separator: "-")
            case .prefixed(let prefix): prefix + String(decoding: hex[..<32], as: UTF8.self)
            case .digits(let count): Self.digits(digest, count)
            case .other: "id-" + String(decoding: hex[..<24], as: UTF8.self)
            }
        if ids.count < Self.mostKept { ids[text] = pseudonym }
        return pseudonym
    }

    /// `+1500555` and six digits: no number that anybody has. One of fewer than seven digits stays as short as it is.
    ///
    /// - Parameter text: digits, and what people write between them. Numbers that differ only in that, or in leading zeros, have the
    ///   same pseudonym; a `+` at the front stays.
    mutating func phone(_ text: String) -> String {
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }
        let plus = text.utf8.first == UInt8(ascii: "+") ? "+" : ""
        let significant = String(decoding: digits.drop { $0 == 0x30 }, as: UTF8.self)
        guard digits.count >= 7 else { return plus + remembered("short", significant) { Self.digits($0, digits.count) } }
        return plus + remembered("phone", significant) { "1500555" + Self.digits($0, 6) }
    }

    /// A number of the same shape: sign, point and exponent stay, every digit of it is another.
    mutating func number(_ text: String) -> String {
        let digest = digest("number", text)
        var place = 0
        var result: [UInt8] = []
        for byte in text.utf8 {
            guard (0x30...0x39).contains(byte) else {
                result.append(byte)
                continue
            }
            // No zero in front: JSON would not take it.
            result.append(0x31 + digest[place % digest.count] % 9)
            place += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `prefix-` and 12 digits, for a text that must stay distinct from others and means nothing.
    mutating func token(_ prefix: String, _ text: String) -> String {
        prefix + "-" + remembered(prefix, text) { String(decoding: Self.hex($0)[..<12], as: UTF8.self) }
    }

    /// The text with every id that was seen replaced.
    func replacingIDs(in text: String) -> String {
        var text = text
        for (id, pseudonym) in ids where id.utf8.count >= Self.shortestSearched && text.utf8.count >= id.utf8.count {
            if text.contains(id) { text = text.replacing(id, with: pseudonym) }
        }
        return text
    }

    private mutating func remembered(_ kind: String, _ value: String, _ make: ([UInt8]) -> String) -> String {
        let place = kind + ":" + value
        if let known = kept[place] { return known }
        let made = make(digest(kind, value))
        if kept.count < Self.mostKept { kept[place] = made }
        return made
    }

    private func digest(_ kind: String, _ value: String) -> [UInt8] {
        cryptography.hmacSHA256(Array((kind + ":" + value).utf8), key: key)
    }

    private static func hex(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    private static func digits(_ digest: [UInt8], _ count: Int) -> String {
        String(decoding: (0..<count).map { 0x30 + digest[$0 % digest.count] % 10 }, as: UTF8.self)
    }
}

/// The shapes of ids that are told apart.
enum IDShape: Equatable {
    case uuid
    /// What stays in front of the hash.
    case prefixed(String)
    case digits(Int)
    case other

    init(_ text: String) {
        let bytes = Array(text.utf8)
        if Self.isUUID(bytes) {
            self = .uuid
        } else if bytes.count > 2, bytes[..<2].allSatisfy({ (0x41...0x5A).contains($0) }), bytes[2...].allSatisfy(Self.isHex) {
            self = .prefixed(String(decoding: bytes[..<2], as: UTF8.self))
        } else if bytes.count > 3, bytes[0] == UInt8(ascii: "v"), (0x30...0x39).contains(bytes[1]), bytes[2] == UInt8(ascii: ":") {
            self = .prefixed(String(decoding: bytes[..<3], as: UTF8.self))
        } else if !bytes.isEmpty, bytes.count <= 32, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            self = .digits(bytes.count)
        } else {
            self = .other
        }
    }

    /// Whether a text is an id whatever its field is called: a UUID, a SID of 34 characters, a call control id.
    static func isEvident(_ text: String) -> Bool {
        switch IDShape(text) {
        case .uuid: true
        case .prefixed(let prefix): prefix.utf8.count == 3 ? text.utf8.count >= 12 : text.utf8.count == 34
        case .digits, .other: false
        }
    }

    private static func isUUID(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            let isHyphen = [8, 13, 18, 23].contains(index)
            guard isHyphen ? byte == UInt8(ascii: "-") : isHex(byte) || (0x41...0x46).contains(byte) else { return false }
        }
        return true
    }

    private static func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
}
