import Pipeline

/// How calls listen to their callers where the bot does not say.
public struct ConversationDefaults: Sendable {
    /// Whether a voice is listened for in every call.
    public var hearsVoice = false
    /// Where the bot leaves it open; `times` also where it only takes keys.
    public var settings = ConversationSettings()

    /// A voice has to last a little longer while the bot speaks: most coughs with a voice in them do not (``UserTurn/Times``).
    public init() { settings.times = UserTurn.Times(startOverBot: .milliseconds(260)) }

    /// What a bot's pipeline gets.
    func completing(_ own: ConversationSettings?) -> ConversationSettings? {
        guard var own else {
            let asksForMore = settings.hearsInBandKeys || !settings.mutes.isEmpty || settings.idle != UserIdleProcessor.Times()
            guard hearsVoice || asksForMore else { return nil }
            var settings = settings
            if !hearsVoice {
                settings.times = nil
                settings.bargeIn = BargeIn.Rules(voice: false, keys: false)
            }
            return settings
        }
        if hearsVoice, own.times == nil { own.times = settings.times }
        if settings.hearsInBandKeys { own.hearsInBandKeys = true }
        return own
    }
}
