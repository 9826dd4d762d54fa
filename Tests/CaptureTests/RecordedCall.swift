import Audio
import Bots
import Call
import Capture
import Pipeline
import Providers
import SpeexAudio
import Wire

/// A Twilio call as a stranger's client would place it, and the ways to have it answered.
enum RecordedCall {
    static let streamID = "MZ00000000000000000000000000000007"

    static func header(_ bot: String = "echo", query: [String: JSONValue] = [:], audio: CaptureHeader.AudioKept = .full)
        -> CaptureHeader
    {
        CaptureHeader(
            provider: ProviderName("twilio"), startedAt: 1_893_456_000_000_000, inbound: .muLaw8000, outbound: .muLaw8000, bot: bot,
            build: "test", audio: audio, call: .object(["query": .object(query)]))
    }

    /// Greeting, start, media of each 20 ms whose every packet is another one, keys, and `stop` with a close.
    ///
    /// - Parameters:
    ///   - keys: presses by their time in milliseconds.
    ///   - jitter: when a packet comes after its time. Units: microseconds.
    static func inbound(
        milliseconds: Int, keys: [Int: String] = [:], jitter: (Int) -> Int64 = { _ in 0 }
    ) -> [CaptureEntry] {
        var chance = SplitMix64(state: 11)
        var entries = [
            text(at: 900, #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#),
            text(
                at: 1_100,
                #"{"event":"start","sequenceNumber":"1","streamSid":"\#(streamID)","start":{"accountSid":"AC07","streamSid":"\#(streamID)","callSid":"CA07","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}}}"#
            ),
        ]
        for packet in 0..<(milliseconds / 20) {
            let time = Int64(packet + 1) * 20_000 + 1_500
            let bytes = (0..<160).map { _ in UInt8(truncatingIfNeeded: chance.next() >> 32) }
            entries.append(
                text(
                    at: time + jitter(packet),
                    #"{"event":"media","sequenceNumber":"\#(packet + 2)","streamSid":"\#(streamID)","media":{"track":"inbound","chunk":"\#(packet + 1)","timestamp":"\#(packet * 20)","payload":"\#(Base64.text(bytes))"}}"#
                ))
            if let key = keys[packet * 20] {
                entries.append(
                    text(
                        at: time + 700,
                        #"{"event":"dtmf","sequenceNumber":"0","streamSid":"\#(streamID)","dtmf":{"track":"inbound_track","digit":"\#(key)"}}"#
                    ))
            }
        }
        let end = Int64(milliseconds) * 1_000 + 60_000
        entries.append(text(at: end, #"{"event":"stop","streamSid":"\#(streamID)","stop":{"callSid":"CA07"}}"#))
        entries.append(CaptureEntry(at: end + 400, .inward, .close(code: 1000)))
        let order = entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
        return order.map { entries[$0] }
    }

    private static func text(at time: Int64, _ text: String) -> CaptureEntry {
        CaptureEntry(at: time, .inward, .json(Array(text.utf8)))
    }

    static let bots = BotCatalog.builtIn.adding(PromptBot())

    static func answer(_ call: CallInfo) -> CallInput {
        guard let bot = bots[call.bot], let pipeline = try? bot.pipeline(for: call) else {
            return .refused(.botFailed, reason: "no such bot")
        }
        return .admitted(call, pipeline)
    }

    static func replay(_ capture: Capture, bot: String? = nil, answer: @escaping Replay.Answer = answer) -> Capture {
        Replay.run(capture, bot: bot, dialects: Provider.all, resamplers: SpeexResamplerFactory(), answer: answer).capture
    }

    /// What a call of the prompt bot looks like, with a key in the middle of its second prompt.
    static func prompts() -> Capture {
        replay(Capture(header: header("prompt"), entries: inbound(milliseconds: 3_000, keys: [1_400: "5"])))
    }
}

/// Says half a second of sound and a mark every 700 ms, each timed from the one before; a key interrupts it.
struct PromptBot: Bot {
    let name = "prompt"
    func pipeline(for call: CallInfo) throws(BotError) -> BotPipeline { BotPipeline([Prompts()]) }
}

private struct Prompts: Processor {
    private var prompts = 0
    private var chance = SplitMix64(state: 3)

    mutating func process(_ frame: Frame, _ direction: FrameDirection, _ context: inout ProcessorContext) {
        switch frame.content {
        case .start:
            context.wake(at: context.now + .milliseconds(150))
            context.push(frame, direction)
        case .inputDTMF:
            context.broadcastInterruption()
            say(milliseconds: 100, &context)
        default: context.push(frame, direction)
        }
    }

    mutating func wake(_ context: inout ProcessorContext) {
        say(milliseconds: 500, &context)
        context.wake(at: context.now + .milliseconds(700))
    }

    private mutating func say(milliseconds: Int, _ context: inout ProcessorContext) {
        prompts += 1
        let samples = (0..<(milliseconds * 8)).map { _ in Int16(truncatingIfNeeded: chance.next() >> 48) / 4 }
        context.push(.outputAudioRaw(PCM16(samples: samples, rate: .hz8000)))
        context.push(.ttsStopped)
        context.push(.mark("prompt \(prompts)"))
    }
}
