import Call
import LibCrypto
import Testing

@testable import Dialing

/// Three zones as their laws say for 2030, and one without summer time.
struct TableZones: CampaignZones {
    /// 2030-03-10T07:00:00Z and 2030-11-03T06:00:00Z.
    static let newYork: (Int64, Int64) = (1_899_356_400, 1_919_916_000)
    /// 2030-03-31T01:00:00Z and 2030-10-27T01:00:00Z.
    static let london: (Int64, Int64) = (1_901_149_200, 1_919_293_200)

    func offset(of zone: String, at unixTime: Int64) -> Int64? {
        switch zone {
        case "America/New_York": unixTime >= Self.newYork.0 && unixTime < Self.newYork.1 ? -14_400 : -18_000
        case "Europe/London": unixTime >= Self.london.0 && unixTime < Self.london.1 ? 3_600 : 0
        case "Asia/Kolkata": 19_800
        case "UTC": 0
        default: nil
        }
    }
}

/// Seconds since 1970 of `2030-03-10T07:00:00Z`.
func unix(_ text: String) -> Int64 {
    guard let day = CampaignCalendar.day(String(text.prefix(10))) else { return 0 }
    let clock = text.dropFirst(11).prefix(8).split(separator: ":").compactMap { Int64($0) }
    return day * 86_400 + clock.reduce(0) { $0 * 60 + $1 }
}

func settings(_ json: String) throws -> CampaignSettings { try CampaignSettings(parsing: Array(json.utf8)) }

/// A server on virtual time: knows keys, ends calls, and misbehaves when it is told to.
struct VirtualServer {
    struct Placed {
        let row: Int
        let id: String
        let at: Double
        let end: DialEnd
        let length: Double
    }

    /// What becomes of the nth call (from 0) to a row, and how long it takes.
    var fate: (_ row: Int, _ nth: Int) -> (DialEnd, Double) = { _, _ in (.completed, 30) }
    /// What goes wrong with the nth request (from 0).
    var fault: (_ request: Int) -> Fault? = { _ in nil }
    private(set) var calls: [String: Placed] = [:]
    private(set) var requests = 0

    enum Fault { case answerLost, requestLost, refused, tooMany(Int), row(String), stop(String) }

    mutating func start(_ call: CampaignCall, at now: Double) -> CampaignAnswer {
        defer { requests += 1 }
        let fault = fault(requests)
        switch fault {
        case .requestLost: return .lost("lost on the way", isSurelyNotTaken: false)
        case .refused: return .lost("no connection", isSurelyNotTaken: true)
        case .tooMany(let seconds): return .later(seconds: seconds, "too many")
        case .row(let why): return .refused(why)
        case .stop(let why): return .stop(why)
        case .answerLost, nil: break
        }
        let isKnown = calls[call.key] != nil
        if !isKnown {
            let (end, length) = fate(call.row, placed(call.row).count)
            calls[call.key] = Placed(row: call.row, id: "call-\(calls.count)", at: now, end: end, length: length)
        }
        if case .answerLost? = fault { return .lost("no answer", isSurelyNotTaken: false) }
        return .accepted(call: calls[call.key]?.id ?? "", isReplayed: isKnown)
    }

    func states(_ ids: [String], at now: Double) -> CampaignStates {
        var states = CampaignStates()
        for id in ids {
            guard let call = calls.values.first(where: { $0.id == id }) else {
                states.unknown.insert(id)
                continue
            }
            let hasEnded = call.at + call.length <= now
            states.calls[id] =
                hasEnded
                ? .ended(CampaignOutcome(call.end, dialedAt: call.at, endedAt: call.at + call.length)) : .underWay
        }
        return states
    }

    /// The calls to a row, in order.
    func placed(_ row: Int) -> [Placed] { calls.values.filter { $0.row == row }.sorted { $0.at < $1.at } }
}

/// One process that runs a campaign, on virtual time, with its state file as bytes.
struct CampaignRun {
    let list: CampaignList
    let settings: CampaignSettings
    let identity: CampaignIdentity
    var plan: CampaignPlan
    var file: [UInt8]
    var now: Double
    private(set) var posts: [(row: Int, at: Double, queueSeconds: Int)] = []
    private(set) var canceled: [String] = []

    /// - Parameter file: what the last process left.
    init(_ csv: String, _ json: String, file: [UInt8] = [], from start: Double, suppressed: String? = nil) throws {
        settings = try CampaignSettings(parsing: Array(json.utf8))
        list = CampaignList(Array(csv.utf8), settings, TableZones())
        #expect(list.problems.isEmpty, "\(list.problems)")
        identity = try CampaignIdentity(
            list: Array(csv.utf8), settings: Array(json.utf8), rows: list.rows.count, OpenSSLCryptography())
        let state = try CampaignState.read(file)
        if let state { #expect(state.identity.difference(to: identity) == nil) }
        self.file = Array(file.prefix(state?.length ?? 0))
        now = start
        plan = CampaignPlan(
            list, settings, identity, state: state, zones: TableZones(), at: DialTime(Self.moment(start), unixTime: start))
        if let suppressed { suppress(suppressed) }
    }

    static func moment(_ time: Double) -> Moment { Moment(nanoseconds: Int64((time - 1_890_000_000) * 1e9)) }
    var time: DialTime { DialTime(Self.moment(now), unixTime: now) }

    mutating func suppress(_ text: String) { plan.handle(.suppression(CampaignSuppression(Array(text.utf8))), at: time) }

    /// Runs until the campaign is over, or the time has come, or so many bytes are written.
    mutating func run(_ server: inout VirtualServer, until end: Double = .infinity, bytes: Int = .max) -> CampaignOver? {
        var turns = 0
        while turns < 2_000_000 {
            turns += 1
            switch plan.poll(at: time) {
            case .write(let record):
                file += record.line
                if file.count >= bytes { return nil }
            case .post(let call):
                // The books are right: what counts as active is asked for or open.
                let active = plan.lives.count {
                    if case .asked = $0.stage { true } else if case .open = $0.stage { true } else { false }
                }
                #expect(plan.active == active)
                #expect(active <= settings.concurrency)
                #expect(plan.open.count == plan.lives.count { if case .open = $0.stage { true } else { false } })
                posts.append((call.row, now, call.queueSeconds))
                plan.handle(.answered(row: call.row, server.start(call, at: now)), at: time)
            case .ask(let ids): plan.handle(.states(server.states(ids, at: now)), at: time)
            case .cancel(let call): canceled.append(call)
            case .over(let over): return over
            case .idle(let wake):
                guard let wake else {
                    Issue.record("nothing to wait for with \(plan.counts)")
                    return nil
                }
                now = max(now + 0.001, Double(wake.nanoseconds) / 1e9 + 1_890_000_000)
                if now >= end { return nil }
            }
        }
        Issue.record("no end")
        return nil
    }
}
