import Call
import Wire

/// One wish for a call, as `POST /start`, `/dialout` and `/bots/start` take it: read and checked, its defaults not yet filled in.
///
/// Shapes that are read:
/// - native: `{"phone_number","provider"?,"from"?,"bot"?,"body"?,…}`, every member checked and unknown ones refused;
/// - of the ecosystem's scripts: `{"to_number","from_number"?,"body"?}` and `{"dialout_settings":{"phone_number"},"body"?}`, native
///   members honoured in them and unknown ones passed over, and `{"phone_number","body"?}` with no idempotency key. Their authors expect
///   the provider's answer, so these wait for it.
public struct StartRequest: Equatable, Sendable {
    public enum Shape: Sendable { case native, ecosystem }

    public var shape: Shape
    /// E.164, with its `+`; spaces and dashes are gone.
    public var to: PhoneNumber
    /// The number that calls; `nil` for the provider's own. E.164 when it begins with `+`, else as the provider takes it.
    public var from: PhoneNumber?
    /// As asked for, lower case; `nil` for the server's own. It may name no provider at all.
    public var provider: ProviderName?
    public var bot: String?
    /// A JSON object; the bot's `CallInfo.body`.
    public var body: JSONValue?
    /// A JSON object.
    public var metadata: JSONValue?
    /// Units: seconds. What the provider takes is not known here.
    public var ringTimeout: Int?
    /// Units: seconds.
    public var maximumDuration: Int?
    public var machineDetection = MachineDetection.off
    public var priority = DialRequest.defaultPriority
    /// Units: seconds.
    public var queueTime = DialRequest.longestQueueTime
    /// How long the answer is kept back for the provider's; `nil`: not at all. Units: seconds.
    public var waitSeconds: Int?

    /// Why a wish is not taken.
    public struct Problem: Error, Equatable, Sendable {
        /// HTTP's.
        public let status: Int
        /// `bad_json`, `bad_request`, `bad_number`, `too_long`, `out_of_range`.
        public let code: String
        /// The member, what is wrong with it and the mend; nothing of what was sent but names of members.
        public let sentence: String
        /// More members of the error: `limit` and `bytes` of what is too long.
        public let members: [String: JSONValue]

        init(_ code: String, _ sentence: String, members: [String: JSONValue] = [:]) {
            status = 400
            self.code = code
            self.sentence = sentence
            self.members = members
        }
    }

    /// Most that `body` and `metadata` have each, as JSON without spaces. Units: bytes.
    ///
    /// They travel inside stream addresses, whose length the providers limit, and stay in memory and on disk with every queued call.
    public static let mostBytes = 1_024

    /// Longest text of a request: two objects of ``mostBytes`` with every character escaped, their spaces, and the rest. Units: bytes.
    public static let longestText = 16_384

    /// Objects and arrays inside each other in `body` and `metadata`: half of what the reader of messages takes, since a token and the
    /// journal put them inside others.
    public static let deepest = 32

    /// How long the ecosystem's scripts wait. Units: seconds.
    public static let ecosystemWait = 10

    /// Longest names of bots and providers and longest spelling of a number. Units: bytes.
    static let longestWord = 64

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - text: the body of the HTTP request.
    ///   - hasKey: whether it came with an idempotency key, which the ecosystem's scripts do not send.
    public static func read(_ text: [UInt8], hasKey: Bool) throws(Problem) -> StartRequest {
        let members = try StartMembers(text)
        let isDialout = members["dialout_settings"] != nil
        let isNumbers = members["to_number"] != nil || members["from_number"] != nil
        let isBare = !hasKey && members.names.allSatisfy { $0 == "phone_number" || $0 == "body" }
        if !isDialout, !isNumbers { try members.refuseUnknown() }

        var request = StartRequest(shape: isDialout || isNumbers || isBare ? .ecosystem : .native, to: try callee(members))
        request.from = try caller(members)
        request.provider = try members.word("provider").map { ProviderName($0.lowercased()) }
        request.bot = try members.word("bot")
        request.body = try members.object("body")
        request.metadata = try members.object("metadata")
        request.ringTimeout = try members.integer("timeout_secs", 1...86_400, "seconds")
        request.maximumDuration = try members.integer("max_duration_secs", 1...86_400, "seconds")
        request.priority = try members.integer("priority", 0...9) ?? request.priority
        request.queueTime = try members.integer("queue_secs", 1...DialRequest.longestQueueTime, "seconds") ?? request.queueTime
        request.waitSeconds =
            try members.integer("wait_secs", 1...30, "seconds") ?? (request.shape == .ecosystem ? ecosystemWait : nil)
        if let word = try members.text("machine_detection") {
            guard let detection = MachineDetection(rawValue: word) else {
                let words = MachineDetection.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                throw Problem("bad_request", "`machine_detection` is none of \(words)")
            }
            request.machineDetection = detection
        }
        return request
    }

    private init(shape: Shape, to: PhoneNumber) {
        self.shape = shape
        self.to = to
    }

    /// The number to dial, which stands in one of three places.
    private static func callee(_ members: StartMembers) throws(Problem) -> PhoneNumber {
        let names = ["phone_number", "to_number", "dialout_settings"].filter { members[$0] != nil }
        guard names.count < 2 else {
            throw Problem("bad_request", "`\(names[0])` and `\(names[1])` both say whom to call; send one of them")
        }
        guard let name = names.first else {
            let name = members["from_number"] == nil ? "phone_number" : "to_number"
            throw Problem("bad_request", "`\(name)` is missing; send the number to call, + and country code first")
        }
        guard name == "dialout_settings" else { return try StartNumber.e164(members[name], name) }
        guard let settings = members[name], case .object = settings else {
            throw Problem("bad_request", "`dialout_settings` is not an object; send {\"phone_number\":…} in it")
        }
        guard let number = settings["phone_number"], number != .null else {
            throw Problem(
                "bad_request", "`dialout_settings.phone_number` is missing; send the number to call, + and country code first")
        }
        return try StartNumber.e164(number, "dialout_settings.phone_number")
    }

    private static func caller(_ members: StartMembers) throws(Problem) -> PhoneNumber? {
        guard members["from"] == nil || members["from_number"] == nil else {
            throw Problem("bad_request", "`from` and `from_number` both say who calls; send one of them")
        }
        for name in ["from", "from_number"] {
            if let value = members[name] { return try StartNumber.caller(value, name) }
        }
        return nil
    }

    /// The order with every default filled in.
    ///
    /// - Parameters:
    ///   - provider: the one that dials.
    ///   - from: the number that calls, this request's own or the provider's.
    public func request(by provider: ProviderName, from: PhoneNumber) -> DialRequest {
        DialRequest(
            provider: provider, to: to, from: from, bot: bot, body: body, metadata: metadata,
            ringTimeout: ringTimeout ?? DialRequest.defaultRingTimeout,
            maximumDuration: maximumDuration ?? DialRequest.defaultMaximumDuration, machineDetection: machineDetection,
            priority: priority, queueTime: queueTime)
    }
}
