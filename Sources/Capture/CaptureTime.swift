/// Wall-clock moments as captures spell them: `2026-11-21T04:55:00.123456Z`.
enum CaptureTime {
    /// Years 0000 to 9999, the range of four digits. Units: microseconds since 1970 UTC.
    static let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// - Parameter microseconds: since 1970 UTC; held inside ``range``.
    static func text(_ microseconds: Int64) -> String {
        let moment = min(max(microseconds, range.lowerBound), range.upperBound)
        let day = floored(moment, 86_400_000_000)
        let (year, month, date) = civil(day.quotient)
        let second = day.remainder / 1_000_000
        return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(date, 2) + "T" + digits(second / 3_600, 2) + ":"
            + digits(second / 60 % 60, 2) + ":" + digits(second % 60, 2) + "." + digits(day.remainder % 1_000_000, 6) + "Z"
    }

    /// Reads exactly that shape.
    ///
    /// - Returns: microseconds since 1970 UTC; `nil` for any other shape and for a day that no calendar has.
    static func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 27 else { return nil }
        let shape = Array("0000-00-00T00:00:00.000000Z".utf8)
        for (byte, mark) in zip(bytes, shape) {
            let isDigit = (0x30...0x39).contains(byte)
            guard mark == UInt8(ascii: "0") ? isDigit : byte == mark else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 * 10 + Int64($1 & 0x0F) } }
        let (year, month, date) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let day = days(year, month, date)
        guard civil(day) == (year, month, date) else { return nil }
        return ((day * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + number(20..<26)
    }

    // Days of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March (Hinnant, "chrono-compatible
    // low-level date algorithms").

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let (era, dayOfEra) = floored(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let isNextYear = month >= 10
        return (yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3, date)
    }

    private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let (era, yearOfEra) = floored(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func digits(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(width - text.count, 0)) + text
    }
}
