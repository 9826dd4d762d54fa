import Audio
import Bots
import Call
import Pipeline

/// Says back what the caller says, twice as loud; hangs up on `#`.
struct LouderBot: Bot {
    let name = "louder"

    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline {
        BotPipeline([Gain(factor: 2), Echo(), HangUpKey()])
    }
}

/// Multiplies the caller's audio.
struct Gain: Processor {
    let factor: Int

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        guard case .inputAudioRaw(let audio) = frame.content else { return context.push(frame, direction) }
        let louder = audio.samples.map { Int16(clamping: Int($0) * factor) }
        context.push(.inputAudioRaw(PCM16(samples: louder, rate: audio.rate)))
    }
}

/// Ends the call on `#`, after everything that waits was played.
struct HangUpKey: Processor {
    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        if case .inputDTMF(.pound) = frame.content { return context.push(.end(.completed)) }
        context.push(frame, direction)
    }
}
