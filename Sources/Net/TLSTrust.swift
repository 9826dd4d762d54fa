import COpenSSL
import Synchronization

/// Whom clients trust: one OpenSSL context for every loop, since the system's certificates take 40 ms and 350 KiB to load.
///
/// Proof for `@unchecked Sendable`: the context is complete before it is shared; from then on loops only make sessions from it
/// (`SSL_new`), which OpenSSL counts and locks itself.
final class TLSTrust: @unchecked Sendable {
    let context: OpaquePointer

    private static let system = Mutex<TLSTrust?>(nil)

    /// The system's certificates, and those of a PEM file.
    ///
    /// - Throws: ``NetError/system(_:)`` when the file holds no certificate.
    static func make(extraCAFile: String?) throws(NetError) -> TLSTrust {
        if let extraCAFile { return try TLSTrust(extraCAFile) }
        return try system.withLock { known throws(NetError) in
            if let known { return known }
            let made = try TLSTrust(nil)
            known = made
            return made
        }
    }

    private init(_ extraCAFile: String?) throws(NetError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .system("OpenSSL made no client context") }
        self.context = context
        SSL_CTX_set_default_verify_paths(context)
        _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        guard let extraCAFile else { return }
        guard SSL_CTX_load_verify_locations(context, extraCAFile, nil) == 1 else {
            throw .system(
                "no certificates in \(extraCAFile): give a PEM file of the CA that clients should trust besides the system's")
        }
    }

    deinit { SSL_CTX_free(context) }
}
