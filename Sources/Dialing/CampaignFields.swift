import Wire

/// The members of one object of a campaign's settings. What is not known is refused when it is opened.
struct CampaignFields {
    private let path: String
    private let members: [String: JSONValue]

    /// - Parameter known: the names that may stand here.
    init(_ value: JSONValue, at path: String, known: [String]) throws(CampaignError) {
        guard case .object(let members) = value else { throw CampaignError(path, "must be an object in braces") }
        self.path = path
        self.members = members
        guard let stranger = members.keys.sorted().first(where: { !known.contains($0) }) else { return }
        if let near = NearSpelling.of(stranger, among: known) {
            throw CampaignError(place(stranger), "no such key; is \(near) meant?")
        }
        throw CampaignError(place(stranger), "no such key; here may stand \(known.joined(separator: ", "))")
    }

    func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    func error(_ name: String, _ words: String) -> CampaignError { CampaignError(place(name), words) }
    subscript(_ name: String) -> JSONValue? { members[name] }

    func text(_ name: String) throws(CampaignError) -> String? {
        guard let value = members[name] else { return nil }
        guard case .string(let text) = value, !text.isEmpty else { throw error(name, "must be text in quotes") }
        return text
    }

    func number(_ name: String, _ range: ClosedRange<Double>) throws(CampaignError) -> Double? {
        guard let value = members[name] else { return nil }
        guard case .number(let number) = value, range.contains(number) else {
            throw error(
                name, "must be a number from \(CampaignText.number(range.lowerBound)) to \(CampaignText.number(range.upperBound))")
        }
        return number
    }

    func whole(_ name: String, _ range: ClosedRange<Int>) throws(CampaignError) -> Int? {
        guard let value = members[name] else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            throw error(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws(CampaignError) -> Word?
    where Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw error(name, "must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    /// An object of no more than ``CampaignSettings/longestBody`` bytes.
    func object(_ name: String) throws(CampaignError) -> [String: JSONValue]? {
        guard let value = members[name] else { return nil }
        guard case .object(let object) = value else { throw error(name, "must be an object in braces") }
        guard value.bytes.count <= CampaignSettings.longestBody else {
            throw error(
                name, "has \(value.bytes.count) bytes as JSON, at most \(CampaignSettings.longestBody) are taken; shorten it")
        }
        return object
    }

    func list(_ name: String, most: Int) throws(CampaignError) -> [JSONValue]? {
        guard let value = members[name] else { return nil }
        guard case .array(let values) = value else { throw error(name, "must be a list in brackets") }
        guard values.count <= most else { throw error(name, "has \(values.count) entries, at most \(most) are taken") }
        return values
    }
}
