import Call
import Wire

/// What a server is asked, spelt for the wire.
public enum CampaignRequest {
    /// The body of `POST /start` for one row.
    public static func start(_ row: CampaignRow, _ settings: CampaignSettings, queueSeconds: Int) -> [UInt8] {
        var members: [String: JSONValue] = [
            "phone_number": .string(row.number.exposed), "queue_secs": .number(Double(queueSeconds)),
        ]
        members["provider"] = settings.provider.map { .string($0) }
        members["from"] = settings.from.map { .string($0.exposed) }
        members["bot"] = settings.bot.map { .string($0) }
        members["body"] = row.body
        members["metadata"] = settings.metadata
        members["timeout_secs"] = settings.ringTimeout.map { .number(Double($0)) }
        members["max_duration_secs"] = settings.maximumDuration.map { .number(Double($0)) }
        members["machine_detection"] = settings.machineDetection.map { .string($0.rawValue) }
        members["priority"] = row.priority.map { .number(Double($0)) }
        return JSONValue.object(members).bytes
    }

    /// Path and query that ask about calls.
    public static func states(_ calls: [String]) -> String { "/calls?ids=" + calls.joined(separator: ",") }
}

extension CampaignPlan {
    /// The request's body for a call that this plan wants.
    public func request(_ call: CampaignCall) -> [UInt8] {
        CampaignRequest.start(list.rows[call.row], settings, queueSeconds: call.queueSeconds)
    }
}
