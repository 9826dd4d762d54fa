import Call

/// By what right a media socket was let in.
enum Admission: Sendable {
    case token(StreamToken)
    /// The upgrade carried this provider's proof.
    case signed(ProviderName)
    /// From this machine, with nothing in between.
    case loopback

    /// The outbound call of the stream.
    var dialled: DialledClaim? {
        switch self {
        case .token(let token): token.dialled
        case .signed, .loopback: nil
        }
    }

    /// The transfer from which the caller comes back.
    var transfer: TransferClaim? {
        switch self {
        case .token(let token): token.transfer
        case .signed, .loopback: nil
        }
    }

    var provider: ProviderName? {
        switch self {
        case .token(let token): token.provider
        case .signed(let name): name
        case .loopback: nil
        }
    }
}
