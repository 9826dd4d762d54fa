import Call
import Wire

extension CallInfo {
    /// What the call asks of its bot under a name: the first of stream parameter, query of the WebSocket URL, field of the answer
    /// webhook and member of the body, as a person would have typed it. `nil` when none of them has it.
    func asked(_ name: String) -> String? {
        parameters[name] ?? query[name] ?? webhook[name] ?? body?[name]?.spelling
    }
}

extension JSONValue {
    /// The value as a person would have typed it; what is no number or text cannot be meant. `nil` for null.
    fileprivate var spelling: String? {
        switch self {
        case .number(let value): Int(exactly: value).map(String.init) ?? "fraction"
        case .string(let text): text
        case .null: nil
        case .bool, .array, .object: "no number"
        }
    }
}
