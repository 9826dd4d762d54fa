import Audio
import Bots
import Call
import Pipeline
import Providers
import SpeexAudio
import Wire

extension FuzzTarget {
    /// A whole call: any provider's messages, waits and closes in any order, answered by the echo or the drill.
    ///
    /// - Shape of an input: the first line holds the bot and its options as a form (`bot=drill&greet=4`), the rest is a ``Conversation``.
    static let call = FuzzTarget(
        name: "call",
        seeds: {
            let bots = [
                "bot=echo", "bot=echo&delay_ms=250&pipeline_rate=24000", "bot=drill", "bot=drill&then=resume&hang_up=after_reply",
                "bot=drill&then=restart&keys=repeat&interrupt=speech&greet=4000", "bot=drill&hang_up=after_greeting&greet=2",
            ]
            let calls = Provider.all.flatMap { Fixtures.conversations($0.name.text) }
            return calls.enumerated().map { Array(bots[$0.offset % bots.count].utf8) + [0x0A] + $0.element }
                + Fixtures.findings("call")
        },
        words: Provider.all.flatMap { StreamWords.of($0.name.text) } + [
            "\n. 300", "\n! 400", "\nc 1000", "\nc", "\nx", "\ni", "then=resume", "then=restart", "keys=repeat", "greet=0",
            "greet=40000",
            "hang_up=on_pound", "delay_ms=10000", "pipeline_rate=48000", "trunkline-end", "s0", "s1",
        ], longest: 16_384
    ) { bytes in
        let first = bytes.prefix { $0 != 0x0A }
        var run = CallRun(options: (try? FormEncoding.fields(Array(first).span)) ?? [])
        for event in Conversation(Array(bytes.dropFirst(first.count))).events { run.happen(event) }
        run.finish()
    }
}

/// One call on virtual time, and what must hold of it.
private struct CallRun: ~Copyable {
    private var call: LocalCall
    private var now = Moment.zero
    private var buffer = MessageBuffer()
    private var word: Termination?
    private var hangUps = 0
    private var isDrill = false

    init(options: [FormEncoding.Field]) {
        let query = Dictionary(options.map { ($0.name, $0.value) }) { $1 }
        isDrill = query["bot"] == "drill"
        let bot: any Bot = isDrill ? DrillBot() : EchoBot()
        call = LocalCall(dialects: Provider.all, resamplers: SpeexResamplerFactory(), at: .zero) { start in
            let info = CallInfo(id: "1", stream: start, query: query, bot: bot.name)
            do throws(BotError) { return .admitted(info, try bot.pipeline(for: info)) } catch {
                return .refused(.refused, reason: error.description)
            }
        }
        drain()
    }

    mutating func happen(_ event: Conversation.Event) {
        switch event {
        case .message(let bytes, let kind): call.receive(bytes.span, kind, at: now)
        case .pass(let duration): return pass(duration)
        case .stall(let duration): now = now + duration
        case .close(let code): call.handle(.closed(code: code), at: now)
        case .cancel: call.handle(.cancel(.canceled), at: now)
        case .interrupt: call.handle(.push(Frame(.interruption)), at: now)
        }
        drain()
    }

    /// The socket is gone at last: the call must be over.
    mutating func finish() {
        happen(.close(nil))
        expect(word != nil, "a call whose socket is gone is not over")
        expect(call.wake == nil, "a call that is over wants to be woken")
        expect(hangUps <= 1, "a call was hung up \(hangUps) times")
    }

    private mutating func pass(_ duration: Duration) {
        let end = now + duration
        while let wake = call.wake, wake <= end {
            now = max(now, wake)
            call.handle(.tick, at: now)
            drain()
        }
        now = end
        call.handle(.tick, at: now)
        drain()
    }

    private mutating func drain() {
        while let output = call.poll(at: now, into: &buffer) {
            switch output {
            case .send:
                expect(word == nil, "a message was sent after the call was over")
                checkMessage()
            case .close: expect(word == nil, "a socket was closed after the call was over")
            case .hangUp: hangUps += 1
            case .log, .event: break
            case .finished(let termination):
                expect(word == nil, "a call was over twice")
                word = termination
            }
        }
        if let wake = call.wake { expect(wake > now, "an idle call wants to be woken in the past") }
        if isDrill { expect(call.counters.droppedSamples == 0, "the drill said more than playout holds") }
    }

    private func checkMessage() {
        expect(buffer.count > 0, "an empty message was sent")
        guard buffer.kind == .text else { return }
        var scanner = JSONScanner()
        let message = buffer.message
        expect((try? scanner.scanObject(message.span)) != nil, "a message that was sent is no JSON object")
    }
}
