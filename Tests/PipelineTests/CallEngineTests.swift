import Audio
import Bots
import Call
import Testing

@testable import Pipeline

struct CallEngineTests {
    // MARK: The first messages

    @Test
    func `the opening message admits the call and audio flows from the next message on`() {
        let run = CallRun()
        run.receive(#"{"event":"connected"}"#)
        run.receive("start")
        run.receive("audio:1,160")
        #expect(run.lines == ["admit", "audio 160"])
        #expect(run.audio == Ramp.samples(from: 1, count: 160))
    }

    @Test
    func `audio in the message that opens the stream is not swallowed`() {
        let run = CallRun()
        run.receive("start+audio")
        #expect(run.lines == ["admit", "audio 160"])
    }

    @Test
    func `audio that comes before the host has answered waits for the answer`() {
        let run = CallRun()
        run.admits = false
        run.receive("start")
        run.receive("audio:1,160")
        run.receive("junk")
        let start = StreamStart(provider: ProviderName("fake"))
        run.handle(.admitted(CallInfo(id: "1", stream: start), BotPipeline([Echo()])))
        #expect(run.audio == Ramp.samples(from: 1, count: 160))
        #expect(run.engine.counters.brokenMessages == 1)
    }

    @Test(arguments: [
        ("{", MessageKind.text), ("[]", .text), ("7", .text), ("{}", .text), (#"{"event":"media"}"#, .text),
        (#"{"event":"start"}"#, .text),
        ("\u{1}\u{2}", .binary), ("", .text),
    ])
    func `junk before the start is counted and logged and the stream goes on`(message: String, kind: MessageKind) {
        let run = CallRun()
        run.receive(message, kind)
        #expect(run.lines.count == 1 && run.lines[0].hasPrefix("log broken 1: "))
        #expect(run.engine.counters.brokenMessages == 1)
        run.receive("start")
        run.receive("audio:1,160")
        #expect(run.audio.count == 160)
        #expect(run.engine.counters.brokenMessages == 1)
    }

    @Test
    func `a greeting or an unknown event before the start is no fault`() {
        let run = CallRun()
        run.receive(#"{"event":"connected"}"#)
        run.receive(#"{"event":"brand-new","media":{}}"#)
        #expect(run.lines.isEmpty)
    }

    @Test
    func `junk in the stream is counted and logged and the stream goes on`() {
        let run = CallRun.started()
        run.receive("junk")
        run.receive("audio:1,160")
        #expect(run.lines == ["admit", "log broken 1: message is not valid JSON", "audio 160"])
    }

    @Test
    func `a second start is counted and logged and the stream goes on`() {
        let run = CallRun.started()
        run.receive("start+audio")
        #expect(run.lines == ["admit", "log broken 1: start came twice", "audio 160"])
        #expect(run.engine.counters.brokenMessages == 1)
    }

    @Test
    func `a peer that sends only junk does not fill the log`() {
        let run = CallRun.started()
        for _ in 0..<10_000 { run.receive("junk") }
        for _ in 0..<10_000 { run.receive("error:1") }
        #expect(run.engine.counters.brokenMessages == 10_000)
        #expect(run.engine.counters.providerErrors == 10_000)
        #expect(run.logs.count == 2 * (8 + 10))
    }

    @Test
    func `without a start the socket is closed after ten seconds`() {
        let run = CallRun()
        run.poll()
        #expect(run.wake == .zero + .seconds(10))
        run.advance(.milliseconds(9_999))
        #expect(run.lines.isEmpty)
        run.advance(.milliseconds(1))
        #expect(run.ending == ["close 1008 no accepted start within 10.0 seconds", "finished no-start"])
    }

    @Test
    func `a host that never answers does not keep the call for ever`() {
        let run = CallRun()
        run.admits = false
        run.receive("start")
        run.advance(.seconds(10))
        #expect(run.lines.last == "finished no-start")
    }

    @Test
    func `a refused stream is closed with the sentence and the paid leg is not ours`() {
        let run = CallRun()
        run.admits = false
        run.receive("start")
        run.handle(.refused(.refused, reason: "the token was spent"))
        #expect(run.ending == ["close 1008 the token was spent", "finished refused"])
    }

    @Test
    func `a call whose bot cannot be made is hung up`() {
        let run = CallRun()
        run.admits = false
        run.receive("start")
        run.handle(.refused(.botFailed, reason: "delay_ms must be a number"))
        #expect(run.ending == ["hangUp", "close 1011 delay_ms must be a number", "finished bot-failed"])
    }

    // MARK: Media

    @Test
    func `media that the serializer holds back is released in time`() {
        let run = CallRun.started()
        run.receive("slow")
        #expect(run.wake == .zero + .milliseconds(40))
        run.advance(.milliseconds(40))
        #expect(run.departures == [.zero + .milliseconds(40)])
    }

    @Test
    func `what is due leaves in a poll that comes without a tick`() {
        let run = CallRun.started()
        run.receive("slow")
        run.now = run.now + .milliseconds(50)
        run.poll()
        #expect(run.audio.count == 160)
    }

    @Test
    func `the bot hears the rate that it asked for and speaks at its own`() {
        let notes = Notes()
        let bot = Step { frame, _, context in
            guard case .inputAudioRaw(let audio) = frame.content else { return true }
            notes.lines.append("\(audio.rate) \(audio.samples.count)")
            context.push(.outputAudioRaw(audio))
            return false
        }
        let run = CallRun(BotPipeline([bot], inputRate: .hz16000), resamplers: FakeResamplers(delay: 0))
        run.receive("start")
        run.receive("audio:1,160")
        #expect(notes.lines == ["16000 Hz 320"])
        #expect(run.audio == Ramp.samples(from: 1, count: 160))
    }

    @Test
    func `a caller's rate that cannot be converted is logged, not lost in silence`() {
        let run = CallRun(BotPipeline([Echo()], inputRate: .hz16000), resamplers: FakeResamplers(refused: .hz16000))
        run.receive("start")
        run.receive("audio:1,160")
        #expect(run.logs == ["log bot: the caller's audio at 8000 Hz cannot be converted to 16000 Hz"])
    }

    @Test
    func `a bot's rate that cannot be converted is logged and the call goes on`() {
        let run = CallRun(resamplers: FakeResamplers(refused: .hz44100))
        run.receive("start")
        for _ in 0..<100 { run.push(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz44100))) }
        #expect(run.logs.first == "log bot: audio at 44100 Hz cannot be converted to 8000 Hz")
        #expect(run.logs.count == 8 + 3)
        run.receive("audio:1,160")
        #expect(run.audio.count == 160)
    }

    @Test
    func `a key interrupts the bot, and the clear leaves before what is said next`() {
        let bot = Step { frame, _, context in
            guard case .inputDTMF(let key) = frame.content else { return true }
            context.broadcastInterruption()
            context.push(.outputAudioRaw(PCM16(samples: Array(repeating: 7, count: 160), rate: .hz8000)))
            context.push(.outputDTMF([key]))
            return false
        }
        let run = CallRun.started([bot])
        run.push(.outputAudioRaw(.silence(milliseconds: 1_000, rate: .hz8000)))
        _ = run.takeLines()
        run.receive("key:5")
        #expect(run.lines == ["clear", "audio 160", "keys:5", "log interrupted"])
        #expect(run.audio.last == 7)
        #expect(run.engine.counters.interruptions == 1)
        #expect(run.engine.counters.keys == 1)
    }

    @Test
    func `a mark comes back to the bot`() {
        let notes = Notes()
        let bot = Step { frame, _, _ in
            notes.lines.append(frame.word); return true
        }
        let run = CallRun.started([bot])
        run.push(.mark("m"))
        run.receive("mark:m")
        #expect(run.lines == ["admit", "mark:m"])
        #expect(notes.lines == ["start", "mark m", "returned m"])
    }

    @Test
    func `a mark that a clear throws back does not count as played`() {
        let notes = Notes()
        let bot = Step { frame, _, _ in
            if frame.word.hasPrefix("returned") { notes.lines.append(frame.word) }
            return true
        }
        let run = CallRun.started([bot])
        run.push(.outputAudioRaw(.silence(milliseconds: 40, rate: .hz8000)))
        run.push(.mark("m"))
        run.push(.interruption)
        run.receive("mark:m")
        run.push(.outputAudioRaw(.silence(milliseconds: 20, rate: .hz8000)))
        run.push(.mark("m"))
        run.receive("mark:m")
        #expect(notes.lines == ["returned m, cleared", "returned m"])
    }

    @Test
    func `keys that the provider has no message for are logged`() {
        var dialect = FakeDialect()
        dialect.knowsKeys = false
        let run = CallRun.started(dialect: dialect)
        run.push(.outputDTMF([.one]))
        #expect(run.logs == ["log bot: fake has no message for keys"])
    }

    @Test
    func `a bot too far ahead is logged once and its samples counted`() {
        let run = CallRun.started()
        for _ in 0..<50 { run.push(.outputAudioRaw(.silence(milliseconds: 1_000, rate: .hz8000))) }
        #expect(run.logs == ["log full"])
        #expect(run.engine.counters.droppedSamples > 19 * 8_000)
    }
}
