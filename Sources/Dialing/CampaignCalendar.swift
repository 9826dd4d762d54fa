/// Answers what a clock on the wall shows in a time zone. Foundation answers outside this room.
public protocol CampaignZones: Sendable {
    /// How far the zone's clocks are ahead of UTC at an instant. Units: seconds.
    ///
    /// - Parameters:
    ///   - zone: by its IANA name, `America/New_York`.
    ///   - unixTime: seconds since 1970.
    /// - Returns: `nil` for a zone that there is not.
    func offset(of zone: String, at unixTime: Int64) -> Int64?
}

/// Days since 1970-01-01 (proleptic Gregorian), and times of day. Source: H. Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
enum CampaignCalendar {
    static let day: Int64 = 86_400
    /// As they are written, Monday first.
    static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// 0 for Monday. 1970-01-01 was a Thursday.
    static func weekday(_ day: Int64) -> Int { Int(((day + 3) % 7 + 7) % 7) }

    /// The day that a local time falls on, also before 1970.
    static func day(ofLocal seconds: Int64) -> Int64 { (seconds - ((seconds % day) + day) % day) / day }

    /// `2030-01-31`; `nil` for what is no day from 1970 to 9999.
    static func day(_ text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2], let year = whole(parts[0]), let month = whole(parts[1]),
            let dayOfMonth = whole(parts[2]), (1970...9999).contains(year), (1...12).contains(month), dayOfMonth >= 1
        else { return nil }
        let number = dayNumber(year, month, dayOfMonth)
        return date(number) == (year, month, dayOfMonth) ? number : nil
    }

    /// `09:00`, `24:00`. Units of what is returned: seconds.
    static func time(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.map(\.utf8.count) == [2, 2], let hour = whole(parts[0]), let minute = whole(parts[1]),
            minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 3_600 + minute * 60
    }

    /// `2030-01-02T03:04:05Z`.
    static func text(_ unixTime: Double) -> String {
        let seconds = Int64(min(max(unixTime, 0), 253_402_300_799))
        return text(local: seconds, separator: "T") + "Z"
    }

    /// `2030-01-02 03:04:05` of a local time.
    static func text(local seconds: Int64, separator: String = " ") -> String {
        let number = day(ofLocal: seconds)
        let (year, month, dayOfMonth) = date(number)
        let second = seconds - number * day
        let clock = [second / 3_600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
        return "\(year)-\(two(month))-\(two(dayOfMonth))\(separator)\(clock)"
    }

    private static func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }

    private static func whole(_ digits: Substring) -> Int64? {
        digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int64(digits) : nil
    }

    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400, ofEra = shifted % 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(_ number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = shifted / 146_097, ofEra = shifted % 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * month + 2) / 5 + 1
        return (year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
    }
}
