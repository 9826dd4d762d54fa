import Call
import Wire

/// What became of one call of a campaign.
public struct CampaignOutcome: Equatable, Sendable {
    public var end: DialEnd
    public var providerCallID: String?
    /// Units: seconds since 1970.
    public var dialedAt: Double?
    public var answeredAt: Double?
    public var endedAt: Double?
    public var machine: String?
    public var detail: String?
    /// The call waited at the server for as long as it was allowed to, and was never placed. It counts as no attempt.
    public var isExpired: Bool
    /// How long a call that was never placed waited at the server. Units: seconds. Not kept.
    var waited: Double?

    public init(
        _ end: DialEnd, providerCallID: String? = nil, dialedAt: Double? = nil, answeredAt: Double? = nil, endedAt: Double? = nil,
        machine: String? = nil, detail: String? = nil, isExpired: Bool = false
    ) {
        self.end = end
        self.providerCallID = providerCallID
        self.dialedAt = dialedAt
        self.answeredAt = answeredAt
        self.endedAt = endedAt
        self.machine = machine
        self.detail = detail
        self.isExpired = isExpired
    }
}

/// Why a row is done with no call, or with none that is known of.
public enum CampaignVerdict: String, Sendable, CaseIterable {
    /// On the do-not-call list.
    case suppressed
    /// The server does not take this row.
    case refused
    /// The campaign's last day has passed.
    case expired
    /// It cannot be known whether a call was placed.
    case unknown
}

/// One line of a campaign's state file. It holds no numbers: rows are counted from 0 in the order of the list's good rows.
public enum CampaignRecord: Equatable, Sendable {
    /// The first line: what the file belongs to.
    case began(CampaignIdentity, at: Double)
    /// A call is about to be asked for. `attempt` counts keys, from 1.
    ///
    /// - Parameter queueSeconds: how long it may wait at the server.
    case intent(row: Int, attempt: Int, queueSeconds: Int, at: Double)
    /// The server has it.
    case accepted(row: Int, attempt: Int, call: String, at: Double)
    /// The server surely never had it: its key is free again.
    case withdrawn(row: Int, attempt: Int, at: Double)
    case ended(row: Int, attempt: Int, CampaignOutcome, at: Double)
    case done(row: Int, CampaignVerdict, detail: String?, at: Double)
}

/// What a state file is held to when a campaign goes on.
public struct CampaignIdentity: Equatable, Sendable {
    /// Made of the list and the settings: the same campaign has the same keys, even when its state file was lost.
    public let id: String
    /// SHA-256 of the list and of the settings' lasting members, hexadecimal.
    public let list: String
    public let settings: String
    public let rows: Int

    public init(list: [UInt8], settings: [UInt8], rows: Int, _ cryptography: some Cryptography) throws(CampaignError) {
        let lasting = try CampaignSettings.lasting(settings)
        self.list = Self.hexadecimal(cryptography.sha256(list))
        self.settings = Self.hexadecimal(cryptography.sha256(lasting))
        self.rows = rows
        id = String(Self.hexadecimal(cryptography.sha256(Array((self.list + self.settings).utf8))).prefix(24))
    }

    init(id: String, list: String, settings: String, rows: Int) {
        self.id = id
        self.list = list
        self.settings = settings
        self.rows = rows
    }

    /// The idempotency key of one attempt.
    func key(row: Int, attempt: Int) -> String { "campaign-\(id)-\(row)-\(attempt)" }

    /// Why a state file of this campaign is not one of the other; `nil` when it is.
    ///
    /// - Parameter other: of the list and settings that were given now.
    public func difference(to other: CampaignIdentity) -> String? {
        if list != other.list || rows != other.rows {
            return
                "the list is not the one that the campaign began with. Put that one back, or begin a campaign of its own with the new list"
        }
        if settings != other.settings {
            let free = CampaignSettings.changeable.sorted().joined(separator: ", ")
            return "the settings are not those that the campaign began with; only \(free) may change. Put the others back"
        }
        return nil
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
