import Call

/// Gathers the keys that a caller presses into one text, as Pipecat's `DTMFAggregator` does.
///
/// Each key is passed on first. The first of an entry interrupts the bot. An entry is over at the terminator, which is part of it,
/// after a time without a key, at an interruption from elsewhere and at the end of the call; then it is pushed as a final
/// `transcription`, so that it counts as something the caller said. An interruption with a key right behind it is that key's own
/// (``BargeIn``) and ends no entry. A `cancel` drops what was pressed: nothing is handed on after it.
public struct DTMFAggregator: Processor {
    /// Most keys of one entry; with it the entry is over. A card number and its date have 23.
    public static let mostKeys = 64

    private let timeout: Interval
    private let terminator: KeypadEntry
    private let prefix: String
    private var keys = ""

    public init(timeout: Duration = .seconds(2), terminator: KeypadEntry = .pound, prefix: String = "DTMF: ") {
        self.timeout = Interval(timeout)
        self.terminator = terminator
        self.prefix = prefix
    }

    public mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if case .inputDTMF(let key) = frame.content, direction == .downstream {
            context.push(frame)
            add(key, &context)
        } else if case .interruption = frame.content {
            context.push(frame, direction)
            // Behind all that comes with the interruption.
            if !keys.isEmpty { context.wake(at: context.now) }
        } else {
            if case .end = frame.content, direction == .downstream { flush(&context) }
            context.push(frame, direction)
        }
    }

    public mutating func wake(_ context: inout ProcessorContext) { flush(&context) }

    private mutating func add(_ key: KeypadEntry, _ context: inout ProcessorContext) {
        if keys.isEmpty { context.broadcastInterruption() }
        keys += key.rawValue
        if key == terminator || keys.utf8.count >= Self.mostKeys {
            flush(&context)
        } else {
            context.wake(at: context.now.after(timeout))
        }
    }

    private mutating func flush(_ context: inout ProcessorContext) {
        guard !keys.isEmpty else { return }
        context.push(.transcription(Transcription(prefix + keys)))
        keys = ""
        context.wake(at: nil)
    }
}
