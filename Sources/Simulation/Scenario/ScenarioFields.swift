import Call
import Wire

/// A mistake in a scenario file: where, and how to mend it.
public struct ScenarioError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The place in the file: `calls[1].caller[3].say.level_db`; empty for the whole file.
    public let path: String
    public let words: String

    init(_ path: String, _ words: String) {
        self.path = path
        self.words = words
    }

    public var description: String { path.isEmpty ? words : "\(path): \(words)" }
}

/// The members of one object of a scenario file. What is not known is refused when it is opened.
struct ScenarioFields {
    let path: String
    private let members: [String: JSONValue]

    /// - Parameter known: the names that may stand here.
    init(_ value: JSONValue, at path: String, known: [String]) throws(ScenarioError) {
        guard case .object(let members) = value else { throw ScenarioError(path, "must be an object in braces") }
        if let stranger = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw ScenarioError(Self.join(path, stranger), "no such key; here may stand \(known.joined(separator: ", "))")
        }
        self.path = path
        self.members = members
    }

    private static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func place(_ name: String) -> String { Self.join(path, name) }
    func error(_ name: String, _ words: String) -> ScenarioError { ScenarioError(place(name), words) }
    func has(_ name: String) -> Bool { members[name] != nil }
    subscript(_ name: String) -> JSONValue? { members[name] }

    func text(_ name: String) throws(ScenarioError) -> String? {
        guard let value = members[name] else { return nil }
        guard case .string(let text) = value else { throw error(name, "must be text in quotes") }
        return text
    }

    func flag(_ name: String) throws(ScenarioError) -> Bool {
        guard let value = members[name] else { return false }
        guard case .bool(let flag) = value else { throw error(name, "must be true or false") }
        return flag
    }

    func number(_ name: String, _ range: ClosedRange<Double>) throws(ScenarioError) -> Double? {
        guard let value = members[name] else { return nil }
        guard case .number(let number) = value, range.contains(number) else {
            throw error(name, "must be a number from \(Bound.text(range.lowerBound)) to \(Bound.text(range.upperBound))")
        }
        return number
    }

    func whole(_ name: String, _ range: ClosedRange<Int>) throws(ScenarioError) -> Int? {
        guard let value = members[name] else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            throw error(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// - Parameter shortest: units: milliseconds.
    func milliseconds(
        _ name: String, from shortest: Int = 0, upTo longest: Duration = Scenario.longestCall
    ) throws(ScenarioError) -> Duration? {
        guard let whole = try whole(name, shortest...Int(longest.milliseconds)) else { return nil }
        return .milliseconds(whole)
    }

    /// The values of a list, with their places.
    func list(_ name: String, most: Int) throws(ScenarioError) -> [(value: JSONValue, path: String)]? {
        guard let value = members[name] else { return nil }
        guard case .array(let values) = value else { throw error(name, "must be a list in brackets") }
        guard values.count <= most else { throw error(name, "has \(values.count) entries, at most \(most) are taken") }
        return values.enumerated().map { ($0.element, "\(place(name))[\($0.offset)]") }
    }

    func object(_ name: String, known: [String]) throws(ScenarioError) -> ScenarioFields? {
        guard let value = members[name] else { return nil }
        return try ScenarioFields(value, at: place(name), known: known)
    }

    func keys(_ name: String) throws(ScenarioError) -> [KeypadEntry]? {
        guard let text = try text(name) else { return nil }
        guard let keys = KeypadEntry.keys(in: text), keys.count <= 100 else {
            throw error(name, "must be up to 100 keys out of 0-9, *, # and A-D")
        }
        return keys
    }
}
