import Call

/// The path of a media socket: `/ws`, `/ws/{token}`, `/ws/{provider}`, `/ws/{provider}/{token}`.
struct StreamPath: Equatable {
    var provider: ProviderName?
    var token: String?

    /// - Parameter path: raw, without the query.
    /// - Returns: `nil` when the path is no media socket's. A provider's name wins; a token contains a `.`.
    init?(_ path: Substring, providers: [ProviderName]) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.last == "" { parts.removeLast() }
        guard parts.first == "ws", parts.count <= 3 else { return nil }
        for part in parts.dropFirst() {
            if let name = providers.first(where: { $0.text == part }), provider == nil, token == nil {
                provider = name
            } else if part.contains("."), token == nil {
                token = String(part)
            } else {
                return nil
            }
        }
    }
}

/// A request target, cut at the question mark.
struct Target {
    let path: Substring
    let query: Substring

    init(_ raw: String) {
        let parts = raw.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first ?? ""
        query = parts.count > 1 ? parts[1] : ""
    }
}
