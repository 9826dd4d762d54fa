import COpenSSL

/// The certificate with which a server proves its name. Both files are PEM; the certificate's may hold a chain, leaf first.
public struct TLSFiles: Equatable, Sendable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// What every TLS session of a server is made from.
///
/// Proof for `@unchecked Sendable`: complete before it is shared; from then on loops only make sessions from it (`SSL_new`), which
/// OpenSSL counts and locks itself.
final class TLSIdentity: @unchecked Sendable {
    private let context: OpaquePointer

    /// - Throws: ``NetError/system(_:)`` with the file's name.
    init(_ files: TLSFiles) throws(NetError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .system("OpenSSL made no server context") }
        self.context = context
        _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        // Buffers of idle sessions are given back (34 KiB each); writes may be partial and retried from another address.
        let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        _ = SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(mode), nil)
        _ = SSL_CTX_set_options(context, tlsNoRenegotiation)
        SSL_CTX_set_alpn_select_cb(context, selectHTTP11, nil)
        guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
            throw .system("no certificate in \(files.certificate): \(Self.reason())")
        }
        guard SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1, SSL_CTX_check_private_key(context) == 1 else {
            throw .system("\(files.key) is not the key of \(files.certificate): \(Self.reason())")
        }
    }

    deinit { SSL_CTX_free(context) }

    /// One session on a socket (`SSL_new`); freed with `SSL_free`.
    func session(_ fd: Int32) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        guard SSL_set_fd(ssl, fd) == 1 else {
            SSL_free(ssl)
            return nil
        }
        SSL_set_accept_state(ssl)
        return ssl
    }

    private static func reason() -> String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &text, text.count)
        ERR_clear_error()
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// `SSL_OP_NO_RENEGOTIATION`; the macro casts and is not imported. Renegotiation is a way to make a server work for nothing.
private let tlsNoRenegotiation: UInt64 = 1 << 30

/// HTTP/1.1 or nothing (`SSL_CTX_set_alpn_select_cb`): over HTTP/2 there would be no WebSocket as providers speak it.
private func selectHTTP11(
    _ ssl: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ outLength: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?, _ length: UInt32, _ user: UnsafeMutableRawPointer?
) -> Int32 {
    guard let out, let outLength, let offered else { return SSL_TLSEXT_ERR_NOACK }
    let wanted = Array("http/1.1".utf8)
    let list = UnsafeBufferPointer(start: offered, count: Int(length))
    var index = 0
    while index < list.count {
        let size = Int(list[index])
        guard size > 0, index + 1 + size <= list.count else { break }
        if size == wanted.count, list[(index + 1)..<(index + 1 + size)].elementsEqual(wanted) {
            out.pointee = offered + index + 1
            outLength.pointee = UInt8(size)
            return SSL_TLSEXT_ERR_OK
        }
        index += 1 + size
    }
    return SSL_TLSEXT_ERR_NOACK
}
