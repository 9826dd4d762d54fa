import Call
import Wire

/// What all providers' orders are held to before anything is sent.
extension DiallingDialect {
    /// Holds the order's times and wishes to ``dialling``.
    func check(_ order: DialOrder) throws(DialRefusal) {
        let guide = dialling
        let opening: DiallingGuide.Opening =
            switch order.opening {
            case .stream: .stream
            case .document: .document
            }
        guard guide.openings.contains(opening) else {
            throw DialRefusal(
                .unsupported,
                opening == .stream
                    ? "\(name) takes no stream address when a call is placed; give it an answer address"
                    : "\(name) fetches no answer document for a call that is placed so; give it the stream's address")
        }
        guard order.machineDetection == .off || guide.machineDetection.contains(order.machineDetection) else {
            throw DialRefusal(
                .unsupported, "\(name) has no machine detection `\(order.machineDetection.rawValue)`; ask for `off`")
        }
        if let range = guide.ringTimeout { try check(order.ringTimeout, range, "the ring time-out") }
        try check(order.maximumDuration, guide.maximumDuration, "the maximum duration")
    }

    private func check(_ seconds: Int, _ range: ClosedRange<Int>, _ what: String) throws(DialRefusal) {
        guard range.contains(seconds) else {
            throw DialRefusal(
                .outOfRange, "\(what) is \(seconds) s; \(name) takes \(range.lowerBound) to \(range.upperBound) s")
        }
    }

    /// The settings by these names.
    func require(_ names: [String], _ settings: ProviderSettings) throws(DialRefusal) {
        let missing = names.filter { settings[$0] == nil }
        guard missing.isEmpty else {
            throw DialRefusal(.settings(missing), "\(name) cannot dial: set \(missing.joined(separator: " and "))")
        }
    }

    /// The callee, `+` and 7 to 15 digits (ITU-T E.164).
    func callee(_ order: DialOrder) throws(DialRefusal) -> String {
        let text = order.to.exposed
        let digits = text.utf8.dropFirst()
        guard text.hasPrefix("+"), (7...15).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw DialRefusal(.number, "the number to dial is not E.164: write +, country code and number, 7 to 15 digits") }
        return text
    }

    /// The order's `from`, or the provider's `…_PHONE_NUMBER`: digits, with or without `+`.
    func caller(_ order: DialOrder, _ settings: ProviderSettings) throws(DialRefusal) -> String {
        let setting = settingsPrefix + "PHONE_NUMBER"
        guard let text = order.from?.exposed ?? settings[setting] else {
            throw DialRefusal(.settings([setting]), "\(name) cannot dial: give `from` or set \(setting)")
        }
        let digits = text.hasPrefix("+") ? text.utf8.dropFirst() : text.utf8[...]
        guard (3...15).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw DialRefusal(.number, "the number to dial from is no phone number: write +, country code and number")
        }
        return text
    }

    /// The text, if it is no longer than the provider takes. Units: bytes.
    func fitting(_ text: String, _ limit: Int, _ what: String) throws(DialRefusal) -> String {
        let bytes = text.utf8.count
        guard bytes <= limit else {
            throw DialRefusal(
                .tooLong(bytes: bytes, limit: limit), "\(what) has \(bytes) bytes; \(name) takes \(limit). Shorten the call's body")
        }
        return text
    }

    /// What every provider's answer means by its status alone; `nil` for one that accepts or refuses.
    ///
    /// 429 was never placed. Neither was a 503 that says when to come back (RFC 9110 §15.6.4). Any other fault of the server may have come after
    /// the call went out.
    func delay(_ response: HTTPResponse) -> DialOutcome? {
        let seconds = Self.retryAfter(response)
        switch response.status {
        case 429: return .retry(afterSeconds: seconds)
        case 503 where seconds != nil: return .retry(afterSeconds: seconds)
        case 408, 500...: return .unknown("\(name) answered \(response.status), which does not say whether the call was placed")
        default: return nil
        }
    }

    /// A refusal with the provider's own words, masked.
    ///
    /// - Parameter code: as the provider spells it; `nil` when it names none, and then the sentence names the status.
    func refused(_ response: HTTPResponse, code: String?, words: String, _ kind: ProviderRefusal.Kind) -> DialOutcome {
        .refused(ProviderRefusal(code: code, sentence: sentence(ofRefusal: response, code: code, words: words), kind: kind))
    }

    /// `{name} refused the call with {code, or "status" and the status}: {words, masked}`.
    func sentence(ofRefusal response: HTTPResponse, code: String?, words: String) -> String {
        "\(name) refused the call with \(code ?? "status \(response.status)")"
            + (words.isEmpty ? "" : ": " + ProviderWords.masked(words))
    }

    /// Longest `Retry-After` that is believed. Units: seconds.
    private static var longestRetry: Int { 3_600 }

    /// Whole seconds; a date is not read, and counts as one that names no time.
    private static func retryAfter(_ response: HTTPResponse) -> Int? {
        response.headers["retry-after"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : min($0, longestRetry) }
    }
}

/// A provider's words as they may be logged.
enum ProviderWords {
    /// Longest sentence kept. Units: characters.
    static let longest = 200

    /// Words with five or more digits, an address or an `@` are replaced: they may be numbers, tokens or accounts. Words of digits alone
    /// that follow each other count as one: a number may be written in groups.
    static func masked(_ text: String) -> String {
        var words: [String] = []
        var group: [Substring] = []
        func endGroup() {
            words += group.reduce(0) { $0 + digits($1) } >= fewestDigits ? ["[number]"] : group.map { String($0) }
            group = []
        }
        for word in text.prefix(longest).split(whereSeparator: { $0.isWhitespace || $0.isNewline }) {
            if !word.contains(where: \.isLetter) {
                group.append(word)
                continue
            }
            endGroup()
            let isAddress = word.contains("://") || word.contains("@")
            words.append(isAddress ? "[address]" : digits(word) >= fewestDigits ? "[number]" : String(word))
        }
        endGroup()
        return words.joined(separator: " ")
    }

    /// Digits from which on a word may be a number.
    private static let fewestDigits = 5

    private static func digits(_ word: Substring) -> Int { word.count(where: \.isNumber) }

    /// Longest id of a call; Telnyx's, the longest, have about 100. Units: bytes.
    private static let longestID = 255

    /// Whether a provider may have given a call this id.
    static func isCallID(_ text: String) -> Bool {
        (1...longestID).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// A code of digits or short words; what is neither is not repeated.
    static func code(_ value: JSONValue?) -> String? {
        let text = value?.string ?? value?.number.flatMap { Int(exactly: $0) }.map { String($0) }
        guard let text, (1...48).contains(text.utf8.count), masked(text) == text || text.utf8.count <= 6 else { return nil }
        return text
    }
}
