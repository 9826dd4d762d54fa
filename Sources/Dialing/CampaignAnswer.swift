import Call
import Wire

/// What came of asking a server for a call.
public enum CampaignAnswer: Equatable, Sendable {
    case accepted(call: String, isReplayed: Bool)
    /// The server does not take this row; the others may pass.
    case refused(String)
    /// Not taken now. Units: seconds.
    case later(seconds: Int, String)
    /// Nobody knows whether it was taken; `isSurelyNotTaken`: no connection was made.
    case lost(String, isSurelyNotTaken: Bool)
    /// No row would pass: somebody has to mend something.
    case stop(String)

    /// Longest `Retry-After` that is believed: a server that was mended meanwhile is not left alone for a day. Units: seconds.
    static let longestWait = 3_600
    /// When the server says no time. Units: seconds.
    private static let usualWait = 5
    /// What a row can be refused for. The rest of what a server refuses concerns all rows.
    private static let rowCodes: Set<String> = ["bad_number", "too_long", "destination_not_allowed", "key_reused"]

    /// Reads the answer to `POST /start`.
    public init(_ response: HTTPResponse) {
        let sentence = ServerWords.sentence(response)
        let wait = response.headers["retry-after"].flatMap { Int($0) }.map { min(max($0, 1), Self.longestWait) }
        switch response.status {
        case 200, 201:
            guard let value = try? JSONValue(parsing: response.body), let call = value["call_id"]?.string, ServerWords.isID(call)
            else {
                self = .stop("the answer to POST /start carries no call_id; is this a Trunkline server?")
                return
            }
            // A new call has not ended yet.
            let isReplayed = response.headers["idempotency-replayed"] == "true" || value["status"]?.string == "ended"
            self = .accepted(call: call, isReplayed: isReplayed)
        case 429: self = .later(seconds: wait ?? Self.usualWait, sentence)
        case 503 where wait != nil: self = .later(seconds: wait ?? Self.usualWait, sentence)
        case 408, 500...: self = .lost(sentence, isSurelyNotTaken: false)
        case 400...499 where Self.rowCodes.contains(ServerWords.code(response) ?? ""): self = .refused(sentence)
        default: self = .stop(sentence)
        }
    }
}

/// What a server says about calls that were asked about.
public struct CampaignStates: Equatable, Sendable {
    public enum Standing: Equatable, Sendable {
        /// It waits at the server.
        case queued
        case underWay
        case ended(CampaignOutcome)
    }

    /// By the call's id.
    public var calls: [String: Standing] = [:]
    /// The server does not know them.
    public var unknown: Set<String> = []

    public init() {}

    /// Reads the answer to `GET /calls?ids=`.
    ///
    /// - Returns: `nil` for what is no such answer.
    public init?(_ body: [UInt8]) {
        guard let value = try? JSONValue(parsing: body), case .array(let found)? = value["calls"],
            case .array(let strangers)? = value["unknown"]
        else { return nil }
        unknown = Set(strangers.compactMap(\.string))
        for call in found {
            guard let id = call["call_id"]?.string, let status = call["status"]?.string else { return nil }
            calls[id] = status == "ended" ? .ended(Self.outcome(call)) : status == "queued" ? .queued : .underWay
        }
    }

    private static func outcome(_ call: JSONValue) -> CampaignOutcome {
        // A word from a newer server is none that may be called again.
        var outcome = CampaignOutcome(
            call["reason"]?.string.flatMap { DialEnd(rawValue: $0) } ?? .unknown, providerCallID: call["provider_call_id"]?.string,
            dialedAt: call["dialed_at"]?.number, answeredAt: call["answered_at"]?.number, endedAt: call["ended_at"]?.number,
            machine: call["machine"]?.string, detail: call["detail"]?.string)
        if outcome.dialedAt == nil, let created = call["created_at"]?.number, let ended = outcome.endedAt {
            outcome.waited = ended - created
        }
        return outcome
    }
}

/// A server's words as they may be told.
public enum ServerWords {
    /// Longest sentence that is told. Units: characters.
    private static let longest = 300

    /// The error's sentence with its code, or the status alone.
    public static func sentence(_ response: HTTPResponse) -> String {
        guard let error = (try? JSONValue(parsing: response.body))?["error"], let message = error["message"]?.string else {
            return "the server answered \(response.status)"
        }
        let words = String(String.UnicodeScalarView(message.unicodeScalars.map { $0.value < 32 ? " " : $0 }).prefix(longest))
        return code(response).map { "\(words) (\(response.status) \($0))" } ?? words
    }

    /// The error's code; `nil` when the answer is not this server's.
    public static func code(_ response: HTTPResponse) -> String? {
        guard let code = (try? JSONValue(parsing: response.body))?["error"]?["code"]?.string, isID(code) else { return nil }
        return code
    }

    /// Letters, digits, `-`, `_`, `.`, at most 128: fit for a URL.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
