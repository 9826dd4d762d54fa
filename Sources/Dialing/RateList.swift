import Call

/// A limit for all providers together and for single ones, as `--dial-rate` and `--dial-concurrency` take it: `50`, `twilio=1,plivo=2`
/// or `20,twilio=1,plivo=2`.
public struct RateList: Equatable, Sendable {
    /// Why a list cannot be used: the entry and the mend.
    public struct BadEntry: Error, Equatable, Sendable { public let sentence: String }

    /// What the list counts.
    public enum Unit: Sendable {
        /// Calls placed a second; fractions are allowed.
        case callsPerSecond
        /// Calls at once; whole.
        case calls

        /// Largest value. A thousand calls a second is far above what providers grant and what one server's journal takes; a hundred
        /// thousand calls at once is far above what one server carries. More is a slip of the pen.
        public var most: Double {
            switch self {
            case .callsPerSecond: 1_000
            case .calls: 100_000
            }
        }

        /// A limit below it would stand still for minutes between two calls.
        public var least: Double {
            switch self {
            case .callsPerSecond: 0.01
            case .calls: 1
            }
        }
    }

    /// For all providers together; `nil` when not named.
    public var all: Double?
    public var each: [ProviderName: Double] = [:]

    public init() {}

    /// - Parameters:
    ///   - flag: as it stands in errors: `--dial-rate`.
    ///   - providers: those that there are.
    public init(_ text: String, _ unit: Unit, flag: String, providers: [ProviderName]) throws(BadEntry) {
        let form = "write a number, or provider=number, with commas between: 20,twilio=1,plivo=2"
        for (index, entry) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let place = "entry \(index + 1) of \(flag)"
            let halves = entry.split(separator: "=", omittingEmptySubsequences: false).map(\.trimmingSpaces)
            guard halves.count < 3, let value = halves.last, !value.isEmpty else {
                throw BadEntry(sentence: "\(place) is empty or has no number; \(form)")
            }
            let number = try Self.number(value, unit, place, form)
            guard halves.count == 2 else {
                guard all == nil else { throw BadEntry(sentence: "\(flag) has two numbers for all providers together; write one") }
                all = number
                continue
            }
            let names = providers.map(\.text)
            guard names.contains(String(halves[0])) else {
                throw BadEntry(sentence: "\(place) names no provider; the providers are \(names.joined(separator: ", "))")
            }
            guard each.updateValue(number, forKey: ProviderName(String(halves[0]))) == nil else {
                throw BadEntry(sentence: "\(flag) names \(halves[0]) twice; write it once")
            }
        }
    }

    private static func number(_ text: Substring, _ unit: Unit, _ place: String, _ form: String) throws(BadEntry) -> Double {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard isPlain, text.utf8.count <= 12, let number = Double(text) else {
            throw BadEntry(sentence: "\(place) is no number; \(form)")
        }
        switch unit {
        case .calls where number != number.rounded(): throw BadEntry(sentence: "\(place) is not whole; \(form)")
        default: break
        }
        guard number >= unit.least, number <= unit.most else {
            let most = Int(unit.most)
            throw BadEntry(
                sentence:
                    "\(place) is out of range; write \(unit.least == 1 ? "1" : "\(unit.least)") to \(most). To place no calls, pause dialling"
            )
        }
        return number
    }

    /// What one provider is held to.
    ///
    /// A lone number is what the operator was granted, so the providers' defaults do not stand in its way. A list that names providers
    /// leaves the others at their defaults.
    ///
    /// - Parameter standard: the provider's documented default.
    public func limit(of provider: ProviderName, standard: Double) -> Double {
        if let limit = each[provider] { return limit }
        guard let all else { return standard }
        return each.isEmpty ? all : min(standard, all)
    }
}
