/// What the world's numbering plans say about a number: whose it is, and whether it lies in a range that costs more.
struct Numbering: Sendable {
    /// Whom a number belongs to.
    enum Territory: Hashable, Sendable {
        /// ISO 3166's two letters.
        case country(String)
        /// Free for the caller in every country of +1.
        case tollFree
        /// No country: satellites, international services.
        case global
    }

    /// Where a number lies.
    struct Place: Equatable, Sendable {
        /// Digits without `+`.
        let callingCode: String
        let territory: Territory
        /// As it stands in a sentence: `the Bahamas`.
        let name: String
        /// The digits that tell the territory from others: its calling code, or more inside a shared one.
        let prefix: String
        let special: Special?
    }

    /// A range that is called only when it is listed itself.
    struct Special: Equatable, Sendable {
        /// Digits from the calling code on. An entry that opens the range has as many or more.
        let prefix: String
        /// The range as it may be printed: no digits but those of the table.
        let spelling: String
    }

    static let plan = Numbering(rows: NumberingTable.rows)

    private struct Owner { let callingCode: String, territory: Territory, name: String }

    private var callingCodes: Set<String> = []
    private var owners: [String: Owner] = [:]
    /// Ranges by their prefix, with the fewest digits from the calling code on that a number of it has.
    private var specials: [String: Int] = [:]
    private var longest = 3

    /// - Parameter rows: as ``NumberingTable/rows``.
    init(rows: String) {
        for row in rows.split(separator: "\n") {
            let halves = row.split(separator: ":", maxSplits: 1)
            let words = (halves.first ?? "").split(separator: " ", maxSplits: 2)
            guard words.count == 3 else { continue }
            let digits = words[0].split(separator: "/")
            let code = String(digits[0])
            let territory: Territory =
                switch words[1] {
                case "~": .tollFree
                case "*": .global
                default: .country(String(words[1]))
                }
            callingCodes.insert(code)
            let owner = Owner(callingCode: code, territory: territory, name: String(words[2]))
            for part in digits.count == 1 ? [""] : digits[1].split(separator: ",") {
                owners[code + part] = owner
                longest = max(longest, code.count + part.count)
            }
            // Of a code that no country has, every number is special.
            if territory == .global { specials[code] = 0 }
            for range in halves.count == 1 ? [] : halves[1].split(separator: " ") {
                let parts = range.split(separator: ":")
                let fewest = parts.count == 1 ? 0 : (Int(parts[1]) ?? 0) + code.count
                specials[code + parts[0]] = fewest
                longest = max(longest, code.count + parts[0].count)
            }
        }
    }

    /// - Parameter digits: ASCII digits from the calling code on.
    /// - Returns: `nil` when no calling code, or inside +1 no area code, in use begins so.
    func place(of digits: String) -> Place? {
        guard let code = Self.prefixes(of: digits, upTo: 3).first(where: callingCodes.contains) else { return nil }
        guard code != "1" || Self.isAreaCode(digits.dropFirst().prefix(3)) else { return nil }
        var found = find(code, in: digits)
        // Networks drop zeros that do not belong there, as in +44 0 909…; where one belongs (Italy) no range begins behind it.
        let national = digits.dropFirst(code.count)
        if code != "39", national.hasPrefix("0") {
            let without = find(code, in: code + national.drop { $0 == "0" })
            found = (without.owner, without.prefix, found.special ?? without.special)
        }
        guard let owner = found.owner else { return nil }
        return Place(
            callingCode: code, territory: owner.territory, name: owner.name, prefix: found.prefix, special: found.special)
    }

    /// What the longest prefixes in the table say.
    private func find(_ code: String, in digits: String) -> (owner: Owner?, prefix: String, special: Special?) {
        var owner = owners[code]
        var prefix = code
        var special: Special?
        for candidate in Self.prefixes(of: digits, upTo: longest) {
            if let longer = owners[candidate] {
                owner = longer
                prefix = candidate
                // A country's own part of a range belongs to the country.
                if candidate != code { special = nil }
            }
            if let fewest = specials[candidate], digits.utf8.count >= fewest {
                special = special ?? Special(prefix: candidate, spelling: "+" + candidate)
            }
        }
        if code == "1", special == nil, digits.dropFirst(4).prefix(3) == "976" {
            special = Special(prefix: String(digits.prefix(7)), spelling: "+1NNN976")
        }
        return (owner, prefix, special)
    }

    /// Whether the digits begin with a calling code in use.
    func isCallingCode(_ digits: String) -> Bool { Self.prefixes(of: digits, upTo: 3).contains(where: callingCodes.contains) }

    /// The prefixes that belong to a territory, shortest first.
    func prefixes(of territory: Territory) -> [String] {
        owners.filter { $0.value.territory == territory }.keys.sorted { ($0.count, $0) < ($1.count, $1) }
    }

    /// The beginnings of a number, shortest first.
    private static func prefixes(of digits: String, upTo longest: Int) -> some Sequence<String> {
        (1...longest).lazy.prefix { $0 <= digits.utf8.count }.map { String(digits.prefix($0)) }
    }

    /// NXX as the North American plan has it: N is 2 to 9; `N11` are services and `N9X` is kept for longer numbers.
    private static func isAreaCode(_ digits: Substring) -> Bool {
        let digits = Array(digits.utf8)
        guard digits.count == 3, digits[0] >= UInt8(ascii: "2"), digits[1] != UInt8(ascii: "9") else { return false }
        return !(digits[1] == UInt8(ascii: "1") && digits[2] == UInt8(ascii: "1"))
    }
}
