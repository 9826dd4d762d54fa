import Call

/// Passes everything on.
public struct IdentityFilter: Processor {
    public init() {}

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        context.push(frame, direction)
    }
}

/// Passes system frames and `end` on, nothing else.
public struct NullFilter: Processor {
    public init() {}

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if frame.class == .system || frame.kind == .end { context.push(frame, direction) }
    }
}

/// Passes on the kinds that it names, system frames and `end`.
public struct FrameFilter: Processor {
    private let types: FrameKinds

    public init(types: FrameKinds) { self.types = types.union(.end) }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if frame.class == .system || types.contains(frame.kind) { context.push(frame, direction) }
    }
}

/// Passes on what a function allows. `start`, `end` and `cancel` always pass.
public struct FunctionFilter: Processor {
    private let direction: FrameDirection?
    private let filtersSystemFrames: Bool
    private let filter: (Frame) -> Bool

    /// - Parameters:
    ///   - direction: frames that go the other way pass; `nil` to filter both ways.
    ///   - filterSystemFrames: whether system frames are asked about too.
    ///   - filter: whether the frame passes.
    public init(
        direction: FrameDirection? = .downstream, filterSystemFrames: Bool = false, filter: @escaping (Frame) -> Bool
    ) {
        self.direction = direction
        filtersSystemFrames = filterSystemFrames
        self.filter = filter
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        let isAsked =
            (self.direction ?? direction) == direction && !frame.isOfLife && (filtersSystemFrames || frame.class != .system)
        if !isAsked || filter(frame) { context.push(frame, direction) }
    }
}

extension Frame {
    /// Whether it begins or ends a pipeline.
    var isOfLife: Bool { FrameKinds([.start, .end, .cancel]).contains(kind) }
}
