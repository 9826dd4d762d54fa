import Call

/// One entry of a provider's list of calls.
struct ListedCall {
    let id: String
    let state: DialState
    /// Seconds since 1970; `nil` when the list does not say.
    let created: Int64?

    /// How far a provider's clock may lie behind ours. Units: seconds.
    static let clockTolerance: Int64 = 30

    /// The call with the id that is known, whenever it was made and whatever else there is; else the one call that was made since the lost
    /// request and is none of the others.
    ///
    /// - Parameters:
    ///   - calls: the entries with the order's numbers.
    ///   - own: the provider's id of the call; `nil` while it is not known.
    ///   - isWhole: whether the list holds all calls since then; if not, a call that is missing may still be there.
    static func only(
        _ calls: [ListedCall], own: String?, since: Int64, others: Set<String>, isWhole: Bool, unixTime: Int64
    ) -> DialFinding {
        if let known = calls.first(where: { $0.id == own }) { return .found(providerCallID: known.id, state: known.state) }
        var seen = others
        let candidates = calls.filter { call in
            (call.created.map { $0 >= since - clockTolerance } ?? true) && seen.insert(call.id).inserted
        }
        if candidates.count > 1 { return .cannotTell("\(candidates.count) calls to the number were placed since the request") }
        if let call = candidates.first { return .found(providerCallID: call.id, state: call.state) }
        return isWhole ? missing(since: since, unixTime: unixTime) : .cannotTell("the list of calls is longer than one page")
    }

    /// A call that the lists do not show: surely not placed, once a placed one had the time to show.
    static func missing(since: Int64, unixTime: Int64) -> DialFinding {
        guard unixTime >= since + DiallingGuide.settling else {
            return .cannotTell("too early: the lists may not show the call yet")
        }
        return .notFound
    }
}
