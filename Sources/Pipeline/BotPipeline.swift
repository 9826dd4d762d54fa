import Audio

/// What a bot brings to one call.
public struct BotPipeline {
    public var processors: [any Processor]
    public var observers: [any PipelineObserver]
    /// Rate at which the processors want the caller's audio; `nil` for the rate of the stream, which costs no conversion.
    public var inputRate: SampleRate?

    public init(_ processors: [any Processor], inputRate: SampleRate? = nil, observers: [any PipelineObserver] = []) {
        self.processors = processors
        self.observers = observers
        self.inputRate = inputRate
    }
}
