import Call
import Wire

extension CampaignSettings {
    private static let names = [
        "name", "provider", "from", "bot", "body", "metadata", "rate", "concurrency", "timeout_secs", "max_duration_secs",
        "machine_detection", "windows", "time_zone", "attempts", "spacing", "retry_on", "suppress", "start", "end", "holidays",
        "duplicates", "expected_seconds",
    ]

    /// More holidays than a campaign of many years meets.
    private static let mostHolidays = 1_000
    /// Windows of a week: a few a day.
    private static let mostWindows = 50
    /// Longest spacing: thirty days. Units: minutes.
    private static let longestSpacing = 43_200

    /// Reads the JSON of a campaign's settings. What is not known is refused.
    public init(parsing bytes: [UInt8]) throws(CampaignError) {
        let value: JSONValue
        do throws(WireError) {
            value = try JSONValue(parsing: bytes, at: "the file")
        } catch {
            throw CampaignError("", "\(error)")
        }
        guard case .object = value else { throw Self.notAnObject }
        let fields = try CampaignFields(value, at: "", known: Self.names)
        name = try fields.text("name")
        provider = try fields.text("provider")
        from = try Self.caller(fields)
        bot = try fields.text("bot")
        body = try fields.object("body") ?? [:]
        metadata = try fields.object("metadata").map { .object($0) }
        rate = try fields.number("rate", 0.01...200) ?? rate
        concurrency = try fields.whole("concurrency", 1...1_000) ?? concurrency
        ringTimeout = try fields.whole("timeout_secs", 5...600)
        maximumDuration = try fields.whole("max_duration_secs", 10...86_400)
        machineDetection = try fields.word("machine_detection", MachineDetection.self)
        timeZone = try fields.text("time_zone")
        attempts = try fields.whole("attempts", 1...20) ?? attempts
        suppressionPath = try fields.text("suppress")
        duplicates = try fields.word("duplicates", Duplicates.self) ?? duplicates
        expectedSeconds = try fields.number("expected_seconds", 1...86_400) ?? expectedSeconds
        hours = try Self.hours(fields)
        retryOn = try Self.retryOn(fields) ?? retryOn
        try readSpacing(fields)
    }

    private static func caller(_ fields: CampaignFields) throws(CampaignError) -> PhoneNumber? {
        guard let text = try fields.text("from") else { return nil }
        let digits = text.hasPrefix("+") ? text.utf8.dropFirst() : text.utf8[...]
        guard (3...15).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw fields.error("from", "is no phone number: write +, country code and number")
        }
        return PhoneNumber(text)
    }

    private static func hours(_ fields: CampaignFields) throws(CampaignError) -> CampaignHours {
        var hours = CampaignHours()
        for (index, value) in (try fields.list("windows", most: mostWindows) ?? []).enumerated() {
            hours.windows.append(try window(CampaignFields(value, at: "windows[\(index)]", known: ["days", "from", "to"])))
        }
        hours.firstDay = try day(fields, "start", fields["start"])
        hours.lastDay = try day(fields, "end", fields["end"])
        if let first = hours.firstDay, let last = hours.lastDay, last < first { throw fields.error("end", "is before start") }
        for (index, value) in (try fields.list("holidays", most: mostHolidays) ?? []).enumerated() {
            if let day = try day(fields, "holidays[\(index)]", value) { hours.holidays.insert(day) }
        }
        return hours
    }

    private static func day(_ fields: CampaignFields, _ name: String, _ value: JSONValue?) throws(CampaignError) -> Int64? {
        guard let value else { return nil }
        guard let day = value.string.flatMap({ CampaignCalendar.day($0) }) else {
            throw fields.error(name, "must be a day such as \"2030-01-31\"")
        }
        return day
    }

    private static func window(_ fields: CampaignFields) throws(CampaignError) -> CampaignHours.Window {
        let days = try days(fields)
        guard let from = try fields.text("from").flatMap({ CampaignCalendar.time($0) }), from < CampaignCalendar.day else {
            throw fields.error("from", "must be a time such as \"09:00\"")
        }
        guard var to = try fields.text("to").flatMap({ CampaignCalendar.time($0) }) else {
            throw fields.error("to", "must be a time such as \"18:00\", or \"24:00\"")
        }
        guard to != from else { throw fields.error("to", "is the same as from; write 00:00 to 24:00 for the whole day") }
        if to < from { to += CampaignCalendar.day }
        return CampaignHours.Window(days: days, from: from, to: to)
    }

    /// `mon-fri`, `sat`, `mon,wed,fri-sun`; none: every day.
    private static func days(_ fields: CampaignFields) throws(CampaignError) -> Set<Int> {
        guard let text = try fields.text("days") else { return Set(0...6) }
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end in
                CampaignCalendar.weekdays.firstIndex(of: end.filter { $0 != " " }.lowercased())
            }
            guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw fields.error("days", "must be days such as \"mon-fri\" or \"mon,wed,sat\"")
            }
            days.formUnion(first <= last ? Array(first...last) : Array(first...6) + Array(0...last))
        }
        return days
    }

    private static func retryOn(_ fields: CampaignFields) throws(CampaignError) -> Set<DialEnd>? {
        guard let values = try fields.list("retry_on", most: 20) else { return nil }
        var ends: Set<DialEnd> = []
        for (index, value) in values.enumerated() {
            guard let end = value.string.flatMap({ DialEnd(rawValue: $0) }), repeatable.contains(end) else {
                let known = repeatable.map(\.rawValue).joined(separator: ", ")
                let isUnknown = value.string == DialEnd.unknown.rawValue
                throw fields.error(
                    "retry_on[\(index)]",
                    isUnknown
                        ? "a call of which nobody knows whether it was placed is never placed again; take unknown out"
                        : "must be one of \(known)")
            }
            ends.insert(end)
        }
        return ends
    }

    private mutating func readSpacing(_ fields: CampaignFields) throws(CampaignError) {
        guard let value = fields["spacing"] else { return }
        let minutes = try CampaignFields(value, at: "spacing", known: Self.repeatable.map(\.rawValue))
        for end in Self.repeatable {
            if let given = try minutes.whole(end.rawValue, 1...Self.longestSpacing) { spacing[end] = given }
        }
    }
}
