import Call

/// What a campaign is going to be, as far as it can be told before it.
///
/// It is reckoned with one call a number that lasts ``CampaignSettings/expectedSeconds``: calls again after busy and the like come on top.
public struct CampaignForecast: Equatable, Sendable {
    /// The rows of one time zone.
    public struct Zone: Equatable, Sendable {
        /// `nil` where none is needed.
        public let name: String?
        public let rows: Int
        public let isOpen: Bool
        /// Units: seconds since 1970; `nil`: it does not change any more.
        public let until: Int64?
        /// Rows that are not reached before the campaign's last day has passed.
        public internal(set) var unreached = 0
    }

    /// Rows to call.
    public let rows: Int
    public let suppressed: Int
    public let bad: Int
    public let duplicates: Int
    /// Rows that may be called at this moment.
    public let openNow: Int
    /// By number of rows, the most first.
    public private(set) var zones: [Zone]
    /// When the last call ends. Units: seconds since 1970; `nil` when nobody is called.
    public private(set) var end: Double?
    /// Units: seconds since 1970.
    public let start: Double

    /// Rows that are not reached.
    public var unreached: Int { zones.reduce(0) { $0 + $1.unreached } }

    public init(
        _ list: CampaignList, _ settings: CampaignSettings, _ suppression: CampaignSuppression, _ zones: some CampaignZones,
        unixTime: Double
    ) {
        start = unixTime
        let wanted = list.rows.filter { !suppression.holds($0) }
        rows = wanted.count
        suppressed = list.rows.count - wanted.count
        bad = list.problems.count
        duplicates = list.duplicates.count
        var counts: [String?: Int] = [:]
        for row in wanted { counts[row.timeZone, default: 0] += 1 }
        self.zones = counts.map { name, count in
            let opening = settings.hours.opening(at: Int64(unixTime), zone: name ?? "UTC", zones)
            return Zone(name: name, rows: count, isOpen: opening?.isOpen ?? false, until: opening?.until)
        }
        self.zones.sort { ($1.rows, $0.name ?? "") < ($0.rows, $1.name ?? "") }
        openNow = self.zones.filter(\.isOpen).reduce(0) { $0 + $1.rows }
        run(settings, zones)
    }

    /// Plays the campaign: the zone that closes first is called first.
    private mutating func run(_ settings: CampaignSettings, _ calendar: some CampaignZones) {
        var left = zones.map(\.rows)
        var openings = zones.map { CampaignHours.Opening(isOpen: $0.isOpen, until: $0.until) }
        var ends = Heap<Double>()
        var live = 0
        var time = start
        while left.contains(where: { $0 > 0 }) {
            for index in left.indices where left[index] > 0 {
                guard let until = openings[index].until, Double(until) <= time else { continue }
                let zone = zones[index].name ?? "UTC"
                openings[index] =
                    settings.hours.opening(at: Int64(time), zone: zone, calendar) ?? .init(isOpen: false, until: nil)
            }
            while let end = ends.first, end <= time {
                _ = ends.popFirst()
                live -= 1
            }
            let candidates = left.indices.filter { left[$0] > 0 && openings[$0].isOpen }
            if let index = candidates.min(by: { (openings[$0].until ?? .max) < (openings[$1].until ?? .max) }) {
                if live < settings.concurrency {
                    left[index] -= 1
                    live += 1
                    ends.insert(time + settings.expectedSeconds)
                    end = max(end ?? 0, time + settings.expectedSeconds)
                    time += 1 / settings.rate
                } else {
                    time = max(time, ends.first ?? time)
                }
            } else {
                let next = left.indices.filter { left[$0] > 0 }.compactMap { openings[$0].until }.min()
                guard let next else { break }
                time = max(time, Double(next))
            }
        }
        for index in left.indices { zones[index].unreached = left[index] }
    }
}
