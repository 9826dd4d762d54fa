import Call
import Wire

extension CampaignRecord {
    /// The record's line with its line break.
    public var line: [UInt8] { JSONValue.object(members).bytes + [0x0A] }

    private var members: [String: JSONValue] {
        switch self {
        case .began(let identity, let at):
            return [
                "type": .string("campaign"), "version": .number(1), "campaign": .string(identity.id),
                "list": .string(identity.list),
                "settings": .string(identity.settings), "rows": .number(Double(identity.rows)), "at": .number(at),
            ]
        case .intent(let row, let attempt, let queueSeconds, let at):
            return Self.members("intent", row, attempt, at).merging(["queue_secs": .number(Double(queueSeconds))]) { $1 }
        case .accepted(let row, let attempt, let call, let at):
            return Self.members("accepted", row, attempt, at).merging(["call_id": .string(call)]) { $1 }
        case .withdrawn(let row, let attempt, let at): return Self.members("withdrawn", row, attempt, at)
        case .ended(let row, let attempt, let outcome, let at):
            return Self.members("ended", row, attempt, at).merging(Self.members(outcome)) { $1 }
        case .done(let row, let verdict, let detail, let at):
            var members = Self.members("done", row, nil, at)
            members["result"] = .string(verdict.rawValue)
            members["detail"] = detail.map { .string($0) }
            return members
        }
    }

    private static func members(_ type: String, _ row: Int, _ attempt: Int?, _ at: Double) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["type": .string(type), "row": .number(Double(row)), "at": .number(at)]
        members["attempt"] = attempt.map { .number(Double($0)) }
        return members
    }

    private static func members(_ outcome: CampaignOutcome) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["result": .string(outcome.end.rawValue)]
        members["provider_call_id"] = outcome.providerCallID.map { .string($0) }
        members["dialed_at"] = outcome.dialedAt.map { .number($0) }
        members["answered_at"] = outcome.answeredAt.map { .number($0) }
        members["ended_at"] = outcome.endedAt.map { .number($0) }
        members["machine"] = outcome.machine.map { .string($0) }
        members["detail"] = outcome.detail.map { .string($0) }
        if outcome.isExpired { members["expired"] = .bool(true) }
        return members
    }

    /// - Returns: `nil` for what is no record.
    init?(_ line: [UInt8]) {
        guard let value = try? JSONValue(parsing: line), let at = value["at"]?.number, let type = value["type"]?.string else {
            return nil
        }
        func whole(_ name: String) -> Int? { value[name]?.number.flatMap { Int(exactly: $0) } }
        if type == "campaign" {
            guard whole("version") == 1, let id = value["campaign"]?.string, let list = value["list"]?.string,
                let settings = value["settings"]?.string, let rows = whole("rows")
            else { return nil }
            self = .began(CampaignIdentity(id: id, list: list, settings: settings, rows: rows), at: at)
            return
        }
        guard let row = whole("row"), row >= 0 else { return nil }
        if type == "done" {
            guard let verdict = value["result"]?.string.flatMap({ CampaignVerdict(rawValue: $0) }) else { return nil }
            self = .done(row: row, verdict, detail: value["detail"]?.string, at: at)
            return
        }
        guard let attempt = whole("attempt"), attempt >= 1 else { return nil }
        switch type {
        case "intent":
            guard let queueSeconds = whole("queue_secs") else { return nil }
            self = .intent(row: row, attempt: attempt, queueSeconds: queueSeconds, at: at)
        case "withdrawn": self = .withdrawn(row: row, attempt: attempt, at: at)
        case "accepted":
            guard let call = value["call_id"]?.string else { return nil }
            self = .accepted(row: row, attempt: attempt, call: call, at: at)
        case "ended":
            guard let end = value["result"]?.string.flatMap({ DialEnd(rawValue: $0) }) else { return nil }
            let outcome = CampaignOutcome(
                end, providerCallID: value["provider_call_id"]?.string, dialedAt: value["dialed_at"]?.number,
                answeredAt: value["answered_at"]?.number, endedAt: value["ended_at"]?.number, machine: value["machine"]?.string,
                detail: value["detail"]?.string, isExpired: value["expired"] == .bool(true))
            self = .ended(row: row, attempt: attempt, outcome, at: at)
        default: return nil
        }
    }
}

/// A state file as it was found.
public struct CampaignState: Equatable, Sendable {
    public let identity: CampaignIdentity
    public let records: [CampaignRecord]
    /// Bytes of whole lines. What is behind them is a torn last line and is to be cut off: what it would have said had not happened yet.
    public let length: Int

    /// Surely nobody was called: what was asked for, the server never had. Such a campaign may begin anew, with other settings too.
    public var hasCalledNobody: Bool {
        var asked: Set<Int> = []
        for record in records {
            switch record {
            case .accepted, .ended: return false
            case .intent(let row, _, _, _): asked.insert(row)
            case .withdrawn(let row, _, _): asked.remove(row)
            case .done(_, let verdict, _, _): if verdict == .refused || verdict == .unknown { return false }
            case .began: break
            }
        }
        return asked.isEmpty
    }

    /// - Returns: `nil` when not even the first line is whole: nothing had been asked for yet.
    /// - Throws: ``CampaignError`` when a line before the last one is damaged.
    public static func read(_ bytes: [UInt8]) throws(CampaignError) -> CampaignState? {
        var identity: CampaignIdentity?
        var records: [CampaignRecord] = []
        var start = 0
        var number = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            number += 1
            guard let record = CampaignRecord(Array(bytes[start..<end])) else {
                // A crash of the machine may leave a last line of zeros.
                guard bytes[end...].dropFirst().allSatisfy({ $0 == 0 }) else {
                    throw CampaignError("line \(number)", "is damaged; put a whole copy of the state file back")
                }
                break
            }
            if case .began(let found, _) = record, number == 1 { identity = found } else { records.append(record) }
            guard let identity, isOrdered(record, number), record.row.map({ $0 < identity.rows }) ?? true else {
                throw CampaignError("line \(number)", "does not belong into the state file of this campaign")
            }
            start = end + 1
        }
        guard let identity else { return nil }
        return CampaignState(identity: identity, records: records, length: start)
    }

    private static func isOrdered(_ record: CampaignRecord, _ number: Int) -> Bool { (record.row == nil) == (number == 1) }
}

extension CampaignRecord {
    /// `nil` for the first line.
    var row: Int? {
        switch self {
        case .began: nil
        case .intent(let row, _, _, _), .accepted(let row, _, _, _), .withdrawn(let row, _, _), .ended(let row, _, _, _),
            .done(let row, _, _, _):
            row
        }
    }
}
