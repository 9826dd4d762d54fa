import COpenSSL
public import Call

/// libcrypto's answer to ``Cryptography``. It holds nothing: every call makes and frees what it needs.
///
/// A failed call leaves libcrypto's error queue of the thread as it found it. TLS on the same thread reads that queue, and
/// a leftover of ours would look like a broken connection.
public struct OpenSSLCryptography: Cryptography {
    public init() {}

    /// Calls `HMAC` with `EVP_sha1`.
    public func hmacSHA1(_ message: [UInt8], key: [UInt8]) -> [UInt8] { hmac(message, key: key, EVP_sha1(), length: 20) }

    /// Calls `HMAC` with `EVP_sha256`.
    public func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] { hmac(message, key: key, EVP_sha256(), length: 32) }

    /// Calls `EVP_Digest` with `EVP_sha256`.
    public func sha256(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            let result = EVP_Digest(message, message.count, digest.baseAddress, nil, EVP_sha256(), nil)
            precondition(result == 1, "libcrypto has no SHA-256")
            count = 32
        }
    }

    /// Calls `EVP_DigestVerify` with an `EVP_PKEY_ED25519` key.
    public func ed25519Verifies(_ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, publicKey.count == 32 else { return false }
        return leavingErrorQueue {
            guard let key = Key(ed25519Public: publicKey), let context = DigestContext() else { return false }
            return context.verifies(signature, of: message, with: key)
        }
    }

    /// Calls `EVP_DigestSign` with an `EVP_PKEY_ED25519` key.
    public func ed25519Sign(_ message: [UInt8], seed: Redacted<[UInt8]>) -> [UInt8]? {
        guard seed.exposed.count == 32 else { return nil }
        return leavingErrorQueue {
            guard let key = Key(ed25519Seed: seed), let context = DigestContext() else { return nil }
            return context.signature(of: message, with: key, digest: nil)
        }
    }

    /// Calls `EVP_DigestSign` with a key read by `PEM_read_bio_PrivateKey`.
    ///
    /// - Returns: `nil` also for a key that is not RSA, is encrypted, or is too short for the signature.
    public func rsaSHA256Sign(_ message: [UInt8], privateKeyPEM: Secret) -> [UInt8]? {
        leavingErrorQueue {
            guard let key = Key(rsaPrivatePEM: privateKeyPEM), let context = DigestContext() else { return nil }
            return context.signature(of: message, with: key, digest: EVP_sha256())
        }
    }

    /// Calls `CRYPTO_memcmp`. Different lengths are told apart at once: a length is no secret.
    public func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && (a.isEmpty || CRYPTO_memcmp(a, b, a.count) == 0)
    }

    /// Calls `RAND_bytes`. A count below 1 gives none.
    public func randomBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(count, 0)) { bytes, filled in
            while filled < bytes.count {
                let piece = min(bytes.count - filled, 1 << 20)
                let result = RAND_bytes(bytes.baseAddress.map { $0 + filled }, Int32(piece))
                precondition(result == 1, "the system gives no random bytes: a guessable secret would be worse than no server")
                filled += piece
            }
        }
    }

    private func hmac(_ message: [UInt8], key: [UInt8], _ digest: OpaquePointer?, length: Int) -> [UInt8] {
        precondition(key.count <= Int(Int32.max), "a HMAC key of 2 GiB is no key")
        return [UInt8](unsafeUninitializedCapacity: length) { code, count in
            // To libcrypto no address means no key given; an empty key still needs one, and an empty array promises none.
            let result = HMAC(digest, key.isEmpty ? [0] : key, Int32(key.count), message, message.count, code.baseAddress, nil)
            precondition(result != nil, "libcrypto has no HMAC")
            count = length
        }
    }

    /// Calls `ERR_set_mark` before and `ERR_pop_to_mark` after.
    private func leavingErrorQueue<Result>(_ body: () -> Result) -> Result {
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        return body()
    }
}
