import Audio
import Call

/// A provider whose side of a media stream can be played.
public enum PlayedProvider: String, CaseIterable, Sendable {
    case twilio, telnyx, plivo, exotel, vonage

    public var name: ProviderName { ProviderName(rawValue) }

    /// What the provider speaks when nobody asks for anything else.
    public var usualFormat: MediaFormat {
        switch self {
        case .twilio, .telnyx, .plivo: .muLaw8000
        case .exotel: MediaFormat(.linear16, .hz8000)
        case .vonage: MediaFormat(.linear16, .hz16000)
        }
    }

    /// How much of the caller's audio one message carries. Units: milliseconds.
    public var packetMilliseconds: Int { self == .exotel ? 100 : 20 }

    /// Whether the provider documents the format for media streams.
    ///
    /// Telnyx does not say in which byte order L16 travels, so both count.
    public func speaks(_ format: MediaFormat) -> Bool {
        let isNarrow = format.rate == .hz8000
        let isUsualLinear = format.encoding == .linear16 && [.hz8000, .hz16000, .hz24000].contains(format.rate)
        return switch self {
        case .twilio: format == .muLaw8000
        case .telnyx:
            switch format.encoding {
            case .muLaw, .aLaw: isNarrow
            case .linear16, .linear16BigEndian: [.hz8000, .hz16000, .hz22050, .hz24000, .hz48000].contains(format.rate)
            }
        case .plivo: format == .muLaw8000 || isUsualLinear
        case .exotel, .vonage: isUsualLinear
        }
    }

    func makeDialect(_ identity: CallIdentity, _ options: SimulationOptions) -> any SimulatedDialect {
        switch self {
        case .twilio: TwilioDialect(identity)
        case .telnyx: TelnyxDialect(identity, options)
        case .plivo: PlivoDialect(identity, options)
        case .exotel: ExotelDialect(identity, options)
        case .vonage: VonageDialect(identity, options)
        }
    }
}

/// The format is none that the provider documents for media streams.
public struct UnsupportedFormat: Error, Equatable, CustomStringConvertible {
    public let provider: PlayedProvider
    public let format: MediaFormat

    public init(provider: PlayedProvider, format: MediaFormat) {
        self.provider = provider
        self.format = format
    }

    public var description: String { "\(provider.rawValue) does not stream \(format)" }
}
