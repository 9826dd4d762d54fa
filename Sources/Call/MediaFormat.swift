import Audio

/// How samples are spelt on a provider's wire.
public enum MediaEncoding: String, Hashable, Sendable {
    /// ITU-T G.711 mu-law, one byte a sample.
    case muLaw = "mu-law"
    /// ITU-T G.711 A-law, one byte a sample.
    case aLaw = "A-law"
    /// 16-bit signed linear, little-endian.
    case linear16 = "PCM16"
    /// 16-bit signed linear, big-endian (RFC 3551 L16).
    case linear16BigEndian = "PCM16 big-endian"

    /// Units: bytes.
    public var bytesPerSample: Int { self == .muLaw || self == .aLaw ? 1 : 2 }
}

/// One direction of a media stream: encoding and rate, always mono.
public struct MediaFormat: Hashable, Sendable, CustomStringConvertible {
    public let encoding: MediaEncoding
    public let rate: SampleRate

    public init(_ encoding: MediaEncoding, _ rate: SampleRate) {
        self.encoding = encoding
        self.rate = rate
    }

    /// What Twilio always speaks, and most legs of the others.
    public static let muLaw8000 = MediaFormat(.muLaw, .hz8000)

    public var description: String { "\(rate.hertz) \(encoding.rawValue)" }
}
