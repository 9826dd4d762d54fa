import Call

/// Wall-clock moments as captures spell them: `2026-11-21T04:55:00.123456Z`.
enum CaptureTime {
    /// Years 0000 to 9999, the range of four digits. Units: microseconds since 1970 UTC.
    static let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// - Parameter microseconds: since 1970 UTC; held inside ``range``.
    static func text(_ microseconds: Int64) -> String {
        let moment = min(max(microseconds, range.lowerBound), range.upperBound)
        let ofDay = (moment % day + day) % day
        let fraction = String(1_000_000 + ofDay % 1_000_000).dropFirst()
        return "\(CivilDay(number: (moment - ofDay) / day).text)T\(CivilDay.clock(ofDay / 1_000_000)).\(fraction)Z"
    }

    /// Units: microseconds.
    private static let day: Int64 = 86_400_000_000

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
        let date = CivilDay(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard (1...12).contains(date.month), hour < 24, minute < 60, second < 60 else { return nil }
        guard CivilDay(number: date.number) == date else { return nil }
        return ((date.number * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + number(20..<26)
    }
}
