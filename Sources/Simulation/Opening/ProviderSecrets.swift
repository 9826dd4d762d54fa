import Call
import Wire

/// The secrets with which the real provider would sign, by the environment names that a server knows them by.
public struct ProviderSecrets: Sendable {
    var twilioAuthToken: Secret?
    /// Ed25519 seed, 32 bytes.
    var telnyxSeed: Redacted<[UInt8]>?
    var telnyxStreamToken: Secret?
    var plivoAuthToken: Secret?
    /// `user:password`.
    var exotelStream: Secret?
    var vonageSignatureSecret: Secret?
    var vonageApplicationID = "00000000-0000-4000-8000-000000000001"

    /// A secret that cannot be used. Never shows it.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    public init() {}

    /// - Parameter environment: `TWILIO_AUTH_TOKEN`, `PLIVO_AUTH_TOKEN`, `VONAGE_SIGNATURE_SECRET`, `VONAGE_APPLICATION_ID`,
    ///   `EXOTEL_STREAM_USER`, `EXOTEL_STREAM_PASSWORD`, `TELNYX_STREAM_AUTH_TOKEN`, as a server reads them; and `TELNYX_PRIVATE_KEY`, which
    ///   only a simulator has: the base64 of the 32-byte Ed25519 seed whose public half is the server's `TELNYX_PUBLIC_KEY`.
    public init(_ environment: [String: String]) throws(Fault) {
        func secret(_ name: String) -> Secret? { environment[name].flatMap { $0.isEmpty ? nil : Secret($0) } }
        twilioAuthToken = secret("TWILIO_AUTH_TOKEN")
        plivoAuthToken = secret("PLIVO_AUTH_TOKEN")
        vonageSignatureSecret = secret("VONAGE_SIGNATURE_SECRET")
        telnyxStreamToken = secret("TELNYX_STREAM_AUTH_TOKEN")
        if let id = secret("VONAGE_APPLICATION_ID") { vonageApplicationID = id.exposed }
        let user = secret("EXOTEL_STREAM_USER"), password = secret("EXOTEL_STREAM_PASSWORD")
        if user != nil || password != nil { exotelStream = Secret("\(user?.exposed ?? ""):\(password?.exposed ?? "")") }
        if let text = secret("TELNYX_PRIVATE_KEY") {
            guard let seed = Base64.lenientBytes(text.exposed), seed.count == 32 else {
                throw Fault(
                    description:
                        "TELNYX_PRIVATE_KEY is not the base64 of a 32-byte Ed25519 seed; make one with head -c 32 /dev/urandom | base64"
                )
            }
            telnyxSeed = Redacted(seed)
        }
    }
}

/// Whether the simulator signs what it sends.
public enum Signing: String, CaseIterable, Sendable {
    /// With the secrets that are there.
    case on
    /// Not at all.
    case off
    /// With secrets that nobody has.
    case wrong
}
