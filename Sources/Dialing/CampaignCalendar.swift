import Call

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

/// Days since 1970-01-01, and times of day.
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
        let date = CivilDay(year: year, month: month, day: dayOfMonth)
        return CivilDay(number: date.number) == date ? date.number : nil
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
        let seconds = Int64(min(max(unixTime, 0), Double(CivilDay.lastSecond)))
        return text(local: seconds, separator: "T") + "Z"
    }

    /// `2030-01-02 03:04:05` of a local time.
    static func text(local seconds: Int64, separator: String = " ") -> String {
        let number = day(ofLocal: seconds)
        return "\(CivilDay(number: number).text)\(separator)\(CivilDay.clock(seconds - number * day))"
    }

    private static func whole(_ digits: Substring) -> Int64? {
        digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int64(digits) : nil
    }
}
