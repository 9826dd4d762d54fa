import Call

/// How far a provider's clock lies behind ours, by the `Date` of its answers (RFC 9110 §6.6.1).
///
/// Lists name their calls' times by that clock: with ours far ahead, a call that was just placed would look like an old one of somebody
/// else, and be placed again.
public struct ProviderClock: Equatable, Sendable {
    /// A change of less is no news: answers take a while, and lists are searched so much earlier anyway.
    static let tolerance: Int64 = 10

    /// Units: seconds, never negative: to search from too early is safe.
    public private(set) var lag: Int64 = 0

    public init() {}

    /// Takes the time of an answer that has just come.
    ///
    /// - Parameter unixTime: ours, seconds since 1970.
    public mutating func read(_ response: HTTPResponse, unixTime: Int64) {
        guard let date = response.headers["date"].flatMap({ CalendarTime.seconds(rfc2822: $0) }) else { return }
        let behind = max(0, unixTime - date)
        if behind > lag + Self.tolerance || behind < lag - Self.tolerance { lag = behind }
    }

    /// Whether what was searched for by an earlier reading may have been missed.
    public func isSlower(than earlier: ProviderClock) -> Bool { lag > earlier.lag }
}
