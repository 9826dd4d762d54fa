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

    public init(
        _ processors: [any Processor], inputRate: SampleRate? = nil, isLive: Bool = false, observers: [any PipelineObserver] = []
    ) {
        self.isLive = isLive
        self.processors = processors
        self.observers = observers
        self.inputRate = inputRate
    }

    /// The same with one processor more, between the bot's own and playout: it sees all that the bot says before it is queued.
    public func appending(_ processor: any Processor) -> BotPipeline {
        var pipeline = self
        pipeline.processors.append(processor)
        return pipeline
    }
}
