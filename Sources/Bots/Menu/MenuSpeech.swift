import Audio
import Call
import Pipeline

/// Says one prompt: hands it over piece by piece, so that playout's queue never overflows and an interruption drops little.
struct MenuSpeech {
    /// Most of the prompt that is handed over ahead of the clock. Playout holds thirty seconds; a prompt may be longer.
    static let ahead = Duration.seconds(5)
    /// How often more of it is handed over.
    static let step = Duration.seconds(1)
    /// From the moment at which all should have played to the moment at which it counts as heard even if nobody says so. Covers the
    /// longest confirmation that playout waits for, and as much again.
    static let confirmation = Duration.seconds(2)
    /// The last word cannot have been heard earlier than so long before the clock says: then it is another utterance's.
    private static let early = Duration.milliseconds(100)

    private let parts: [PCM16]
    let isInterruptible: Bool
    /// Begins anew when it is over.
    private let repeats: Bool
    private let since: Moment
    private var part = 0
    /// Samples of the part that were handed over.
    private var sample = 0
    /// Playing time of what was handed over. Units: nanoseconds.
    private var handed: Int64 = 0
    private(set) var isHandedOver: Bool

    /// Hands over the first of it.
    init(
        _ prompt: MenuPrompt, isInterruptible: Bool = true, repeats: Bool = false, _ context: inout ProcessorContext
    ) {
        parts = prompt.parts.filter { !$0.samples.isEmpty }
        self.isInterruptible = isInterruptible
        self.repeats = repeats && !parts.isEmpty
        since = context.now
        isHandedOver = parts.isEmpty
        guard !isHandedOver else { return }
        push(.ttsStarted, &context)
        goOn(&context)
    }

    /// When there is more to hand over; `nil` when there is not.
    var wake: Moment? { isHandedOver ? nil : since + .nanoseconds(handed) - (Self.ahead - Self.step) }

    /// When the last sample will have played, by the clock. Of no use before everything was handed over.
    var end: Moment { since + .nanoseconds(handed) }

    /// When it counts as heard even if nobody says so.
    var heardAt: Moment { handed == 0 ? since : end + Self.confirmation }

    /// Whether a word that the caller has heard the bot's last sound can mean this prompt.
    func mayBeHeard(at now: Moment) -> Bool { isHandedOver && now >= end - Self.early }

    /// Hands over what is due.
    mutating func goOn(_ context: inout ProcessorContext) {
        let due = (context.now - since + Self.ahead).nanoseconds
        while !isHandedOver, handed < due { handOverPiece(&context) }
    }

    private mutating func handOverPiece(_ context: inout ProcessorContext) {
        let audio = parts[part]
        let last = min(sample + audio.rate.samples(inMilliseconds: Int(Self.step.milliseconds)), audio.samples.count)
        let piece = PCM16(samples: Array(audio.samples[sample..<last]), rate: audio.rate)
        handed += piece.nanoseconds
        push(.outputAudioRaw(piece), &context)
        sample = last
        guard sample == audio.samples.count else { return }
        sample = 0
        part += 1
        guard part == parts.count else { return }
        part = 0
        guard !repeats else { return }
        isHandedOver = true
        push(.ttsStopped, &context)
    }

    private func push(_ content: Frame.Content, _ context: inout ProcessorContext) {
        context.push(Frame(content, isInterruptible: isInterruptible))
    }
}
