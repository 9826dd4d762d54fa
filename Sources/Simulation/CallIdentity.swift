import Call

/// Who calls whom in a simulated call, and under which ids.
public struct CallIdentity: Equatable, Sendable {
    /// The provider's stream id. Vonage has none and sends none.
    public var streamID: String
    /// The provider's call id, the one that its REST API takes. Vonage sends none by itself; a `uuid` among the parameters does.
    public var callID: String
    public var accountID: String
    public var from: PhoneNumber
    public var to: PhoneNumber
    /// What the answer document attached to the stream: Twilio `customParameters`, Plivo `extra_headers`, Vonage headers, ….
    /// Sent in the order of their names.
    public var parameters: [String: String]
    /// The wall clock at the start of the stream, for the providers that put it into messages. Units: milliseconds since 1970 UTC.
    public var epochMilliseconds: Int64

    public init(
        streamID: String, callID: String, accountID: String, from: PhoneNumber, to: PhoneNumber,
        parameters: [String: String] = [:], epochMilliseconds: Int64 = 1_893_456_000_000
    ) {
        self.streamID = streamID
        self.callID = callID
        self.accountID = accountID
        self.from = from
        self.to = to
        self.parameters = parameters
        self.epochMilliseconds = epochMilliseconds
    }

    /// Ids of the shape that the provider gives them, all of them different for different calls and seeds, the same for the same.
    ///
    /// - Parameter seed: chance for a load whose ids must not repeat those of the last one.
    public static func numbered(
        _ index: Int, seed: UInt64 = 0, for provider: PlayedProvider, parameters: [String: String] = [:]
    ) -> CallIdentity {
        var chance = SplitMix64(state: seed &+ UInt64(bitPattern: Int64(index)) &* SplitMix64.step)
        let stream = hexadecimal(&chance)
        let call = hexadecimal(&chance)
        let account = String(repeating: "0", count: 31) + "1"
        let digits = String(10_000_000 + abs(index % 10_000_000)).dropFirst()
        let ids =
            switch provider {
            case .twilio: ("MZ" + stream, "CA" + call, "AC" + account)
            case .telnyx: (uuid(stream), "v3:" + call, uuid(account))
            case .plivo: (uuid(stream), uuid(call), "MA" + account.suffix(18))
            case .exotel: (stream, call, "simulated1")
            case .vonage: (uuid(stream), uuid(call), uuid(account))
            }
        return CallIdentity(
            streamID: ids.0, callID: ids.1, accountID: ids.2, from: PhoneNumber("+1500" + digits), to: PhoneNumber("+15005550010"),
            parameters: parameters)
    }

    /// The identity with the parameters that a server's answer document has the provider send back: the numbers, where `start` does not
    /// name them, and Vonage's call id.
    public func withAnswerParameters(for provider: PlayedProvider) -> CallIdentity {
        var identity = self
        let added: [String: String] =
            switch provider {
            case .twilio: ["from_number": from.exposed, "to_number": to.exposed]
            case .plivo: ["fromNumber": Self.lettersAndDigits(from.exposed), "toNumber": Self.lettersAndDigits(to.exposed)]
            case .vonage: ["uuid": callID, "from": from.exposed, "to": to.exposed]
            case .telnyx, .exotel: [:]
            }
        identity.parameters.merge(added) { given, _ in given }
        return identity
    }

    /// A `+` as the answer document writes it into Plivo's `extraHeaders`, whose alphabet has none.
    private static func lettersAndDigits(_ number: String) -> String { number.replacing("+", with: "Z2B") }

    var sortedParameters: [(key: String, value: String)] { parameters.sorted { $0.key < $1.key } }

    /// 32 digits.
    private static func hexadecimal(_ chance: inout SplitMix64) -> String {
        let halves = [chance.next(), chance.next()].map { String($0, radix: 16) }
        return halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }

    /// The 8-4-4-4-12 form, marked as version 4 (RFC 9562 §5.4).
    private static func uuid(_ hexadecimal: String) -> String {
        let digits = Array(hexadecimal)
        let groups = [digits[0..<8], digits[8..<12], ["4"] + digits[13..<16], ["8"] + digits[17..<20], digits[20..<32]]
        return groups.map { String($0) }.joined(separator: "-")
    }
}
