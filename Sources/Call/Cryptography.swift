/// The cryptography that the pure rooms ask for. `LibCrypto` answers with libcrypto; nothing is hand-written.
public protocol Cryptography: Sendable {
    /// HMAC (RFC 2104) with SHA-1. Returns 20 bytes.
    func hmacSHA1(_ message: [UInt8], key: [UInt8]) -> [UInt8]
    /// HMAC with SHA-256. Returns 32 bytes.
    func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8]
    /// Returns 32 bytes.
    func sha256(_ message: [UInt8]) -> [UInt8]
    /// Ed25519 (RFC 8032). `false` also for a key or signature of the wrong length.
    func ed25519Verifies(_ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]) -> Bool
    /// Ed25519 (RFC 8032). Returns 64 bytes.
    ///
    /// - Parameter seed: the private key, 32 bytes.
    /// - Returns: `nil` for a seed of another length.
    func ed25519Sign(_ message: [UInt8], seed: Redacted<[UInt8]>) -> [UInt8]?
    /// RSASSA-PKCS1-v1_5 with SHA-256, the `RS256` of RFC 7518.
    ///
    /// - Parameter privateKeyPEM: PKCS#1 or PKCS#8.
    /// - Returns: `nil` when the key cannot be read.
    func rsaSHA256Sign(_ message: [UInt8], privateKeyPEM: Secret) -> [UInt8]?
    /// Whether two byte strings are equal, in time that does not depend on where they differ.
    func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool
    /// Bytes nobody can guess.
    func randomBytes(_ count: Int) -> [UInt8]
}
