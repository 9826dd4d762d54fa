import Call

/// What the owner of a pipeline wants to be told, in Pipecat's words (`on_pipeline_started` …). What is `nil` is not told.
///
/// Handlers are called on the call's loop, between two frames. What they push goes in at the head downstream, at the end upstream.
public struct PipelineEvents {
    public typealias Handler = (inout ProcessorContext) -> Void
    public typealias FrameHandler = (Frame, inout ProcessorContext) -> Void

    /// `start` has come out at the end: every processor has seen it.
    public var onPipelineStarted: FrameHandler?
    /// `end` or `cancel` has come out at the end. Told once; nothing is told after it.
    public var onPipelineFinished: FrameHandler?
    /// `start` has not come out in ``PipelineWorker/Params/startTimeout``. The call is canceled.
    public var onPipelineTimeout: Handler?
    /// An `error` has come out at the head or at the end.
    public var onPipelineError: FrameHandler?
    public var onIdleTimeout: Handler?
    public var onHeartbeatTimeout: Handler?
    /// A frame of ``reachedDownstreamFilter`` has come out at the end.
    public var onFrameReachedDownstream: FrameHandler?
    /// A frame of ``reachedUpstreamFilter`` has come out at the head.
    public var onFrameReachedUpstream: FrameHandler?
    public var reachedDownstreamFilter: FrameKinds = []
    public var reachedUpstreamFilter: FrameKinds = []

    public init() {}
}
