import Call

/// What a campaign's plan is told.
public enum CampaignInput: Sendable {
    /// The answer to ``CampaignOutput/post(_:)``.
    case answered(row: Int, CampaignAnswer)
    /// The answer to ``CampaignOutput/ask(_:)``; the sentence says why there is none.
    case states(CampaignStates)
    case askFailed(String)
    /// The do-not-call list as it stands; `nil` while it cannot be read: then nobody is called.
    case suppression(CampaignSuppression?)
    /// No new calls; the open ones go on to their end.
    case drain
    /// Nothing more can be done: the sentence says why.
    case stop(String)
}

/// What a campaign's plan asks for. What is written must be on disk before anything that comes after it is done.
public enum CampaignOutput: Equatable, Sendable {
    case write(CampaignRecord)
    case post(CampaignCall)
    /// Ask the server about these calls.
    case ask([String])
    /// End a call whose number was suppressed while it waited at the server.
    case cancel(call: String)
    /// Nothing to do before the moment; `nil`: before something comes in.
    case idle(wake: Moment?)
    case over(CampaignOver)
}

/// How a campaign's run ended.
public enum CampaignOver: Equatable, Sendable {
    case done
    /// Rows are left for a resume.
    case drained
    case stopped(String)
}

/// One call to ask the server for.
public struct CampaignCall: Equatable, Sendable {
    public let row: Int
    public let key: String
    /// How long it may wait at the server. Units: seconds.
    public let queueSeconds: Int
}

/// A campaign as a value on whatever clock it is told: who is called next, and when.
///
/// Of a row one call is open at a time. An intent is on disk before its call is asked for, under a key made of campaign, row and attempt;
/// what got no answer is asked for again under the same key, and so is the same call. After each `handle`, poll until it says `idle`.
public struct CampaignPlan: Sendable {
    /// The server remembers keys for a day (``Dialer/remembered``): an intent without an answer that is older than this is not sent
    /// again. Units: seconds.
    public static let keysHold = Dialer.remembered - 3_600
    /// A call is not asked for so shortly before its hours end that it could be placed past them. Units: seconds.
    static let margin: Int64 = 5
    /// Between two rounds of asking for the open calls.
    static let askEvery = Duration.seconds(1)
    /// Most calls in one question, and most bytes of their ids: a request's target has 2,000.
    static let mostAsked = 100
    static let mostAskedBytes = 1_800

    public let settings: CampaignSettings
    public let identity: CampaignIdentity
    public let list: CampaignList
    let zones: any CampaignZones

    public internal(set) var counts = CampaignCounts()
    /// Why nothing is asked for at the moment.
    var hold: String?
    public internal(set) var isDraining = false
    var lives: [CampaignRowLife]
    var outputs: [CampaignOutput] = []
    var nextOutput = 0
    var over: CampaignOver?
    /// Rows that may be called now, as far as is known, the most urgent first.
    var ready = Heap<Turn>()
    /// Rows that may be called later.
    var later = Heap<Turn>()
    /// Rows whose call is to be asked for again, and from when on. Units: seconds since 1970.
    var again: [(row: Int, notBefore: Double)] = []
    /// Open calls and their rows.
    var open: [String: Int] = [:]
    var underWay = 0
    /// Rows that are asked for or open.
    var active = 0
    var suppression: CampaignSuppression? = CampaignSuppression()
    var pace: Moment
    var backOff = CampaignBackOff()
    var asking = CampaignAsking()
    var openings: [String: CampaignHours.Opening] = [:]
    /// Why rows were settled without a call.
    var details: [Int: String] = [:]

    /// A row's place in a queue.
    struct Turn: Comparable, Sendable {
        let key: Double
        let row: Int
        static func < (a: Turn, b: Turn) -> Bool { (a.key, a.row) < (b.key, b.row) }
    }

    /// - Parameter state: what the last run left.
    public init(
        _ list: CampaignList, _ settings: CampaignSettings, _ identity: CampaignIdentity, state: CampaignState? = nil,
        zones: any CampaignZones, at now: DialTime
    ) {
        self.list = list
        self.settings = settings
        self.identity = identity
        self.zones = zones
        lives = Array(repeating: CampaignRowLife(), count: list.rows.count)
        pace = now.moment
        counts.total = list.rows.count
        if settings.suppressionPath != nil { suppression = nil }
        if let state { for record in state.records { take(record) } } else { write(.began(identity, at: now.unixTime)) }
        begin()
    }

