import Call
import Wire

/// What a value of a request must be.
indirect enum FieldKind: Sendable {
    /// So many characters.
    case text(ClosedRange<Int>)
    /// One of these words.
    case word(Set<String>)
    /// A whole number; in a form, its digits.
    case integer(ClosedRange<Int>)
    /// A whole number, or its digits as text.
    case looseInteger(ClosedRange<Int>)
    /// `true` or `false`; in a form, the word.
    case flag
    /// An absolute URL of one of these schemes, so many characters at most.
    case url(Set<String>, longest: Int)
    /// `+` and 7 to 15 digits (ITU-T E.164).
    case e164
    /// 3 to 15 digits, with or without `+`.
    case digits
    /// So many digits and nothing else.
    case number(ClosedRange<Int>)
    case base64
    /// An object, or an array, that the double does not look into.
    case members, entries
    case array(FieldKind, ClosedRange<Int>)
    case object(FieldRules)
    /// One of these.
    case either([FieldKind])
}

/// The fields that a request may have, and those that it must have.
struct FieldRules: Sendable {
    let kinds: [String: FieldKind]
    let required: Set<String>
    /// Fields of a form that may come more than once.
    let repeated: Set<String>

    init(_ kinds: [String: FieldKind], required: Set<String> = [], repeated: Set<String> = []) {
        self.kinds = kinds
        self.required = required
        self.repeated = repeated
    }

    /// - Throws: the first fault, in the order of the fields.
    func check(_ fields: [FormEncoding.Field]) throws(FieldFault) {
        var seen: Set<String> = []
        for field in fields {
            guard let kind = kinds[field.name] else { throw FieldFault(field.name, .unknown) }
            guard seen.insert(field.name).inserted || repeated.contains(field.name) else { throw FieldFault(field.name, .repeated) }
            try kind.check(form: field.value, at: field.name)
        }
        if let name = required.subtracting(seen).sorted().first { throw FieldFault(name, .missing) }
    }

    /// - Throws: the first fault, in the order of the names.
    func check(_ value: JSONValue, at path: String = "") throws(FieldFault) {
        guard case .object(let members) = value else { throw FieldFault(path, .type("an object")) }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = kinds[name] else { throw FieldFault("\(path)/\(name)", .unknown) }
            try kind.check(json: member, at: "\(path)/\(name)")
        }
        if let name = required.subtracting(members.keys).sorted().first { throw FieldFault("\(path)/\(name)", .missing) }
    }
}

/// What is wrong with a request, and where: a form's field, or the path in a JSON body (`/to/0/number`).
struct FieldFault: Error, Equatable {
    enum Reason: Equatable {
        case unknown, missing, repeated
        /// Not of this type.
        case type(String)
        /// Of the right type, and not this.
        case value(String)
    }
    let path: String
    let reason: Reason

    init(_ path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// The first part of the path.
    var name: String { String(path.drop { $0 == "/" }.prefix { $0 != "/" }) }

    var words: String {
        switch reason {
        case .unknown: "is no parameter of this request"
        case .missing: "is required"
        case .repeated: "is given more than once"
        case .type(let words), .value(let words): "must be \(words)"
        }
    }
}

extension FieldKind {
    fileprivate func check(form text: String, at path: String) throws(FieldFault) {
        switch self {
        case .integer, .looseInteger:
            guard let number = Int(text) else { throw FieldFault(path, .type("a whole number")) }
            try check(json: .whole(number), at: path)
        case .flag: guard text == "true" || text == "false" else { throw FieldFault(path, .type("true or false")) }
        case .either(let kinds):
            var fault: FieldFault?
            for kind in kinds {
                do throws(FieldFault) {
                    try kind.check(form: text, at: path)
                    return
                } catch { fault = error }
            }
            if let fault { throw fault }
        case .array, .object, .members, .entries: throw FieldFault(path, .type("no text"))
        case .text, .word, .url, .e164, .digits, .number, .base64: try check(json: .string(text), at: path)
        }
    }

    fileprivate func check(json value: JSONValue, at path: String) throws(FieldFault) {
        func text() throws(FieldFault) -> String {
            guard let text = value.string else { throw FieldFault(path, .type("a text")) }
            return text
        }
        func hold(_ isGood: Bool, _ words: String) throws(FieldFault) { if !isGood { throw FieldFault(path, .value(words)) } }
        switch self {
        case .members: guard case .object = value else { throw FieldFault(path, .type("an object")) }
        case .entries: guard case .array = value else { throw FieldFault(path, .type("an array")) }
        case .text(let range):
            try hold(range.contains(try text().count), "\(range.lowerBound) to \(range.upperBound) characters")
        case .word(let words): try hold(words.contains(try text()), "one of \(words.sorted().joined(separator: ", "))")
        case .integer(let range):
            guard let number = value.number.flatMap({ Int(exactly: $0) }) else { throw FieldFault(path, .type("a whole number")) }
            try hold(range.contains(number), "\(range.lowerBound) to \(range.upperBound)")
        case .looseInteger(let range):
            guard let number = value.number.flatMap({ Int(exactly: $0) }) ?? value.string.flatMap({ Int($0) }) else {
                throw FieldFault(path, .type("a whole number"))
            }
            try hold(range.contains(number), "\(range.lowerBound) to \(range.upperBound)")
        case .flag: guard case .bool = value else { throw FieldFault(path, .type("true or false")) }
        case .url(let schemes, let longest):
            let text = try text()
            let scheme = WebAddress(text)?.scheme
            try hold(
                text.count <= longest && scheme.map { schemes.contains($0) } == true,
                "an absolute URL that begins with \(schemes.sorted().joined(separator: " or ")), at most \(longest) characters")
        case .e164:
            let text = try text()
            try hold(text.hasPrefix("+") && Self.isNumber(text.dropFirst(), 7...15), "a number in E.164 format, with its +")
        case .digits: try hold(Self.isNumber(try text().drop { $0 == "+" }, 3...15), "a phone number")
        case .number(let length):
            try hold(Self.isNumber(try text()[...], length), "\(length.lowerBound) to \(length.upperBound) digits and nothing else")
        case .base64: try hold(Base64.bytes(try text()) != nil, "base64")
        case .array(let kind, let range):
            guard case .array(let values) = value else { throw FieldFault(path, .type("an array")) }
            try hold(range.contains(values.count), "\(range.lowerBound) to \(range.upperBound) entries")
            for (index, value) in values.enumerated() { try kind.check(json: value, at: "\(path)/\(index)") }
        case .object(let rules): try rules.check(value, at: path)
        case .either(let kinds):
            var faults: [FieldFault] = []
            for kind in kinds {
                do throws(FieldFault) {
                    try kind.check(json: value, at: path)
                    return
                } catch { faults.append(error) }
            }
            // The one that came furthest says most.
            if let fault = faults.max(by: { $0.path.count < $1.path.count }) { throw fault }
        }
    }

    private static func isNumber(_ text: Substring, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.first != 0x30 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
