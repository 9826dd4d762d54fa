import COpenSSL

/// One `EVP_MD_CTX`, for one signature made or checked.
struct DigestContext: ~Copyable {
    private let handle: OpaquePointer

    /// Calls `EVP_MD_CTX_new`. - Returns: `nil` without memory.
    init?() {
        guard let handle = EVP_MD_CTX_new() else { return nil }
        self.handle = handle
    }

    deinit { EVP_MD_CTX_free(handle) }

    /// Calls `EVP_DigestVerifyInit` and `EVP_DigestVerify` without a digest, as Ed25519 wants it.
    func verifies(_ signature: [UInt8], of message: [UInt8], with key: borrowing Key) -> Bool {
        EVP_DigestVerifyInit(handle, nil, nil, nil, key.handle) == 1
            && EVP_DigestVerify(handle, signature, signature.count, message, message.count) == 1
    }

    /// Calls `EVP_DigestSignInit`, and `EVP_DigestSign` twice: for the length, then for the signature.
    ///
    /// - Parameter digest: `nil` for Ed25519, which has its own.
    func signature(of message: [UInt8], with key: borrowing Key, digest: OpaquePointer?) -> [UInt8]? {
        var length = 0
        guard EVP_DigestSignInit(handle, nil, digest, nil, key.handle) == 1,
            EVP_DigestSign(handle, nil, &length, message, message.count) == 1
        else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(handle, &signature, &length, message, message.count) == 1, length <= signature.count else {
            return nil
        }
        signature.removeLast(signature.count - length)
        return signature
    }
}
