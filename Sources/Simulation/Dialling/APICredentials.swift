import Call

/// What a simulated REST API takes as proof, by the environment names that a server knows it by. What is not set may be anything of the
/// right shape.
public struct APICredentials: Sendable {
    var twilioAccount: Secret?
    var twilioToken: Secret?
    var twilioKey: Secret?
    var twilioKeySecret: Secret?
    var telnyxKey: Secret?
    var telnyxConnection: Secret?
    var plivoID: Secret?
    var plivoToken: Secret?
    var exotelAccount: Secret?
    var exotelKey: Secret?
    var exotelToken: Secret?
    var vonageApplication: Secret?
    /// PEM; line ends may be written `\n`.
    var vonagePrivateKey: Secret?

    public init(_ environment: [String: String] = [:]) {
        func value(_ name: String) -> Secret? { environment[name].flatMap { $0.isEmpty ? nil : Secret($0) } }
        twilioAccount = value("TWILIO_ACCOUNT_SID")
        twilioToken = value("TWILIO_AUTH_TOKEN")
        twilioKey = value("TWILIO_API_KEY")
        twilioKeySecret = value("TWILIO_API_SECRET")
        telnyxKey = value("TELNYX_API_KEY")
        telnyxConnection = value("TELNYX_CONNECTION_ID")
        plivoID = value("PLIVO_AUTH_ID")
        plivoToken = value("PLIVO_AUTH_TOKEN")
        exotelAccount = value("EXOTEL_ACCOUNT_SID")
        exotelKey = value("EXOTEL_API_KEY")
        exotelToken = value("EXOTEL_API_TOKEN")
        vonageApplication = value("VONAGE_APPLICATION_ID")
        vonagePrivateKey = value("VONAGE_PRIVATE_KEY").map { Secret($0.exposed.replacing(#"\n"#, with: "\n")) }
    }
}

extension Optional where Wrapped == Secret {
    /// Whether this is the secret, or none is known.
    func admits(_ text: String) -> Bool { self.map { $0.exposed == text } ?? !text.isEmpty }
}
