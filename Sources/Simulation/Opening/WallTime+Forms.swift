/// Other spellings of the wall clock.
extension WallTime {
    /// `2030-01-02 03:04:05`, in UTC.
    static func plainText(milliseconds: Int64) -> String {
        let text = text(milliseconds: milliseconds)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    /// RFC 2822: `Wed, 02 Jan 2030 03:04:05 +0000`.
    static func mailText(milliseconds: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = text(milliseconds: milliseconds)
        // 1970 began on a Thursday.
        let day = days[Int(max(milliseconds, 0) / 86_400_000) % 7]
        let month = Int(text.dropFirst(5).prefix(2)).map { months[($0 - 1) % 12] } ?? ""
        return "\(day), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) +0000"
    }
}