    // MARK: In

    public mutating func handle(_ input: CampaignInput, at now: DialTime) {
        switch input {
        case .answered(let row, let answer): answered(row, answer, at: now)
        case .states(let states): found(states, at: now)
        case .askFailed(let why): asking.failed(why, at: now.moment)
        case .suppression(let list): suppress(list, at: now)
        case .drain: isDraining = true
        case .stop(let why): stop(why, at: now)
        }
    }

    // MARK: Out

    public mutating func poll(at now: DialTime) -> CampaignOutput {
        while true {
            if nextOutput < outputs.count {
                nextOutput += 1
                return outputs[nextOutput - 1]
            }
            outputs.removeAll(keepingCapacity: true)
            nextOutput = 0
            if let over { return .over(over) }
            if let calls = asking.next(open, at: now.moment) { return .ask(calls) }
            if place(at: now) { continue }
            if counts.done == counts.total { over = .done } else if isDraining, underWay == 0, open.isEmpty { drained(at: now) }
            if over == nil { return .idle(wake: wake(at: now)) }
        }
    }

    // MARK: Looking

    /// Why nothing is asked for, or nothing is heard of the open calls.
    public var trouble: String? { hold ?? asking.why }
    /// When a row can be called next; `nil`: at once, or none is left. Units: seconds since 1970.
    public var nextOpening: Double? { ready.isEmpty && again.isEmpty ? later.first?.key : nil }

    mutating func write(_ record: CampaignRecord) { outputs.append(.write(record)) }
}

/// Pauses after the server could not be reached, or asked to be left alone.
struct CampaignBackOff: Equatable, Sendable {
    /// Nothing is asked for before this.
    private(set) var until: Moment?
    private(set) var failures = 0
    private static let longest: Int64 = 60

    /// 1, 2, 4 … 60 s. What fails while it is on was sent before it, and does not prolong it.
    mutating func failed(at now: Moment) {
        if let until, now < until { return }
        failures = min(failures + 1, 16)
        until = now + .seconds(min(Self.longest, 1 << Int64(failures - 1)))
    }

    mutating func wait(seconds: Int, at now: Moment) {
        let moment = now + .seconds(seconds)
        until = until.map { max($0, moment) } ?? moment
    }

    /// A pause that the server asked for stays.
    mutating func succeeded(at now: Moment) {
        failures = 0
        if let until, until <= now { self.until = nil }
    }
}

/// Asking for the open calls: one question at a time, all of them in turn, a round each second.
struct CampaignAsking: Sendable {
    private var isUnderWay = false
    private var round: [String] = []
    private var due = Moment.zero
    private var backOff = CampaignBackOff()
    private(set) var why: String?

    mutating func next(_ open: [String: Int], at now: Moment) -> [String]? {
        guard !isUnderWay, !open.isEmpty, backOff.until.map({ $0 <= now }) ?? true else { return nil }
        if round.isEmpty {
            guard due <= now else { return nil }
            due = now + CampaignPlan.askEvery
            round = open.keys.sorted { (open[$0] ?? 0) > (open[$1] ?? 0) }
        }
        var calls: [String] = []
        var bytes = 0
        while let call = round.last, calls.count < CampaignPlan.mostAsked, bytes + call.utf8.count < CampaignPlan.mostAskedBytes {
            round.removeLast()
            if open[call] != nil {
                calls.append(call)
                bytes += call.utf8.count + 1
            }
        }
        isUnderWay = !calls.isEmpty
        return calls.isEmpty ? nil : calls
    }

    mutating func answered(at now: Moment) {
        isUnderWay = false
        why = nil
        backOff.succeeded(at: now)
    }

    mutating func failed(_ why: String, at now: Moment) {
        isUnderWay = false
        self.why = why
        round = []
        backOff.failed(at: now)
    }

    /// `nil` while an answer is awaited, or nothing is open.
    func wake(_ open: [String: Int]) -> Moment? {
        if isUnderWay || open.isEmpty { return nil }
        return max(round.isEmpty ? due : .zero, backOff.until ?? .zero)
    }
}
