import Wire

/// `/healthz`: that the server is alive, and its counters.
enum Health {
    static func report(_ shared: SharedState) -> JSONValue {
        let totals = shared.registry.totals
        return .object([
            "status": .string(shared.isDraining ? "draining" : "ok"),
            "calls": .number(Double(shared.registry.liveCount)),
            "calls_transferring": .number(Double(shared.transfers.away)),
            "calls_total": .number(Double(totals.calls)),
            "refused_total": .number(Double(totals.refused)),
            "broken_messages_total": .number(Double(totals.counters.brokenMessages)),
            "media_in_total": .number(Double(totals.counters.mediaIn)),
            "media_out_total": .number(Double(totals.counters.mediaOut)),
            "uptime_secs": .number((shared.unixTime - shared.startedAt).rounded()),
        ])
    }
}
