import Audio
import Bots
import Call
import Pipeline
import Synchronization

/// Holds what a bot was told.
final class CallBox: Sendable {
    private let held = Mutex<CallInfo?>(nil)
    var call: CallInfo? {
        get { held.withLock(\.self) }
        set { held.withLock { $0 = newValue } }
    }
}

/// Tells the test about its call and says nothing.
struct SpyBot: Bot {
    var name = "spy"
    let box: CallBox

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        box.call = call
        return BotPipeline([])
    }
}

/// Says half a second of silence and ends the call.
struct GoodbyeBot: Bot {
    let name = "goodbye"

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { BotPipeline([Goodbye()]) }

    struct Goodbye: Processor {
        mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
            context.push(frame, direction)
            guard case .start = frame.content else { return }
            context.push(.outputAudioRaw(.silence(milliseconds: 50, rate: .hz8000)))
            context.push(.end(.completed))
        }
    }
}
