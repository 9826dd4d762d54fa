import Call

/// What answers a simulated call without a socket: an engine in the same process, or what a test puts in its place.
///
/// After each thing it is told, ``poll(at:into:)`` until it is idle, and again at the moment it names.
public protocol FarEnd {
    /// One whole message of the provider's.
    mutating func receive(_ message: Span<UInt8>, _ kind: MessageKind, at now: Moment)
    /// The provider closed the connection; `nil` when it broke without a close frame.
    mutating func connectionClosed(code: UInt16?, at now: Moment)
    mutating func poll(at now: Moment, into message: inout MessageBuffer) -> FarEndOutput
}

public enum FarEndOutput: Equatable, Sendable {
    /// Send the message in the buffer to the provider.
    case send
    /// The far end closes the connection.
    case close
    case idle(wake: Moment?)
}
