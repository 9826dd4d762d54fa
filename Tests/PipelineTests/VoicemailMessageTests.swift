import Audio
import Bots
import Call
import Testing

@testable import Pipeline

struct VoicemailMessageTests {
    /// Says a 400 Hz tone of 10 s when the call starts.
    private static var talker: Step {
        Step { frame, _, context in
            guard case .start = frame.content else { return true }
            context.push(frame)
            context.push(.outputAudioRaw(tone(400, milliseconds: 10_000)))
            return false
        }
    }

    private static func tone(_ hertz: Double, milliseconds: Int, rate: SampleRate = .hz8000) -> PCM16 {
        var tone = Tone(hertz: hertz, rate: rate)
        return tone.next(milliseconds: milliseconds)
    }

    /// A 1,000 Hz tone of 2 s.
    private static let message = tone(1_000, milliseconds: 2_000)

    private func call(
        _ processors: [any Processor] = [Self.talker], _ message: PCM16 = Self.message, heard: MachineVerdict? = nil
    ) -> CallRun {
        let run = CallRun(BotPipeline(processors).appending(VoicemailMessage(message, heard: heard)))
        run.receive("start")
        return run
    }

    private func level(_ hertz: Double, of samples: ArraySlice<Int16>) -> Double {
        ToneMeter(hertz: hertz, rate: .hz8000).level(of: samples.span)
    }

    /// Ends the call as a provider does that has played everything.
    private func confirmEnd(of run: CallRun) {
        #expect(run.lines.last == "mark:trunkline-end")
        run.receive("mark:trunkline-end")
        #expect(run.ending == ["hangUp", "close 1000 completed", "finished completed"])
    }

    // MARK: No machine

    @Test(arguments: [nil, MachineVerdict.human, .unknown])
    func `without a machine the call is the bot's, message for message`(verdict: MachineVerdict?) {
        let alone = CallRun.started([Self.talker])
        let run = call()
        for run in [alone, run] {
            run.advance(.seconds(2))
            if let verdict { run.push(.machineDetected(verdict)) }
            run.push(.mark("heard"))
            run.receive("key:5")
            run.advance(.seconds(12))
            run.push(.end(.completed))
            run.advance(.seconds(1))
        }
        #expect(run.lines == alone.lines)
        #expect(run.audio == alone.audio)
        #expect(run.lines.contains("mark:heard") && run.lines.last == "finished completed")
    }

    @Test(arguments: MachineVerdict.allCases)
    func `the bots that ship go on whatever is detected`(verdict: MachineVerdict) throws {
        let stream = StreamStart(provider: ProviderName("fake"))
        let bots: [any Bot] = [EchoBot(), DrillBot()]
        for bot in bots {
            let runs = try (0..<2).map { _ in CallRun(try bot.pipeline(for: CallInfo(id: "1", stream: stream))) }
            for (index, run) in runs.enumerated() {
                run.receive("start")
                run.receive("audio:1,160")
                if index == 1 { run.push(.machineDetected(verdict)) }
                run.advance(.seconds(4))
            }
            #expect(!runs[0].audio.isEmpty)
            #expect(runs[1].lines == runs[0].lines && runs[1].audio == runs[0].audio)
        }
    }

    @Test
    func `the bot is told at once, before what waits`() {
        let notes = Notes()
        let bot = Step { frame, direction, _ in
            notes.lines.append(frame.word)
            return true
        }
        var pipeline = Pipeline([bot])
        pipeline.push(Frame(.text("first")), at: .zero)
        pipeline.push(Frame(.machineDetected(.machine)), at: .zero)
        pipeline.push(Frame(.interruption), at: .zero)
        var (sink, source): ([Frame], [Frame]) = ([], [])
        _ = pipeline.run(at: .zero, sink: &sink, source: &source)
        #expect(notes.lines == ["detected machine", "interruption"])
        #expect(sink.map(\.word) == notes.lines)
        #expect(Frame(.machineDetected(.beep)).class == .system)
    }

    // MARK: A machine

    @Test
    func `a machine silences the bot until the beep, then the message is heard whole and once, then the call ends`() {
        let run = call()
        run.advance(.milliseconds(1_000))
        let before = run.audio.count
        #expect(level(400, of: run.audio[...]) > -10.1)
        _ = run.takeLines()
        run.push(.machineDetected(.machine))
        #expect(run.takeLines() == ["clear", "log interrupted"])
        run.push(.outputAudioRaw(Self.tone(400, milliseconds: 500)))
        run.push(.mark("unheard"))
        run.push(.ttsStopped)
        run.advance(.seconds(20))
        #expect(run.takeLines() == [] && run.audio.count == before)
        run.push(.machineDetected(.beep))
        run.push(.outputAudioRaw(Self.tone(400, milliseconds: 500)))
        run.push(.machineDetected(.machine))
        run.push(.machineDetected(.beep))
        run.advance(.milliseconds(2_499))
        let said = run.audio[before...]
        #expect(said.prefix(4_000).allSatisfy { $0 == 0 })
        #expect(Array(said.dropFirst(4_000)) == Self.message.samples)
        confirmEnd(of: run)
    }

