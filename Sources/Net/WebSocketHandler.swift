import Call

/// What a program does with one WebSocket. Called on the loop's thread only.
public protocol WebSocketHandler: AnyObject {
    /// The handshake is done; messages may be sent. Not called when a client's connection fails.
    func opened(_ socket: WebSocket)

    /// One whole message of at most ``WebSocket/messageLimit`` bytes. The bytes stand in the receive buffer and are valid during the
    /// call. Text is not checked to be UTF-8.
    func received(_ message: Span<UInt8>, _ kind: MessageKind)

    /// The end, exactly once: after it nothing is called.
    ///
    /// - Parameter code: the code of the close frame that the peer sent, or of ours; `nil` without one.
    func closed(code: UInt16?, _ cause: CloseCause)
}

/// Why a WebSocket ended.
public enum CloseCause: Equatable, Sendable {
    /// The peer sent a close frame, with these words.
    case peer(reason: String)
    /// ``WebSocket/close(code:reason:)``, or the loop's stop.
    case local
    /// The connection broke without a close frame.
    case lost
    /// The peer took our messages too slowly: ``WebSocket/queueLimit`` was reached.
    case tooSlow
    /// A client's connection was never made.
    case failed(NetError)
}
