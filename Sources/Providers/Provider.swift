/// The providers that Trunkline speaks with. This is the only list of them.
public enum Provider {
    public static let all: [any ProviderDialect] = [
        TwilioDialect(), TelnyxDialect(), PlivoDialect(), ExotelDialect(), VonageDialect(),
    ]
}
