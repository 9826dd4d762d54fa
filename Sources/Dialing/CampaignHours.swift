/// When calls may be placed, by the clock on the callee's wall.
public struct CampaignHours: Equatable, Sendable {
    /// A stretch of the day, on some days of the week.
    public struct Window: Equatable, Sendable {
        /// 0 for Monday to 6. Of a window over midnight, the day on which it begins.
        public let days: Set<Int>
        /// Units: seconds from local midnight, 0 to 86,400.
        public let from: Int64
        /// Not in it any more. Past 86,400 for a window over midnight.
        public let to: Int64
    }

    /// Whether calls may be placed at an instant.
    public struct Opening: Equatable, Sendable {
        public let isOpen: Bool
        /// When that changes. Units: seconds since 1970; `nil`: never.
        public let until: Int64?
    }

    /// None: the whole day.
    public var windows: [Window]
    /// First and last day, in the callee's zone; days since 1970.
    public var firstDay: Int64?
    public var lastDay: Int64?
    /// Days on which no window begins.
    public var holidays: Set<Int64>

    public init(windows: [Window] = [], firstDay: Int64? = nil, lastDay: Int64? = nil, holidays: Set<Int64> = []) {
        self.windows = windows
        self.firstDay = firstDay
        self.lastDay = lastDay
        self.holidays = holidays
    }

    /// Whether calls may be placed at any time: no zone is needed.
    public var isAlways: Bool { windows.isEmpty && firstDay == nil && lastDay == nil && holidays.isEmpty }

    /// - Parameter unixTime: seconds since 1970.
    /// - Returns: `nil` for a zone that there is not.
    public func opening(at unixTime: Int64, zone: String, _ zones: some CampaignZones) -> Opening? {
        if isAlways { return Opening(isOpen: true, until: nil) }
        guard var offset = zones.offset(of: zone, at: unixTime) else { return nil }
        let isOpen = isOpen(local: unixTime + offset)
        var time = unixTime
        // Each turn but the last crosses a change of the zone's offset: two a year.
        for _ in 0..<Self.mostOffsets {
            let change = self.change(afterLocal: time + offset).map { $0 - offset }
            guard let (shift, next) = Self.shift(of: zone, from: time, upTo: change ?? time + Self.farthest, offset, zones) else {
                return Opening(isOpen: isOpen, until: change)
            }
            if self.isOpen(local: shift + next) != isOpen { return Opening(isOpen: isOpen, until: shift) }
            if change == nil, shift - unixTime > Self.farthest { break }
            (time, offset) = (shift, next)
        }
        return Opening(isOpen: isOpen, until: nil)
    }

    private static let mostOffsets = 64
    /// How far ahead holidays and the last day are looked for.
    private static let mostDays: Int64 = 400
    /// How far ahead changes of a zone matter when the hours themselves never change. Units: seconds.
    private static let farthest: Int64 = 400 * CampaignCalendar.day
    /// No zone changes its offset twice in so little time. Units: seconds.
    private static let stride: Int64 = 21_600

    /// The first instant at which the zone's offset is another one, up to the given one included.
    private static func shift(
        of zone: String, from start: Int64, upTo end: Int64, _ offset: Int64, _ zones: some CampaignZones
    ) -> (at: Int64, offset: Int64)? {
        var before = start
        while before < end {
            let probe = min(before + stride, end)
            guard zones.offset(of: zone, at: probe) == offset else {
                var (low, high) = (before, probe)
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if zones.offset(of: zone, at: middle) == offset { low = middle } else { high = middle }
                }
                return zones.offset(of: zone, at: high).map { (high, $0) }
            }
            before = probe
        }
        return nil
    }

    private func isOpen(local: Int64) -> Bool {
        let day = CampaignCalendar.day(ofLocal: local)
        return [day - 1, day].contains { spans(of: $0).contains { $0.contains(local) } }
    }

    /// The stretches that begin on a day. Units: local seconds since 1970.
    private func spans(of day: Int64) -> [Range<Int64>] {
        guard firstDay.map({ day >= $0 }) ?? true, lastDay.map({ day <= $0 }) ?? true, !holidays.contains(day) else { return [] }
        let midnight = day * CampaignCalendar.day
        guard !windows.isEmpty else { return [midnight..<midnight + CampaignCalendar.day] }
        let weekday = CampaignCalendar.weekday(day)
        return windows.filter { $0.days.contains(weekday) }.map { midnight + $0.from..<midnight + $0.to }
    }

    /// The next local time at which the hours change, were the zone's offset to stay; `nil`: they do not.
    private func change(afterLocal local: Int64) -> Int64? {
        let isOpen = isOpen(local: local)
        let today = CampaignCalendar.day(ofLocal: local)
        var day = today - 1
        if !isOpen, let firstDay { day = max(day, firstDay) }
        // A week repeats itself but for the days that are named.
        let named = [firstDay, lastDay].compactMap(\.self) + holidays
        let last = max(day, min(today + Self.mostDays, max(today, named.max() ?? today))) + 8
        while day <= last {
            if let lastDay, day > lastDay + 1 { return nil }
            let edges = spans(of: day).flatMap { [$0.lowerBound, $0.upperBound] }.sorted()
            if let edge = edges.first(where: { $0 > local && self.isOpen(local: $0) != isOpen }) { return edge }
            day += 1
        }
        return nil
    }
}
