import Wire

/// One line of a call's event log, before it is spelt.
public struct EventLine: Sendable {
    /// Most of one text on a line; the rest is left out and `…` says so. A minute of speech has under 1,500 bytes. Units: UTF-8 bytes.
    public static let longestText = 4_096

    /// When it happened, which for an interruption is before the line is written.
    public let at: Moment
    /// In snake_case.
    public let event: String
    /// In the order in which they are written.
    public private(set) var fields: [(name: String, value: JSONValue)] = []

    public init(_ event: String, at: Moment, _ fields: KeyValuePairs<String, JSONValue?> = [:]) {
        self.event = event
        self.at = at
        for (name, value) in fields { add(name, value) }
    }

    /// - Parameter value: `nil` writes nothing.
    public mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { fields.append((name, value)) }
    }

    /// What stands on each line of one call.
    public struct Stamp: Sendable {
        public let callID: String
        public let provider: String
        public let providerCallID: String?
        public let beganAt: Moment
        /// The wall clock at ``beganAt``. Units: milliseconds since 1970 UTC.
        public let unixTime: Int64

        public init(callID: String, provider: String, providerCallID: String?, beganAt: Moment, unixTime: Int64) {
            self.callID = callID
            self.provider = provider
            self.providerCallID = providerCallID
            self.beganAt = beganAt
            self.unixTime = unixTime
        }

        /// `2026-11-21T04:55:00.123Z`, by the wall clock at the call's beginning and the monotonic one since.
        func time(_ milliseconds: Int64) -> String {
            let (sum, isOver) = unixTime.addingReportingOverflow(milliseconds)
            let now = isOver ? 0 : min(max(sum, 0), CivilDay.lastSecond * 1_000)
            let second = now / 1_000
            let fraction = String(1_000 + now % 1_000).dropFirst()
            return "\(CivilDay(number: second / 86_400).text)T\(CivilDay.clock(second % 86_400)).\(fraction)Z"
        }
    }

    /// Appends the line as one JSON object and a line feed.
    public func write(_ stamp: Stamp, into bytes: inout [UInt8]) {
        let milliseconds = (at - stamp.beganAt).milliseconds
        Self.member("{", "time", .string(stamp.time(milliseconds)), into: &bytes)
        Self.member(",", "t_ms", .number(Double(milliseconds)), into: &bytes)
        Self.member(",", "call_id", .string(stamp.callID), into: &bytes)
        Self.member(",", "provider", .string(stamp.provider), into: &bytes)
        Self.member(",", "provider_call_id", stamp.providerCallID.map { .string($0) } ?? .null, into: &bytes)
        Self.member(",", "event", .string(event), into: &bytes)
        for field in fields { Self.member(",", field.name, field.value, into: &bytes) }
        JSONText.raw("}\n", into: &bytes)
    }

    private static func member(_ before: String, _ name: String, _ value: JSONValue, into bytes: inout [UInt8]) {
        JSONText.raw(before, into: &bytes)
        JSONText.string(name, into: &bytes)
        JSONText.raw(":", into: &bytes)
        switch value {
        case .string(let text): JSONText.string(bounded(text), into: &bytes)
        case .bool, .null, .number, .array, .object: bytes.append(contentsOf: value.bytes)
        }
    }

    static func bounded(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        var start = text.utf8.index(text.startIndex, offsetBy: longestText - "…".utf8.count)
        while start > text.startIndex, start.samePosition(in: text.unicodeScalars) == nil { start = text.utf8.index(before: start) }
        return String(text[..<start]) + "…"
    }
}
