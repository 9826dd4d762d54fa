/// Dates as providers spell them, to and from seconds since 1970 (proleptic Gregorian, no leap seconds).
enum CalendarTime {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// India has one time zone, five and a half hours before UTC. Units: seconds.
    static let india: Int64 = 19_800

    /// `2030-01-02T03:04:05Z` or `2030-01-02 03:04:05` with the separator given.
    static func text(_ unixTime: Int64, separator: String = "T", suffix: String = "Z") -> String {
        // Years 1970 to 9999: past them no provider has a call.
        let time = min(max(unixTime, 0), 253_402_300_799)
        let (year, month, day) = date(ofDay: time / 86_400)
        let second = time % 86_400
        let clock = [second / 3_600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
        return "\(year)-\(two(month))-\(two(day))\(separator)\(clock)\(suffix)"
    }

    private static func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }

    /// `2030-01-02T03:04:05.678Z`, `2030-01-02 03:04:05+05:30` and the like; without a zone, in the one given.
    static func seconds(iso text: String, zone: Int64 = 0) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let time = clock(bytes[11..<19]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
        guard let offset = self.zone(rest.filter { $0 != UInt8(ascii: ":") }[...], otherwise: zone) else { return nil }
        return dayNumber(year, month, day) * 86_400 + time - offset
    }

    /// RFC 2822: `Wed, 02 Jan 2030 03:04:05 +0000`.
    static func seconds(rfc2822 text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, let day = Int64(parts[1]), let index = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), (1...31).contains(day), (1970...9999).contains(year),
            let time = clock(Array(parts[4].utf8)[...]), let offset = zone(Array(parts[5].utf8)[...], otherwise: 0)
        else { return nil }
        return dayNumber(year, Int64(index + 1), day) * 86_400 + time - offset
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    private static func clock(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let parts = bytes.split(separator: UInt8(ascii: ":")).map { number($0) }
        guard bytes.count == 8, parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2], hour < 24,
            minute < 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    /// `Z`, `+0530`, nothing.
    private static func zone(_ bytes: ArraySlice<UInt8>, otherwise: Int64) -> Int64? {
        guard let sign = bytes.first else { return otherwise }
        if bytes.count == 1, sign == UInt8(ascii: "Z") { return 0 }
        if bytes.elementsEqual("GMT".utf8) { return 0 }
        let digits = bytes.dropFirst()
        guard digits.count == 4, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(digits.prefix(2)),
            let minutes = number(digits.suffix(2))
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    /// Days since 1970-01-01 (H. Hinnant, *chrono-Compatible Low-Level Date Algorithms*). Years of four digits only.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400, ofEra = shifted % 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = shifted / 146_097, ofEra = shifted % 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * month + 2) / 5 + 1
        return (year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
    }
}
