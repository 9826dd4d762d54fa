import Call
import Wire

/// How a campaign calls: what its JSON file says.
public struct CampaignSettings: Equatable, Sendable {
    /// What to do with a number that stands in the list twice.
    public enum Duplicates: String, Sendable, CaseIterable {
        /// The second row is a bad row.
        case error
        /// The second row is left out.
        case skip
    }

    /// Goes into the idempotency keys: the same list under another name is called again.
    public var name: String?
    /// `nil`: the server's own.
    public var provider: String?
    public var from: PhoneNumber?
    public var bot: String?
    /// What every call's body holds, under the row's own columns.
    public var body: [String: JSONValue] = [:]
    public var metadata: JSONValue?
    /// Calls a second.
    public var rate = 1.0
    /// Calls that are asked for and have not ended.
    public var concurrency = 10
    /// Units: seconds; `nil`: the server's own.
    public var ringTimeout: Int?
    public var maximumDuration: Int?
    public var machineDetection: MachineDetection?
    public var hours = CampaignHours()
    /// Of rows that name none.
    public var timeZone: String?
    /// Most calls to one number.
    public var attempts = 1
    /// Which ends are called again. Never `completed`, `canceled` or `unknown`.
    public var retryOn: Set<DialEnd> = [.busy, .noAnswer]
    /// From the end of a call to the next one. Units: minutes.
    public var spacing: [DialEnd: Int] = usualSpacing
    /// Path of the do-not-call list.
    public var suppressionPath: String?
    public var duplicates = Duplicates.error
    /// How long a call is thought to last, for forecasts. Units: seconds.
    public var expectedSeconds = 60.0

    /// Ends after which a call to the same person can be meant.
    public static let repeatable: [DialEnd] = [.busy, .noAnswer, .machine, .rejected, .failed]
    public static let usualSpacing: [DialEnd: Int] = [.busy: 15, .noAnswer: 120, .machine: 240, .rejected: 240, .failed: 15]
    /// Longest `body`, spelt as JSON. Units: bytes. The server's own limit.
    public static let longestBody = 1_024

    public init() {}

    /// The members that may change between `run` and `resume`: none of them says who is called, or how often.
    public static let changeable: Set<String> = ["rate", "concurrency", "suppress", "expected_seconds"]

    /// What a campaign that goes on is held to: the file's other members, spelt in one way.
    ///
    /// - Throws: ``CampaignError``, as ``init(parsing:)``.
    public static func lasting(_ bytes: [UInt8]) throws(CampaignError) -> [UInt8] {
        guard case .object(let members)? = try? JSONValue(parsing: bytes) else { throw notAnObject }
        return JSONValue.object(members.filter { !changeable.contains($0.key) }).bytes
    }

    static let notAnObject = CampaignError("", "must be a JSON object, such as {\"rate\": 1, \"concurrency\": 10}")
}

/// A mistake in a campaign's settings or state: where, and how to mend it. Never numbers.
public struct CampaignError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `windows[1].from`; empty for the whole.
    public let path: String
    public let words: String

    init(_ path: String, _ words: String) {
        self.path = path
        self.words = words
    }

    public var description: String { path.isEmpty ? words : "\(path): \(words)" }
}