    @Test(arguments: [MachineVerdict.machine, .beep])
    func `of a bot whose call a machine had answered before its stream nothing is heard`(verdict: MachineVerdict) {
        let run = call(heard: verdict)
        // The verdict is told when the stream opens, as to every bot.
        run.push(.machineDetected(verdict))
        if verdict == .machine {
            run.advance(.seconds(3))
            run.push(.machineDetected(.beep))
        }
        run.advance(.milliseconds(2_499))
        #expect(run.audio.prefix(4_000).allSatisfy { $0 == 0 })
        #expect(Array(run.audio.dropFirst(4_000)) == Self.message.samples)
        confirmEnd(of: run)
    }

    @Test
    func `a beep without a machine before it takes the bot's word away and leaves the message`() {
        let run = call()
        run.advance(.milliseconds(1_000))
        let before = run.audio.count
        _ = run.takeLines()
        run.push(.machineDetected(.beep))
        #expect(run.takeLines().first == "clear")
        run.advance(.seconds(3))
        #expect(Array(run.audio[before...].dropFirst(4_000)) == Self.message.samples)
        #expect(run.engine.counters.interruptions == 1)
        confirmEnd(of: run)
    }

    @Test
    func `without a beep the message is left when the longest greeting is over, and not before`() {
        let run = call([])
        run.push(.machineDetected(.machine))
        run.advance(.seconds(10))
        run.push(.machineDetected(.machine))
        run.advance(.milliseconds(39_999))
        #expect(run.audio.isEmpty)
        run.advance(.milliseconds(1))
        #expect(!run.audio.isEmpty)
        run.push(.machineDetected(.beep))
        run.advance(.seconds(3))
        #expect(Array(run.audio.dropFirst(4_000)) == Self.message.samples)
        confirmEnd(of: run)
    }

    @Test
    func `a machine whose beep was not found gets the message at once`() {
        let run = call([])
        run.push(.machineDetected(.machine))
        run.push(.machineDetected(.human))
        run.advance(.seconds(5))
        #expect(run.audio.isEmpty)
        run.push(.machineDetected(.unknown))
        run.advance(.seconds(3))
        #expect(Array(run.audio.dropFirst(4_000)) == Self.message.samples)
        confirmEnd(of: run)
    }

    @Test
    func `an interruption does not cut the message`() {
        let run = call()
        run.push(.machineDetected(.beep))
        for _ in 0..<20 {
            run.advance(.milliseconds(100))
            run.push(.interruption)
        }
        _ = run.takeLines()
        run.advance(.seconds(1))
        #expect(run.audio.suffix(16_000) == Self.message.samples[...])
        #expect(!run.lines.contains("clear"))
        confirmEnd(of: run)
    }

    @Test
    func `a message longer than playout holds, at another rate, is heard whole`() {
        let long = Self.tone(1_000, milliseconds: 45_000, rate: .hz16000)
        let run = call([], long)
        run.push(.machineDetected(.beep))
        run.advance(.seconds(10))
        for verdict in MachineVerdict.allCases { run.push(.machineDetected(verdict)) }
        run.push(.outputAudioRaw(Self.tone(400, milliseconds: 500)))
        run.advance(.seconds(36))
        #expect(run.engine.counters.droppedSamples == 0)
        #expect(run.audio.count == 364_000)
        for second in stride(from: 1, to: 45, by: 4) {
            let part = run.audio[(second * 8_000)..<(second * 8_000 + 8_000)]
            #expect(abs(level(1_000, of: part) + 10) < 0.1)
        }
        confirmEnd(of: run)
    }

    @Test
    func `an empty message ends the call`() {
        let run = call([], PCM16(samples: [], rate: .hz8000))
        run.push(.machineDetected(.beep))
        run.advance(.seconds(1))
        confirmEnd(of: run)
    }

    // MARK: Who ends the call

    @Test(arguments: [MachineVerdict.machine, .beep])
    func `an end of the bot's before the verdict wins`(verdict: MachineVerdict) {
        let run = call([])
        run.push(.outputAudioRaw(Self.tone(400, milliseconds: 500)))
        run.push(.end(.completed))
        run.push(.machineDetected(verdict))
        run.advance(.milliseconds(600))
        #expect(run.audio == Self.tone(400, milliseconds: 500).samples)
        confirmEnd(of: run)
    }

    @Test
    func `an end of the bot's after the verdict waits for the message`() {
        let bot = Step { frame, _, context in
            if case .machineDetected = frame.content { context.push(.end(.canceled)) }
            return true
        }
        let run = call([bot])
        run.push(.machineDetected(.machine))
        run.advance(.seconds(5))
        #expect(run.ending.isEmpty)
        run.push(.machineDetected(.beep))
        run.push(.end(.canceled))
        run.advance(.seconds(3))
        #expect(Array(run.audio.dropFirst(4_000)) == Self.message.samples)
        confirmEnd(of: run)
    }

    @Test
    func `a far end that hangs up before the message is over has hung up`() {
        let run = call([])
        run.push(.machineDetected(.beep))
        run.advance(.seconds(1))
        run.receive("stop")
        #expect(run.lines.last == "finished caller-hung-up")
        let waiting = call([])
        waiting.push(.machineDetected(.machine))
        waiting.handle(.cancel(.canceled))
        #expect(waiting.lines.last == "finished canceled")
    }
}
