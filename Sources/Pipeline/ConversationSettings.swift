import Audio

/// How a call listens to its caller: what counts as a turn, what interrupts the bot, when the caller is not heard, how long is waited.
public struct ConversationSettings: Sendable {
    /// When a voice begins and ends a turn; `nil`: nothing listens for a voice, and turns begin by words alone.
    public var times: UserTurn.Times? = UserTurn.Times()
    /// What hears the voice. Each call gets a copy.
    public var detector: any VoiceActivityDetector = BandEnergyDetector()
    public var bargeIn = BargeIn.Rules()
    /// When the caller is not heard; any of them.
    public var mutes: [UserMute.Rule] = []
    /// A mute holds back keys too.
    public var mutesKeys = false
    /// When the bot is told that the caller does nothing, and when the call ends for it; `nil` for never.
    public var idle = UserIdleProcessor.Times()
    /// Keys are looked for in the audio too. Off by default: all but a few providers report them.
    public var hearsInBandKeys = false

    public init() {}

    /// What stands before a bot's own processors, in this order. Keys are found before a mute, which decides about them; the mute comes
    /// before the voice, so that a turn that it cut off is over behind it.
    public func processors() -> [any Processor] {
        var processors: [any Processor] = []
        if hearsInBandKeys { processors.append(InBandKeys()) }
        if !mutes.isEmpty { processors.append(UserMute(mutes, holdsKeys: mutesKeys)) }
        if let times { processors.append(VoiceActivity(detector: detector, times: times)) }
        processors.append(BargeIn(bargeIn, stop: (times ?? UserTurn.Times()).stop))
        if idle != UserIdleProcessor.Times() { processors.append(UserIdleProcessor(idle)) }
        return processors
    }
}
