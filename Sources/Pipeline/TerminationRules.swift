import Call

extension Termination {
    /// Whether the paid leg may still be up when a call ends with this word, so that it has to be ended by REST.
    var endsPaidLeg: Bool {
        switch self {
        case .callerHungUp, .transferred, .noStart, .refused: false
        case .completed, .connectionLost, .canceled, .idleTimeout, .maximumDuration, .protocolViolation, .peerTooSlow, .shutdown,
            .botFailed:
            true
        }
    }

    /// RFC 6455 §7.4.1.
    var closeCode: UInt16 {
        switch self {
        case .completed, .callerHungUp, .transferred, .connectionLost, .canceled, .idleTimeout, .maximumDuration: 1000
        case .shutdown: 1001
        case .noStart, .refused, .protocolViolation, .peerTooSlow: 1008
        case .botFailed: 1011
        }
    }
}
