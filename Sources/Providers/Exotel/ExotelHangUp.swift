import Call

/// Exotel's REST API has no call that ends one: closing the socket ends the applet, and with it the flow.
extension ExotelDialect {
    public func hangUp(
        _ stream: StreamStart, _ settings: ProviderSettings, _ cryptography: any Cryptography, unixTime: Int64
    ) -> HTTPRequest? { nil }

    /// Never asked, because ``hangUp(_:_:_:unixTime:)`` makes no request.
    public func outcome(ofHangUp response: HTTPResponse) -> HangUpOutcome { .failed("Exotel has no hang-up request") }
}
