import Call
import Wire

/// What simulated providers were asked for and what they did: who was called when, by which call, and how it ended.
///
/// It holds numbers in the clear: they are its point, and they are nobody's.
public struct CallLedger: Sendable {
    public struct Entry: Sendable {
        public let provider: PlayedProvider
        public let id: String
        /// E.164, with its `+`.
        public let to: String
        public let reference: String?
        /// Units: seconds since 1970.
        public let placedAt: Double
        public let answeredAt: Double?
        /// `nil`: the call is in the air.
        public let endedAt: Double?
        public let end: CallEnd?
        public let verdict: String?
        public let wasStreamed: Bool
        /// How the telephone ended that the call was last transferred to.
        public let transferEnd: CallEnd?
        /// Keys that were sent over the API.
        public let keys: String
    }

    /// A create request and what came of it: `placed`, the name of a fault, `refused 400`.
    public struct Request: Sendable {
        /// Units: seconds since 1970.
        public let at: Double
        public let provider: PlayedProvider
        public let to: String
        public let outcome: String
        /// The call, when there is one.
        public let id: String?
    }

    public let calls: [Entry]
    public let requests: [Request]

    init(_ desk: APIDesk, _ requests: [Request]) {
        func seconds(_ moment: Moment) -> Double { Double(desk.milliseconds(moment)) / 1_000 }
        self.requests = requests
        calls = desk.calls.map { call in
            Entry(
                provider: call.provider, id: call.id, to: call.order.number, reference: call.order.reference,
                placedAt: seconds(call.placedAt), answeredAt: call.answeredAt.map { seconds($0) },
                endedAt: call.endedAt.map { seconds($0) }, end: call.end, verdict: call.verdict?.rawValue,
                wasStreamed: call.wasStreamed, transferEnd: call.transferEnd, keys: call.keys)
        }
    }

    /// Numbers that were called more than once, with how often.
    public var repeated: [String: Int] {
        calls.reduce(into: [:]) { $0[$1.to, default: 0] += 1 }.filter { $0.value > 1 }
    }

    /// Numbers that had two calls in the air at a time.
    public var overlapping: Set<String> {
        var result: Set<String> = []
        for (number, calls) in Dictionary(grouping: calls, by: \.to) where calls.count > 1 {
            let ordered = calls.sorted { $0.placedAt < $1.placedAt }
            for (earlier, later) in zip(ordered, ordered.dropFirst()) where earlier.endedAt.map({ $0 > later.placedAt }) ?? true {
                result.insert(number)
            }
        }
        return result
    }

    /// Most create requests within one second, whenever it begins; refused ones count too.
    public var busiestSecond: Int {
        let times = requests.map(\.at).sorted()
        var most = 0, first = 0
        for (index, time) in times.enumerated() {
            while times[first] <= time - 1 { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    /// The whole ledger as JSON, `{"calls":[…],"requests":[…],"repeated":{…},"overlapping":[…],"busiest_second":12}`.
    public var json: [UInt8] {
        func time(_ seconds: Double?) -> JSONValue { seconds.map { .number($0) } ?? .null }
        let calls = calls.map { call -> JSONValue in
            .object([
                "provider": .string(call.provider.rawValue), "id": .string(call.id), "to": .string(call.to),
                "reference": .text(call.reference), "placed_at": time(call.placedAt), "answered_at": time(call.answeredAt),
                "ended_at": time(call.endedAt), "end": .text(call.end?.rawValue), "machine": .text(call.verdict),
                "streamed": .bool(call.wasStreamed),
            ])
        }
        let requests = requests.map { request -> JSONValue in
            .object([
                "at": time(request.at), "provider": .string(request.provider.rawValue), "to": .string(request.to),
                "outcome": .string(request.outcome), "id": .text(request.id),
            ])
        }
        return JSONValue.object([
            "calls": .array(calls), "requests": .array(requests), "repeated": .object(repeated.mapValues { .whole($0) }),
            "overlapping": .array(overlapping.sorted().map { .string($0) }), "busiest_second": .whole(busiestSecond),
        ]).bytes
    }
}
