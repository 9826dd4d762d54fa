extension CampaignForecast {
    /// The forecast in lines for a person. Times are UTC but for those of a zone, which are the zone's own.
    public func text(_ settings: CampaignSettings, _ zones: some CampaignZones) -> String {
        var lines = ["\(rows) numbers to call; \(suppressed) suppressed, \(duplicates) duplicates, \(bad) bad rows"]
        if !settings.hours.isAlways {
            lines.append("\(openNow) of them may be called now")
            lines += self.zones.map { zone in
                let name = zone.name ?? "UTC"
                var line = "  \(name): \(zone.rows), " + (zone.isOpen ? "open" : "closed")
                if let until = zone.until, let offset = zones.offset(of: name, at: until) {
                    line += " until \(CampaignCalendar.text(local: until + offset)) there"
                }
                return zone.unreached > 0 ? line + "; \(zone.unreached) are not reached before the last day has passed" : line
            }
        }
        let pace =
            "\(CampaignText.number(settings.rate)) calls a second, \(settings.concurrency) at once, "
            + "\(CampaignText.number(settings.expectedSeconds)) s a call, one call a number"
        guard let end else { return (lines + ["nobody would be called (\(pace))"]).joined(separator: "\n") }
        lines.append("done after \(Self.length(end - start)), at \(CampaignCalendar.text(end)) (\(pace))")
        if settings.attempts > 1 { lines.append("up to \(settings.attempts) calls a number: those after the first come on top") }
        return lines.joined(separator: "\n")
    }

    /// `2 d 3 h`, `4 h 5 min`, `6 min 7 s`, `8 s`.
    public static func length(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e12).rounded(.up))
        if whole >= 86_400 { return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h" }
        if whole >= 3_600 { return "\(whole / 3_600) h \(whole % 3_600 / 60) min" }
        return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
    }
}
