/// How long each step of a transfer may take.
struct TransferLimits: Sendable {
    /// From the provider's yes to its request for the document that dials. Providers ask at once; their own time-outs and one retry are over by then.
    var document = Duration.seconds(20)
    /// From the document to the end of the stream, if the provider leaves that to us (Vonage may).
    var streamEnd = Duration.seconds(3)
    /// What the provider may take beyond the ringing and the talk until it asks what to do next.
    var grace = Duration.seconds(60)
    /// From the answer that opens a new stream to that stream: the token is worth nothing after it.
    var comeback = Duration.seconds(StreamToken.lifetime + 10)
}
