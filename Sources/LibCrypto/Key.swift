import COpenSSL
import Call

/// One `EVP_PKEY`, public or private, freed (and wiped) by `EVP_PKEY_free`.
struct Key: ~Copyable {
    let handle: OpaquePointer

    /// Calls `EVP_PKEY_new_raw_public_key`.
    init?(ed25519Public bytes: [UInt8]) {
        guard let handle = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return nil }
        self.handle = handle
    }

    /// Calls `EVP_PKEY_new_raw_private_key`.
    init?(ed25519Seed seed: Redacted<[UInt8]>) {
        let bytes = seed.exposed
        guard let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return nil }
        self.handle = handle
    }

    /// Calls `BIO_new_mem_buf`, `PEM_read_bio_PrivateKey` and `EVP_PKEY_get_base_id`. The text is read in place, not copied.
    ///
    /// - Returns: `nil` for what is not the PEM of an unencrypted RSA key, PKCS#1 or PKCS#8.
    init?(rsaPrivatePEM pem: Secret) {
        var text = pem.exposed
        let handle = text.withUTF8 { bytes -> OpaquePointer? in
            guard let length = Int32(exactly: bytes.count), let source = BIO_new_mem_buf(bytes.baseAddress, length) else {
                return nil
            }
            defer { BIO_free(source) }
            return PEM_read_bio_PrivateKey(source, nil, refusePassphrase, nil)
        }
        guard let handle else { return nil }
        guard EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA else {
            EVP_PKEY_free(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { EVP_PKEY_free(handle) }
}

/// A `pem_password_cb` that knows none. Without it libcrypto asks the terminal for the passphrase of an encrypted key.
private func refusePassphrase(_: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?) -> Int32 { -1 }
