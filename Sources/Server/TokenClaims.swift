import Call
import Wire

/// What a token says of the outbound call that it belongs to, so that any replica can take its stream. Never numbers.
struct DialledClaim: Sendable, Equatable {
    /// How long the token of a call that is being placed outlives the ringing. Units: seconds.
    static let grace: Int64 = 120

    /// Our id of the call.
    let id: String
    var body: JSONValue?
    let machineDetection: MachineDetection
}

/// What a token says of a transfer, so that any replica can take its caller back. Never numbers.
struct TransferClaim: Sendable, Equatable {
    /// The place is in the address of the document, of which Plivo and Vonage take 2,048 bytes. Units: bytes.
    static let longestPlace = 256

    /// Our id of the call.
    let call: String
    /// Where the bot goes on.
    let place: String
    /// How the dial failed, in the token of the new stream.
    var outcome: DialEnd?
}
