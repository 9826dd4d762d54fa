import Call
import Wire

/// The members of one object of a menu file, with its place.
struct MenuObject {
    let path: String
    let members: [String: JSONValue]

    func place(_ name: String) -> String { Self.join(path, name) }
    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? MenuMistake.plain(name) : "\(path).\(MenuMistake.plain(name))"
    }
}

/// Reads fields and notes every mistake, so that a person mends a file in one go. A field with a mistake counts as left out.
struct MenuFields {
    private(set) var mistakes: [MenuMistake] = []
    var warnings: [MenuMistake] = []

    mutating func note(_ path: String, _ words: String) { mistakes.append(MenuMistake(path, words)) }

    mutating func object(_ value: JSONValue, at path: String, known: [String]) -> MenuObject? {
        guard case .object(let members) = value else {
            note(path, "must be an object in braces")
            return nil
        }
        let object = MenuObject(path: path, members: members)
        refuseStrangers(in: object, known: known)
        return object
    }

    mutating func refuseStrangers(in object: MenuObject, known: [String]) {
        for stranger in object.members.keys.sorted() where !known.contains(stranger) {
            let mend = NearSpelling.of(stranger, among: known).map { "is \($0) meant?" }
            note(object.place(stranger), "no such key; \(mend ?? "here may stand \(known.joined(separator: ", "))")")
        }
    }

    mutating func text(_ object: MenuObject, _ name: String) -> String? {
        guard let value = object.members[name] else { return nil }
        guard case .string(let text) = value else {
            note(object.place(name), "must be text in quotes")
            return nil
        }
        return text
    }

    /// - Parameter mend: what to write there.
    mutating func neededText(_ object: MenuObject, _ name: String, _ mend: String) -> String? {
        guard object.members[name] != nil else {
            note(object.place(name), "is missing: \(mend)")
            return nil
        }
        return text(object, name)
    }

    mutating func flag(_ object: MenuObject, _ name: String, usual: Bool) -> Bool {
        guard let value = object.members[name] else { return usual }
        guard case .bool(let flag) = value else {
            note(object.place(name), "must be true or false")
            return usual
        }
        return flag
    }

    mutating func whole(_ object: MenuObject, _ name: String, _ range: ClosedRange<Int>, usual: Int) -> Int {
        guard let value = object.members[name] else { return usual }
        guard case .number(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            note(object.place(name), "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return usual
        }
        return whole
    }

    /// - Parameter range: units: milliseconds.
    mutating func seconds(_ object: MenuObject, _ name: String, _ range: ClosedRange<Int>, usual: Duration) -> Duration {
        guard let value = object.members[name] else { return usual }
        guard case .number(let number) = value, number >= Double(range.lowerBound) / 1_000,
            number <= Double(range.upperBound) / 1_000
        else {
            note(object.place(name), "must be seconds from \(Self.seconds(range.lowerBound)) to \(Self.seconds(range.upperBound))")
            return usual
        }
        return .milliseconds(Int((number * 1_000).rounded()))
    }

    private static func seconds(_ milliseconds: Int) -> String {
        milliseconds.isMultiple(of: 1_000) ? "\(milliseconds / 1_000)" : "\(Double(milliseconds) / 1_000)"
    }

    /// Keys that end something; all of them when nothing is said.
    mutating func ends(_ object: MenuObject, _ name: String) -> Set<KeypadEntry> {
        guard let text = text(object, name), text != "any" else { return Set(KeypadEntry.allCases) }
        guard let keys = KeypadEntry.keys(in: text), !keys.isEmpty else {
            note(object.place(name), "must be \"any\" or keys out of 0-9, *, # and A-D, such as \"#*\"")
            return Set(KeypadEntry.allCases)
        }
        return Set(keys)
    }

    mutating func number(_ object: MenuObject, _ name: String) -> PhoneNumber? {
        guard let text = text(object, name) else { return nil }
        let digits = text.utf8.dropFirst()
        let isNumber =
            text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber else {
            note(object.place(name), "must be a telephone number with its country, such as \"+12025550100\"")
            return nil
        }
        return PhoneNumber(text)
    }

    /// One of the words.
    mutating func choice(_ object: MenuObject, _ name: String, _ words: [String], _ what: String) -> String? {
        guard let word = neededText(object, name, "one of \(words.joined(separator: ", "))") else { return nil }
        guard words.contains(word) else {
            let near = NearSpelling.of(word, among: words).map { "is \($0) meant?" }
            let list = words.prefix(20).joined(separator: ", ") + (words.count > 20 ? ", …" : "")
            note(object.place(name), "no \(what) is called \(MenuMistake.quoted(word)); \(near ?? "there are: \(list)")")
            return nil
        }
        return word
    }
}
