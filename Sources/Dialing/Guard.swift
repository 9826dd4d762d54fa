import Call

/// Where calls may go: what keeps a stolen key, or a list with a wrong number in it, from dialling to expensive places.
///
/// With nothing listed, calls stay in the country of the number that calls, also inside a shared calling code: a number of the United
/// States does not call Canada or Jamaica, one of the United Kingdom not Jersey. A list of calling codes and longer prefixes (`+1`, `+44`,
/// `+1876`) replaces that:
/// - an entry opens the numbers that begin with it, so `+44` opens Jersey too;
/// - inside +1, an entry shorter than the area code opens the United States, Canada, toll-free numbers and the caller's own country; the
///   Caribbean countries, Bermuda and the territories of the United States (Puerto Rico and Guam among them) are listed by area code;
/// - premium-rate, shared-cost, personal and pager ranges, satellites and other codes of no country are opened only by an entry that is
///   at least as long as the range: `+44` does not open `+4470…`;
/// - calling codes that are not in use are refused, listed or not.
///
/// A toll-free number of +1 may call, and is called from, the United States and Canada.
public struct DestinationGuard: Equatable, Sendable {
    /// Why a list cannot be used: the entry and the mend.
    public struct BadEntry: Error, Equatable, Sendable { public let sentence: String }

    /// Entries of one list: three times what there are calling codes and area codes to list.
    public static let mostEntries = 2_000

    /// Digits, without `+`.
    private let entries: [String]

    /// - Parameter list: `+` and digits each; empty for the caller's own country.
    /// - Throws: a sentence about the first bad entry.
    public init(allowing list: [String] = []) throws(BadEntry) {
        guard list.count <= Self.mostEntries else {
            throw BadEntry(
                sentence: "--dial-allow has \(list.count) entries; at most \(Self.mostEntries) are looked at. List shorter prefixes"
            )
        }
        var entries: [String] = []
        for (index, text) in list.enumerated() { entries.append(try Self.digits(ofEntry: text, at: index + 1)) }
        self.entries = entries
    }

    /// - Parameter text: entries with commas between them, as `--dial-allow` takes them; spaces around an entry do not count.
    public init(parsing text: String) throws(BadEntry) {
        let isEmpty = text.allSatisfy { $0 == " " }
        let entries = isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
        try self.init(allowing: entries.map { String($0.trimmingSpaces) })
    }

    private static func digits(ofEntry text: String, at place: Int) throws(BadEntry) -> String {
        let form = "write + and a calling code or a longer prefix, such as +44 or +1876"
        guard !text.isEmpty else { throw BadEntry(sentence: "entry \(place) of --dial-allow is empty; \(form)") }
        let digits = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "+"), (1...15).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw BadEntry(sentence: "entry \(place) of --dial-allow is no prefix of numbers; \(form)") }
        let prefix = String(text.dropFirst())
        guard Numbering.plan.isCallingCode(prefix) else {
            throw BadEntry(
                sentence: "entry \(place) of --dial-allow, +\(prefix.prefix(3)), begins with no calling code in use; \(form)")
        }
        return prefix
    }

    /// Whether a call may be placed.
    ///
    /// - Parameters:
    ///   - to: E.164, with its `+`.
    ///   - from: the number that calls, as the provider takes it.
    ///   - caller: how to read a `from` without `+`: ``GuardCaller/of(_:)`` the provider.
    /// - Returns: `nil` when it may; else what is wrong and the mend, without digits of the number but those of the range that is refused.
    public func refusal(of to: PhoneNumber, from: PhoneNumber, caller: GuardCaller = .asWritten) -> String? {
        let text = to.exposed
        let digits = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "+"), (7...15).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return "the number to dial is not E.164: write +, country code and number, 7 to 15 digits" }
        let number = String(text.dropFirst())
        guard let place = Numbering.plan.place(of: number) else {
            return number.hasPrefix("1")
                ? "the number to dial is in +1 but has no area code that is in use; check the number"
                : "the number to dial begins with no calling code that is in use; check the number"
        }
        let own = caller.digits(of: from).flatMap { Numbering.plan.place(of: $0) }
        let listed = entries.filter { number.hasPrefix($0) }.map(\.utf8.count).max()
        if let special = place.special {
            let isListed = entries.contains { $0.hasPrefix(special.prefix) && number.hasPrefix($0) }
            return isListed ? nil : refusal(of: place, special, own)
        }
        guard entries.isEmpty else {
            guard let listed else { return "the number to dial is in \(place.name), which is not listed; \(mend(place, own))" }
            let isNear =
                place.callingCode != "1" || listed >= 4 || place.isCommonInNorthAmerica || place.territory == own?.territory
            return isNear ? nil : "the number to dial is in \(place.name), which +1 alone does not open; \(mend(place, own))"
        }
        guard let own else {
            return
                "it cannot be told from the number that calls where it is, so where it may call: write it with + and its calling code, "
                + "or \(mend(place, nil))"
        }
        return own.isAtHome(place)
            ? nil
            : "the number to dial is in \(place.name), and calls stay in \(own.name) unless others are listed; \(mend(place, own))"
    }

    private func refusal(of place: Numbering.Place, _ special: Numbering.Special, _ own: Numbering.Place?) -> String {
        let what =
            place.territory == .global
            ? "the number to dial is one of the \(place.name)"
            : "the number to dial is in a premium-rate, shared-cost, personal or pager range of \(place.name)"
        return "\(what), called only when the range is listed itself; \(mend(special.spelling, own))"
    }

    /// Numbers of a country are opened by its shortest prefix.
    private func mend(_ place: Numbering.Place, _ own: Numbering.Place?) -> String {
        mend("+" + (place.isCommonInNorthAmerica ? place.callingCode : place.prefix), own)
    }

    /// The first list takes the place of the caller's own country, so that has to stand in it too.
    private func mend(_ entry: String, _ own: Numbering.Place?) -> String {
        guard entries.isEmpty else { return "to allow it, add it to the list: --dial-allow \(entry)" }
        let home = own.map { own in
            own.isCommonInNorthAmerica ? ["1"] : Numbering.plan.prefixes(of: own.territory)
        }
        let others = (home ?? []).filter { "+" + $0 != entry && own?.territory != .global }.prefix(4).map { ",+\($0)" }.joined()
        return "to allow it: --dial-allow \(entry)\(others)"
    }
}

extension Numbering.Place {
    /// The United States, Canada and toll-free numbers, which calls inside +1 cost no more for.
    var isCommonInNorthAmerica: Bool {
        callingCode == "1" && [.country("US"), .country("CA"), .tollFree].contains(territory)
    }

    /// Whether a call to the other place stays in the country. A toll-free number is at home in both of its countries.
    func isAtHome(_ other: Numbering.Place) -> Bool {
        if territory == .tollFree || other.territory == .tollFree { return isCommonInNorthAmerica && other.isCommonInNorthAmerica }
        return territory == other.territory
    }
}

extension Substring {
    /// Without the spaces at both ends.
    var trimmingSpaces: Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
