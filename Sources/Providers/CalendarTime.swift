import Call

/// Dates as providers spell them, to and from seconds since 1970 (proleptic Gregorian, no leap seconds).
enum CalendarTime {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// India has one time zone, five and a half hours before UTC. Units: seconds.
    static let india: Int64 = 19_800

    /// `2030-01-02T03:04:05Z` or `2030-01-02 03:04:05` with the separator given.
    static func text(_ unixTime: Int64, separator: String = "T", suffix: String = "Z") -> String {
        // Years 1970 to 9999: past them no provider has a call.
        let time = min(max(unixTime, 0), CivilDay.lastSecond)
        return "\(CivilDay(number: time / 86_400).text)\(separator)\(CivilDay.clock(time % 86_400))\(suffix)"
    }

    /// `2030-01-02T03:04:05.678Z`, `2030-01-02 03:04:05+05:30` and the like; without a zone, in the one given.
    static func seconds(iso text: String, zone: Int64 = 0) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let time = clock(bytes[11..<19]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
        guard let offset = self.zone(rest.filter { $0 != UInt8(ascii: ":") }[...], otherwise: zone) else { return nil }
        return CivilDay(year: year, month: month, day: day).number * 86_400 + time - offset
    }

    /// RFC 2822: `Wed, 02 Jan 2030 03:04:05 +0000`.
    static func seconds(rfc2822 text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, let day = Int64(parts[1]), let index = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), (1...31).contains(day), (1970...9999).contains(year),
            let time = clock(Array(parts[4].utf8)[...]), let offset = zone(Array(parts[5].utf8)[...], otherwise: 0)
        else { return nil }
        return CivilDay(year: year, month: Int64(index + 1), day: day).number * 86_400 + time - offset
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
}
