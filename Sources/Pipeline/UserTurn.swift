import Audio
import Call

/// When the caller's turn begins and ends, from what a voice activity detector says of each 20 ms.
public struct UserTurn: Sendable {
    public enum Change: Equatable, Sendable { case started, stopped }

    /// How long somebody must speak and be silent.
    public struct Times: Equatable, Sendable {
        /// Shorter sounds (a cough, a click) begin no turn. Pipecat's `start_secs`.
        public var start: Duration
        /// Shorter pauses end no turn. Pipecat's `stop_secs` is 0.2 s where a model of speech decides about the turn's end, and was
        /// 0.8 s before it had one; nothing here stands behind it.
        public var stop: Duration
        /// In place of `start` while the bot speaks, so that it is not interrupted as easily as it is answered; `nil` for `start`.
        ///
        /// Measured on the scenes of `Scripts/voices` at -25 dBFS: of 192 coughs with a voice in them 69 interrupt at 200 ms, 8 at 260 and
        /// none at 300; of 126 phrases longer than 300 ms none, 1 and 1 to 3 fail to. A reversible ``BargeIn`` is silent meanwhile.
        public var startOverBot: Duration?

        public init(
            start: Duration = .milliseconds(200), stop: Duration = .milliseconds(800), startOverBot: Duration? = nil
        ) {
            self.start = start
            self.stop = stop
            self.startOverBot = startOverBot
        }
    }

    private enum State: Sendable {
        case quiet
        /// Speech for so long. Units: nanoseconds.
        case starting(Int64)
        /// A turn, with silence for so long.
        case speaking(silence: Int64)
    }

    private static let reading = Int64(VoiceReading.milliseconds) * 1_000_000

    private let start: Int64
    private let startOverBot: Int64
    private let stop: Int64
    private var state = State.quiet

    /// - Parameter times: negative ones count as 0.
    public init(_ times: Times = Times()) {
        start = max(times.start.nanoseconds, 0)
        startOverBot = max((times.startOverBot ?? times.start).nanoseconds, 0)
        stop = max(times.stop.nanoseconds, 0)
    }

    public var isSpeaking: Bool {
        if case .speaking = state { true } else { false }
    }

    /// How much more silence ends the turn; `nil` outside one.
    public var silenceToStop: Duration? {
        if case .speaking(let silence) = state { .nanoseconds(max(stop - silence, 0)) } else { nil }
    }

    /// - Parameter overBot: whether the bot speaks meanwhile.
    /// - Returns: what the reading changed.
    public mutating func add(_ reading: VoiceReading, overBot: Bool = false) -> Change? {
        guard reading.isSpeech else { return addSilence(nanoseconds: Self.reading) }
        switch state {
        case .quiet, .starting:
            var spoken: Int64 = 0
            if case .starting(let before) = state { spoken = before }
            // What the detector only adds to a sound that is over does not make it longer.
            if reading.confidence > 0 { spoken += Self.reading }
            guard spoken >= (overBot ? startOverBot : start) else {
                state = .starting(spoken)
                return nil
            }
            state = .speaking(silence: 0)
            return .started
        case .speaking:
            guard reading.confidence > 0 else { return addSilence(nanoseconds: Self.reading) }
            state = .speaking(silence: 0)
            return nil
        }
    }

    /// A gap in the stream is silence of its length.
    public mutating func addSilence(_ length: Duration) -> Change? { addSilence(nanoseconds: max(length.nanoseconds, 0)) }

    private mutating func addSilence(nanoseconds: Int64) -> Change? {
        switch state {
        case .quiet: return nil
        case .starting:
            state = .quiet
            return nil
        case .speaking(let silence):
            let (sum, overflow) = silence.addingReportingOverflow(nanoseconds)
            guard overflow || sum >= stop else {
                state = .speaking(silence: sum)
                return nil
            }
            state = .quiet
            return .stopped
        }
    }
}
