import Call
import Wire

extension CaptureHeader {
    /// What the bot knew about the call: the stream's own words, and what the header has beside them.
    func callInfo(_ start: StreamStart) -> CallInfo {
        CallInfo(
            id: call["id"]?.string ?? "replay", stream: start, from: number("from") ?? start.from, to: number("to") ?? start.to,
            webhook: texts("webhook"), query: texts("query"), body: call["body"], bot: bot)
    }

    private func number(_ name: String) -> PhoneNumber? { call[name]?.string.map { PhoneNumber($0) } }

    private func texts(_ name: String) -> [String: String] {
        guard case .object(let members)? = call[name] else { return [:] }
        return members.compactMapValues(\.string)
    }
}
