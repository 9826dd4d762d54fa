import Audio

/// What a bot brings to one call.
public struct BotPipeline {
    public var processors: [any Processor]
    public var observers: [any PipelineObserver]
    /// Rate at which the processors want the caller's audio; `nil` for the rate of the stream, which costs no conversion.
    public var inputRate: SampleRate?
    /// What the bot says is audio that comes at the caller's own pace (an echo, a relay): after a stall of up to
    /// ``Playout/longestStall`` it catches up, instead of staying late for the rest of the call.
    public var isLive: Bool
    /// What listens to the caller on the bot's behalf; `nil` for nothing: the bot gets the plain audio and keys.
    public var conversation: ConversationSettings?
    /// What is heard behind all that the bot says; `nil` for nothing. The server sets its own where the bot has none.
    public var background: BackgroundSounds?
    /// What is watched over and told; `nil` for nothing.
    public var worker: PipelineWorker.Params?

    public init(
        _ processors: [any Processor], inputRate: SampleRate? = nil, isLive: Bool = false, observers: [any PipelineObserver] = [],
        conversation: ConversationSettings? = nil, background: BackgroundSounds? = nil
    ) {
        self.conversation = conversation
        self.isLive = isLive
        self.background = background
        self.processors = processors
        self.observers = observers
        self.inputRate = inputRate
    }

    /// The processors of the call, in order: those of ``conversation``, then the bot's own. A call asks once, here.
    public func assembled() -> [any Processor] { (conversation?.processors() ?? []) + processors }

    /// The same with processors more before the bot's own, behind those of ``conversation``. What the bot says does not pass them.
    public func prepending(_ processors: [any Processor]) -> BotPipeline {
        var pipeline = self
        pipeline.processors = processors + pipeline.processors
        return pipeline
    }

    /// The same with one processor more, between the bot's own and playout: it sees all that the bot says before it is queued.
    public func appending(_ processor: any Processor) -> BotPipeline {
        var pipeline = self
        pipeline.processors.append(processor)
        return pipeline
    }
}
