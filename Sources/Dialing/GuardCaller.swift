import Call

/// What is known of where a call comes from.
public enum GuardCaller: Equatable, Sendable {
    /// A `from` without `+` says nothing.
    case asWritten
    /// A `from` without `+` begins with its calling code all the same.
    case international
    /// A `from` without `+` is a national number of this calling code (digits, without `+`).
    case national(callingCode: String)

    /// How a provider reads a `from` without `+`.
    ///
    /// Plivo and Vonage spell numbers without it; Exotel's numbers are Indian (`0…`) unless they begin with `+`.
    public static func of(_ provider: ProviderName) -> GuardCaller {
        switch provider.text {
        case "plivo", "vonage": .international
        case "exotel": .national(callingCode: "91")
        default: .asWritten
        }
    }

    /// The digits of a `from` from its calling code on; `nil` when they cannot be known.
    func digits(of from: PhoneNumber) -> String? {
        let text = from.exposed
        let hasPlus = text.hasPrefix("+")
        let digits = hasPlus ? text.dropFirst() : text[...]
        guard (3...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        switch self {
        case _ where hasPlus: return String(digits)
        case .asWritten: return nil
        case .international: return digits.hasPrefix("0") ? nil : String(digits)
        case .national(let code): return code + digits.drop { $0 == "0" }
        }
    }
}
