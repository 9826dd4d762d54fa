import Call

/// Links with which a recording can be fetched without a key, for a time.
///
/// - Shape: `?expires=<seconds since 1970>&signature=<64 hexadecimal digits>`; HMAC-SHA256 over id and time.
struct RecordingLinks: Sendable {
    /// How long a link may be good for. Units: seconds. As in Daily's API.
    static let lifetimes = 900...43_200
    static let usualLifetime = 3_600

    let key: [UInt8]
    let cryptography: any Cryptography

    func query(_ id: String, expires: Int64) -> String { "expires=\(expires)&signature=\(Hex.text(signature(id, expires)))" }

    /// - Returns: `nil` when the link is good, else a sentence that says why not.
    func complaint(_ id: String, _ query: [String: String], unixTime: Int64) -> String? {
        guard let expires = query["expires"].flatMap({ Int64($0) }), let given = query["signature"] else {
            return "the link needs `expires` and `signature`"
        }
        guard cryptography.equalInConstantTime(Array(given.utf8), Array(Hex.text(signature(id, expires)).utf8)) else {
            return "the link was not made by this server, or was changed"
        }
        return unixTime < expires ? nil : "the link has expired; ask for a new one at /recordings/{id}/access-link"
    }

    private func signature(_ id: String, _ expires: Int64) -> [UInt8] {
        cryptography.hmacSHA256(Array("\(id)\n\(expires)".utf8), key: key)
    }
}
