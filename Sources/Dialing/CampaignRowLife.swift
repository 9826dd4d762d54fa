import Call

/// Where one row of a campaign stands.
struct CampaignRowLife: Equatable, Sendable {
    enum Stage: Equatable, Sendable {
        /// Not called before this. Units: seconds since 1970.
        case waiting(notBefore: Double)
        case asked(Asked)
        case open(call: String)
        case done(CampaignEnding)
    }

    /// A call was or is being asked for, and there is no answer yet.
    struct Asked: Equatable, Sendable {
        /// Of the intent. Units: seconds since 1970.
        let at: Double
        /// The request is under way.
        var isUnderWay: Bool
        /// A request may have reached the server.
        var isAmbiguous: Bool
    }

    var stage = Stage.waiting(notBefore: 0)
    /// Keys used.
    var keys = 0
    /// Calls that count: those that may have rung.
    var attempts = 0
    /// How long the last call may wait at the server. Units: seconds.
    var queueSeconds = 0
    var calls: [String] = []
    var outcomes: [CampaignOutcome] = []
    /// It has been asked for the call to be ended, because its number was suppressed.
    var isCanceled = false

    /// Takes a call's end.
    mutating func settle(_ outcome: CampaignOutcome, _ settings: CampaignSettings, at now: Double) {
        outcomes.append(outcome)
        if outcome.isExpired {
            stage = .waiting(notBefore: now + Self.pauseAfterExpiry)
            return
        }
        attempts += 1
        let isRepeated = settings.retryOn.contains(outcome.end) && CampaignSettings.repeatable.contains(outcome.end)
        guard isRepeated, attempts < settings.attempts else {
            stage = .done(.called(outcome.end))
            return
        }
        let minutes = settings.spacing[outcome.end] ?? CampaignSettings.usualSpacing[outcome.end] ?? 15
        stage = .waiting(notBefore: min(outcome.endedAt ?? now, now) + Double(minutes) * 60)
    }

    /// A call that the server did not get to in time is not asked for again at once. Units: seconds.
    private static let pauseAfterExpiry = 60.0
}

/// How a row ended.
public enum CampaignEnding: Hashable, Sendable {
    /// As its last call.
    case called(DialEnd)
    case settled(CampaignVerdict)

    public var word: String {
        switch self {
        case .called(let end): end.rawValue
        case .settled(let verdict): verdict.rawValue
        }
    }
}

/// How far a campaign is. Units: rows.
public struct CampaignCounts: Equatable, Sendable {
    public internal(set) var total = 0
    public internal(set) var open = 0
    public internal(set) var endings: [CampaignEnding: Int] = [:]
    /// Calls asked for, by this process.
    public internal(set) var asked = 0
    /// Calls that the server knew already by their keys.
    public internal(set) var replayed = 0

    public init() {}

    public var done: Int { endings.values.reduce(0, +) }
    public subscript(_ end: DialEnd) -> Int { endings[.called(end)] ?? 0 }
    public subscript(_ verdict: CampaignVerdict) -> Int { endings[.settled(verdict)] ?? 0 }
    public var answered: Int { self[.completed] }
    public var failed: Int { self[.failed] + self[.rejected] + self[.refused] }
    /// Nobody knows.
    public var unknown: Int { self[DialEnd.unknown] + self[CampaignVerdict.unknown] }
}
