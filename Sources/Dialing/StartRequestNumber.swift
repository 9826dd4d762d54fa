import Call
import Wire

/// Numbers as people and scripts write them. Nothing of a number is in an error.
enum StartNumber {
    private typealias Problem = StartRequest.Problem

    /// The number to call. Spaces, dashes, dots and parentheses in a number that begins with `+` do not count.
    static func e164(_ value: JSONValue?, _ name: String) throws(StartRequest.Problem) -> PhoneNumber {
        let mend = "write + and country code, then the number"
        guard let text = value?.string else {
            throw Problem("bad_number", "`\(name)` is not a string; \(mend), in quotes")
        }
        guard text.utf8.first == UInt8(ascii: "+") else {
            let why =
                if text.isEmpty {
                    "is empty"
                } else if text.utf8.starts(with: "00".utf8) {
                    "begins with 00, which is not an international number everywhere"
                } else if text.utf8.first.map(isDigit) == true {
                    "does not begin with +, so its country is not known"
                } else {
                    "does not begin with +"
                }
            throw Problem("bad_number", "`\(name)` \(why); \(mend)")
        }
        return PhoneNumber("+" + (try digits(of: text, name, mend)))
    }

    /// The number that calls: as ``e164(_:_:)`` when it begins with `+`; else left to the provider, whose own spelling it may be.
    static func caller(_ value: JSONValue, _ name: String) throws(StartRequest.Problem) -> PhoneNumber {
        guard let text = value.string else {
            throw Problem("bad_number", "`\(name)` is not a string; write the number that calls, in quotes")
        }
        if text.utf8.first == UInt8(ascii: "+") { return try e164(value, name) }
        guard (1...StartRequest.longestWord).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw Problem(
                "bad_number", "`\(name)` is no number that can call; write one of the provider's numbers, + and country code first")
        }
        return PhoneNumber(text.filter { !isSeparator($0.asciiValue) })
    }

    private static func digits(of text: String, _ name: String, _ mend: String) throws(StartRequest.Problem) -> String {
        guard text.utf8.count <= StartRequest.longestWord else {
            throw Problem("bad_number", "`\(name)` is too long for a number; \(mend), 7 to 15 digits")
        }
        guard !text.contains("(0)") else {
            throw Problem("bad_number", "`\(name)` has a (0), which is not dialled behind a country code; leave it out")
        }
        let bytes = text.utf8.dropFirst().filter { !isSeparator($0) }
        guard bytes.allSatisfy(isDigit) else {
            throw Problem(
                "bad_number", "`\(name)` has more in it than + and digits, such as an extension; \(mend), and nothing else")
        }
        guard bytes.first != UInt8(ascii: "0") else {
            throw Problem("bad_number", "`\(name)` has a 0 behind its +, and no country code begins so; \(mend)")
        }
        guard (7...15).contains(bytes.count) else {
            throw Problem("bad_number", "`\(name)` has \(bytes.count) digits and E.164 numbers have 7 to 15; \(mend)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isSeparator(_ byte: UInt8?) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: false
        }
    }
}

/// What `Idempotency-Key` carries: a text of the caller's choice that names one call.
public struct IdempotencyKey: Hashable, Sendable {
    /// Longest key: Stripe's limit, and room for a UUID with a campaign's name. Units: bytes.
    public static let longest = 255

    public let text: String

    /// - Throws: `bad_request` unless it has 1 to 255 printable ASCII characters.
    public init(_ text: String) throws(StartRequest.Problem) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw StartRequest.Problem(
                "bad_request", "`Idempotency-Key` is no key; send 1 to \(Self.longest) printable ASCII characters, such as a UUID")
        }
        self.text = text
    }
}
