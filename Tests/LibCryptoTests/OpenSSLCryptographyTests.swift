import COpenSSL
import Call
import LibCrypto
import Testing

struct OpenSSLCryptographyTests {
    let cryptography: any Cryptography = OpenSSLCryptography()

    /// RFC 2202 section 3 and RFC 4231 section 4: key, message, SHA-1 code, SHA-256 code. Only where both give a case.
    static let shared: [(key: [UInt8], message: [UInt8], sha1: String?, sha256: String?)] = [
        (
            Array(repeating: 0x0B, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), Array(repeating: 0xCD, count: 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            Array(repeating: 0xAA, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112", nil
        ),
        (
            Array(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), nil,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        // Not in the RFCs: printf '' | openssl dgst -sha1/-sha256 -mac HMAC with an empty key, OpenSSL 3.0.19.
        (
            [], [], "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        ),
    ]

    @Test(arguments: shared.indices)
    func `HMAC gives the codes of RFC 2202 and RFC 4231`(index: Int) {
        let vector = Self.shared[index]
        if let code = vector.sha1 { #expect(cryptography.hmacSHA1(vector.message, key: vector.key) == hex(code)) }
        if let code = vector.sha256 { #expect(cryptography.hmacSHA256(vector.message, key: vector.key) == hex(code)) }
    }

    @Test func `an empty key is a key of its own, not the one before`() {
        let before = cryptography.hmacSHA256([1], key: [1, 2, 3])
        let empty = cryptography.hmacSHA256([1], key: [])
        #expect(empty != before)
        #expect(cryptography.hmacSHA256([1], key: [0]) == empty, "HMAC pads keys with zeros")
        #expect(cryptography.hmacSHA1([], key: [7]).count == 20)
    }

    /// FIPS 180-4 examples, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives the digests of FIPS 180-4`(message: String, digest: String) {
        #expect(cryptography.sha256(Array(message.utf8)) == hex(digest))
    }

    /// RFC 8032 section 7.1, tests 1 to 3: public key, message, signature.
    static let ed25519 = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: ed25519)
    func `Ed25519 verifies what RFC 8032 signed, and nothing else`(key: String, message: String, signature: String) {
        let (key, message, signature) = (hex(key), hex(message), hex(signature))
        #expect(cryptography.ed25519Verifies(signature, message, publicKey: key))
        #expect(!cryptography.ed25519Verifies(signature, message + [0], publicKey: key))
        for index in [0, 31, 32, 63] {
            var changed = signature
            changed[index] ^= 1
            #expect(!cryptography.ed25519Verifies(changed, message, publicKey: key))
        }
        var other = key
        other[0] ^= 1
        #expect(!cryptography.ed25519Verifies(signature, message, publicKey: other))
    }

    /// RFC 8032 section 7.1: the private keys of ``ed25519``, in its order.
    static let ed25519Seeds = [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    ]

    @Test(arguments: zip(ed25519Seeds, ed25519))
    func `Ed25519 signs as RFC 8032 does`(seed: String, vector: (key: String, message: String, signature: String)) {
        #expect(cryptography.ed25519Sign(hex(vector.message), seed: Redacted(hex(seed))) == hex(vector.signature))
        #expect(cryptography.ed25519Sign(hex(vector.message), seed: Redacted(hex(seed) + [0])) == nil)
    }

    @Test(arguments: [0, 1, 31, 33, 64], [0, 1, 63, 65, 128])
    func `keys and signatures of the wrong length verify nothing`(keyLength: Int, signatureLength: Int) {
        let (key, message, signature) = Self.ed25519[0]
        let wrongKey = Array((hex(key) + hex(key)).prefix(keyLength))
        let wrongSignature = Array((hex(signature) + hex(signature)).prefix(signatureLength))
        #expect(!cryptography.ed25519Verifies(hex(signature), hex(message), publicKey: wrongKey))
        #expect(!cryptography.ed25519Verifies(wrongSignature, hex(message), publicKey: hex(key)))
        #expect(!cryptography.ed25519Verifies(wrongSignature, hex(message), publicKey: wrongKey))
    }

    static let goodKeys = [
        "PKCS#1": TestKey.pkcs1, "PKCS#8": TestKey.pkcs8, "between empty lines": "\n" + TestKey.pkcs8 + "\n\n",
    ]

    @Test(arguments: goodKeys.keys.sorted())
    func `RSA signs as the openssl command does`(name: String) throws {
        let pem = Redacted(try #require(Self.goodKeys[name]))
        let signature = cryptography.rsaSHA256Sign(Array("header.payload".utf8), privateKeyPEM: pem)
        #expect(signature == hex(TestKey.signature))
        let other = cryptography.rsaSHA256Sign([], privateKeyPEM: pem)
        #expect(other?.count == 256 && other != signature)
    }

    static let badKeys = [
        "empty": "", "a dash": "-", "words": "not a key", "encrypted": TestKey.encrypted, "Ed25519": TestKey.ed25519,
        "P-256": TestKey.p256,
        "cut off": String(TestKey.pkcs8.dropLast(60)), "changed letters": TestKey.pkcs8.replacing("M", with: "N"),
        "another label": TestKey.pkcs1.replacing("RSA PRIVATE", with: "PUBLIC"), "a zero byte": "\0" + TestKey.pkcs8.prefix(40),
    ]

    @Test(arguments: badKeys.keys.sorted())
    func `what is no readable RSA key signs nothing and leaves no error behind`(name: String) throws {
        ERR_clear_error()
        let pem = Redacted(try #require(Self.badKeys[name]))
        #expect(cryptography.rsaSHA256Sign([1, 2, 3], privateKeyPEM: pem) == nil)
        #expect(ERR_peek_error() == 0)
    }

    @Test func `a signature refused leaves no error behind, and takes away none of others`() {
        ERR_clear_error()
        #expect(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, [1], 1) == nil)
        let before = ERR_peek_error()
        #expect(before != 0)
        #expect(!cryptography.ed25519Verifies(Array(repeating: 0xFF, count: 64), [], publicKey: Array(repeating: 2, count: 32)))
        #expect(cryptography.rsaSHA256Sign([], privateKeyPEM: Redacted("no key")) == nil)
        #expect(ERR_peek_last_error() == before)
        ERR_clear_error()
    }

    @Test func `bytes are equal when all of them and their number are`() {
        #expect(cryptography.equalInConstantTime([], []))
        #expect(cryptography.equalInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!cryptography.equalInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!cryptography.equalInConstantTime([0, 2, 3], [1, 2, 3]))
        #expect(!cryptography.equalInConstantTime([1, 2], [1, 2, 3]))
        #expect(!cryptography.equalInConstantTime([], [0]))
    }

    @Test func `random bytes are as many as asked for, and never the same`() {
        for count in [0, 1, 32, (1 << 20) + 3] { #expect(cryptography.randomBytes(count).count == count) }
        #expect(cryptography.randomBytes(-1).isEmpty)
        #expect(Set((0..<100).map { _ in cryptography.randomBytes(16) }).count == 100)
        // The last bytes of a long run are filled as well: 64 zeros in a row do not happen.
        #expect(cryptography.randomBytes(3 << 20).suffix(64).contains { $0 != 0 })
    }
}
