/// Why a call ended. Every call ends with exactly one of these words.
public enum Termination: String, Sendable, CaseIterable {
    /// The bot ended the call after everything it said was played.
    case completed
    /// The caller hung up, or the provider said that the stream is over.
    case callerHungUp = "caller-hung-up"
    /// The provider connected the caller to a telephone, and the two have talked.
    case transferred
    /// The connection broke with no word from the provider.
    case connectionLost = "connection-lost"
    /// Somebody asked for the end over the control API.
    case canceled
    /// Nobody spoke and no key was pressed for the idle time.
    case idleTimeout = "idle-timeout"
    /// The call reached its maximum duration.
    case maximumDuration = "maximum-duration"
    /// No `start` came in time.
    case noStart = "no-start"
    /// The stream was refused: bad or spent token, wrong provider, server full.
    case refused
    /// The peer broke a rule that ends the connection (a message over the limit).
    case protocolViolation = "protocol-violation"
    /// The peer did not take what we sent.
    case peerTooSlow = "peer-too-slow"
    /// The server is shutting down.
    case shutdown
    /// The bot failed.
    case botFailed = "bot-failed"
}
