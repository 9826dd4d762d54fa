import Call

/// How long a call may do what. Each is a setting of the server; the defaults and their reasons are here.
public struct CallLimits: Sendable {
    /// From the opened socket to an accepted `start`. Providers send it within one round trip; ten seconds outlives a lost packet.
    public var start = Duration.seconds(10)
    /// With no speech either way and no key. Pipecat's default, so that a forgotten call does not cost until the next morning.
    public var idle = Duration.seconds(300)
    /// Longest call. The shortest maximum among the providers (Telnyx, Plivo, Exotel: four hours).
    public var duration = Duration.seconds(4 * 3_600)
    /// From the moment at which everything has played by our clock to the provider's word that it has. Covers the provider's jitter
    /// buffer and one round trip; a provider that never answers costs the call no more.
    public var confirmation = Duration.seconds(1)

    public init() {}
}

/// What happened in a call, in numbers.
public struct CallCounters: Equatable, Sendable {
    /// Messages from the provider that broke its protocol.
    public var brokenMessages = 0
    /// Messages that carried the caller's audio.
    public var mediaIn = 0
    /// Audio messages sent.
    public var mediaOut = 0
    /// Keys pressed by the caller.
    public var keys = 0
    /// Interruptions that reached playout.
    public var interruptions = 0
    /// Errors that the provider reported about our messages.
    public var providerErrors = 0
    /// Samples dropped because the bot was too far ahead.
    public var droppedSamples = 0

    public init() {}
}
