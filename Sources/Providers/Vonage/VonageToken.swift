import Call
import Wire

/// The two kinds of JSON Web Token that Vonage uses: HS256 on what it sends, RS256 on what we send.
///
/// Source: RFC 7515 and RFC 7519; Vonage, *Decoding signed webhooks* and *Authentication*.
enum JSONWebToken {
    /// How far a token's times may lie from our clock. Units: seconds.
    ///
    /// Vonage's tokens live for five minutes; a webhook is used at once, so more would only help a replay.
    static let tolerance: Int64 = 300

    /// The claims of a token that the secret signs and whose time is now.
    ///
    /// Only HS256 is accepted, whatever the token says of itself. The token has to say when it was made (`iat`, within
    /// ``tolerance`` of now) or when it ends (`exp`); a token with neither would be valid for ever.
    ///
    /// - Returns: `nil` for anything else.
    static func verified(
        _ token: String, secret: String, unixTime: Int64, _ cryptography: any Cryptography
    ) -> JSONValue? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64.lenientBytes(String(parts[2])), let header = object(parts[0]),
            header["alg"]?.string == "HS256"
        else { return nil }
        let expected = cryptography.hmacSHA256(Array("\(parts[0]).\(parts[1])".utf8), key: Array(secret.utf8))
        guard cryptography.equalInConstantTime(signature, expected), let claims = object(parts[1]) else { return nil }

        let now = Double(unixTime), tolerance = Double(tolerance)
        let issued = claims["iat"]?.number, ends = claims["exp"]?.number
        guard issued != nil || ends != nil else { return nil }
        if let ends, ends + tolerance < now { return nil }
        if let issued, issued > now + tolerance { return nil }
        if let issued, ends == nil, issued + tolerance < now { return nil }
        if let begins = claims["nbf"]?.number, begins > now + tolerance { return nil }
        return claims
    }

    /// A token that Vonage's REST API takes: RS256 with the application's private key.
    ///
    /// - Parameter privateKeyPEM: PEM text, PKCS#1 or PKCS#8.
    /// - Returns: `nil` when the key cannot be read.
    static func signed(
        applicationID: String, privateKeyPEM: Secret, unixTime: Int64, _ cryptography: any Cryptography
    ) -> String? {
        let claims: JSONValue = .object([
            "application_id": .string(applicationID), "iat": .number(Double(unixTime)),
            "exp": .number(Double(unixTime + tolerance)),
            "jti": .string(hexadecimal(cryptography.randomBytes(16))),
        ])
        let header = Array(#"{"alg":"RS256","typ":"JWT"}"#.utf8)
        let signed = "\(Base64.urlText(header)).\(Base64.urlText(claims.bytes))"
        guard let signature = cryptography.rsaSHA256Sign(Array(signed.utf8), privateKeyPEM: privateKeyPEM) else { return nil }
        return "\(signed).\(Base64.urlText(signature))"
    }

    /// Two lower-case digits a byte.
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func object(_ part: Substring) -> JSONValue? {
        guard let bytes = Base64.lenientBytes(String(part)), let value = try? JSONValue(parsing: bytes), case .object = value else {
            return nil
        }
        return value
    }
}
